"""The run `costly`: the most expensive requests that anyone may send, over a year of the region.

Of each operation whose cost depends on its parameters the parameters are taken that cost most and are still answered,
or the first beyond: those are to be refused before they run. What counts is the processor time of API and database,
which others on the machine do not change, and by how much the memory of the API rises above what it was.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from benchmarks import service
from benchmarks.growth import fill_region, hurry
from benchmarks.growth_fill import Sums
from benchmarks.machine import Machine, describe, this_machine
from benchmarks.measure import Caller, Question
from benchmarks.questions import REGION
from benchmarks.year import Year, hourly_region
from services.core.calendar import SHANGHAI
from services.core.db.migrate import upgrade
from services.up.ports import LOOPBACK
from simulators.registration import RegistryApi

METERS = 5_000
_METERS_AN_ENTERPRISE = 6.25
_MEGABYTE = 1_000_000
_TICKS = os.sysconf("SC_CLK_TCK")
_FILLED = "filled.json"
_V1 = "/api/v1"
_AT_ONCE = 8
_HEAVIEST = ("energy by meter, 24 days", "energy of quarters, 30 days", "balance by unit, 8 days")
"""Asked several at once too."""


@dataclass(frozen=True)
class Taken:
    """What a request, or so many at once, took: seconds of processors, megabytes of the API at most, above what it had
    and in all. `statuses`: how many were answered so.
    """

    name: str
    target: str
    at_once: int
    statuses: Mapping[int, int]
    wall_s: float
    api_s: float
    database_s: float
    megabytes: float
    in_all_megabytes: float
    answer_bytes: int
    detail: str


@dataclass
class Costly:
    """The run."""

    at: datetime
    machine: Machine
    database: str
    meters: int
    taken: list[Taken] = field(default_factory=list)


def run(folder: Path, *, meters: int, only: str, console: Console) -> Costly:
    """Fill a database in `folder`, unless that was done before, and ask. Raises StartError, RegistrationError."""
    year = Year.before(datetime.now(UTC))
    region = hourly_region(year, enterprises=round(meters / _METERS_AN_ENTERPRISE))
    with service.database(folder) as database:
        upgrade(database.url)
        hurry(database.url)
        found = Costly(datetime.now(UTC), this_machine(), describe(database.url), len(region.registry.meters))
        if not (folder / _FILLED).exists():
            with service.api(database.url, folder) as api:
                registry = RegistryApi(api.url, key=api.key, timeout_s=600.0)
                registry.register(region.registry)
                registry.close()
                sums = Sums(start=year.start.astimezone(SHANGHAI), end=year.end.astimezone(SHANGHAI))
                fill_region(database.url, region, set(), sums, console)
            (folder / _FILLED).write_text(json.dumps({"meters": found.meters}), encoding="utf-8")
        enterprise = region.registry.enterprises[0].credit_code
        asked = [(question, at_once) for at_once in (1, _AT_ONCE) for question in questions(year, enterprise)]
        for question, at_once in asked:
            if only in question.name and (at_once == 1 or question.name in _HEAVIEST):
                # A process of its own for each: what one has left in memory is not the next one's.
                with service.api(database.url, folder) as api:
                    found.taken.append(_taken(api, question, at_once))
                console.print(_line(found.taken[-1]))
    return found


def _taken(api: service.ApiProcess, question: Question, at_once: int) -> Taken:
    callers = [Caller(LOOPBACK, api.port, key=api.key, timeout_s=600.0) for _ in range(at_once)]
    for caller in callers:
        caller.get(f"{_V1}/energy?limit=1")
    pid = api.process.pid
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    before_bytes, api_before_s, database_before_s = _memory(pid, "VmRSS"), _processor(pid), _database_s()
    began_s = time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        answers = list(pool.map(lambda caller: caller.get(question.target)[:2], callers))
    wall_s = time.monotonic() - began_s
    most_bytes = _memory(pid, "VmHWM")
    status, body = answers[0]
    return Taken(
        name=question.name,
        target=question.target,
        at_once=at_once,
        statuses=dict(Counter(status for status, _ in answers)),
        wall_s=round(wall_s, 2),
        api_s=round(_processor(pid) - api_before_s, 2),
        database_s=round(_database_s() - database_before_s, 2),
        megabytes=round((most_bytes - before_bytes) / _MEGABYTE, 1),
        in_all_megabytes=round(most_bytes / _MEGABYTE, 1),
        answer_bytes=len(body),
        detail="" if status == 200 else body.decode("utf-8", "replace")[:300],
    )


def _memory(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def _processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _database_s() -> float:
    """Of the sessions of the API at the databases of this machine."""
    total = 0.0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            told = path.read_bytes()
            if told.startswith(b"postgres: ") and b"127.0.0.1" in told and b"enermon enermon" in told:
                total += _processor(int(path.parent.name))
        except OSError:
            continue
    return total


def questions(year: Year, enterprise: str) -> Iterator[Question]:
    """What is asked, by operation."""
    end = year.end.date()
    scope, own = {"scope": f"area:{REGION}"}, {"scope": f"enterprise:{enterprise}"}

    def last(days: int) -> dict[str, str]:
        return {"start": (end - timedelta(days=days)).isoformat(), "end": end.isoformat()}

    whole, page = last(365), {"limit": "10000"}

    def asked(name: str, path: str, *given: Mapping[str, str]) -> Question:
        parameters = {key: value for part in given for key, value in part.items()}
        return Question(name, f"{_V1}/{path}", tuple(parameters.items()))

    by_meter, more = {"by": "meter", "bucket": "day"}, {"total": "true", "compare": "previous"}
    yield asked("energy by meter, 19 days", "energy", scope, last(19), by_meter, page)
    yield asked("energy by meter, 19 days, compared and in all", "energy", scope, last(19), by_meter, page, more)
    yield asked("energy by meter, 24 days", "energy", scope, last(24), by_meter, page)
    yield asked("energy by meter, 25 days", "energy", scope, last(25), by_meter, page)
    for days, form in ((12, "csv"), (13, "csv"), (9, "xlsx"), (10, "xlsx")):
        name = f"energy by meter, {days} days, as {form.upper()}"
        yield asked(name, "energy", scope, last(days), by_meter, {"format": form})
    yield asked("energy by meter, year", "energy", scope, whole, {"by": "meter", "bucket": "month"}, page, more)
    estimated = {"bucket": "total", "estimates": "profile"}
    yield asked("energy, 40 days with estimates", "energy", scope, last(40), estimated, page, more)
    yield asked(
        "energy of quarters, 30 days", "energy", own, last(30), {"by": "meter,flow", "bucket": "15m"}, page, more
    )
    yield asked(
        "energy by banner and flow, hours", "energy", scope, last(30), {"by": "banner,flow", "bucket": "hour"}, page
    )
    yield asked(
        "balance by unit, months", "energy/balance", scope, whole, {"by": "unit", "bucket": "month"}, page, more
    )
    by_unit_and_day = {"by": "unit", "bucket": "day"}
    yield asked("balance by unit, 8 days", "energy/balance", scope, last(8), by_unit_and_day, page)
    yield asked("balance by unit, 4 days, compared", "energy/balance", scope, last(4), by_unit_and_day, page, more)
    for days, form in ((4, "csv"), (3, "xlsx")):
        name = f"balance by unit, {days} days, as {form.upper()}"
        yield asked(name, "energy/balance", scope, last(days), by_unit_and_day, {"format": form})
    explained = {"by": "unit", "bucket": "total", "explain": "true", "limit": "200"}
    yield asked("balance by unit, explained", "energy/balance", scope, whole, explained, more)
    slugs = (
        "coal_share,non_fossil_share,energy_intensity_gdp,carbon_intensity_gdp,renewable_electricity_share,completeness"
    )
    several = {"slugs": slugs, "by": "banner", "bucket": "month"}
    yield asked("indicators by banner, months", "indicators/values", scope, whole, several, page)
    for bucket, days in (("day", 30), ("month", 365), ("rolling_12_months", 365)):
        by_unit = {"by": "unit", "bucket": bucket, "explain": "false"}
        yield asked(
            f"unit product energy by unit, {bucket}",
            "indicators/unit_product_energy",
            scope,
            last(days),
            by_unit,
            page,
        )
    yield asked(
        "coal share by enterprise, days",
        "indicators/coal_share",
        scope,
        last(30),
        {"by": "enterprise", "bucket": "day"},
        page,
    )
    yield asked(
        "efficiency list", "efficiency-list", whole, {"limit": "1000", "total": "true", "order": "-gap_to_baseline"}
    )
    yield asked("efficiency list as XLSX", "efficiency-list", whole, {"format": "xlsx"})
    yield asked("two-high ledger", "two-high", {"limit": "1000", "total": "true"})
    yield asked("tariffs", "tariff", {"limit": "1000", "total": "true"})
    yield asked("progress of all areas", "progress", {"limit": "1000", "total": "true"})
    yield asked("progress of the region", "progress", {"area": REGION})
    yield asked("targets with what is measured", "targets", {"area": REGION, "actual": "true", "limit": "1000"})
    yield asked("quality by meter, 5 days", "quality", scope, last(5), by_meter, page)
    yield asked("quality by meter, 6 days", "quality", scope, last(6), by_meter, page)
    yield asked("quality by meter, 2 days, as CSV", "quality", scope, last(2), by_meter, {"format": "csv"})
    yield asked("quality by meter, 2 days, as XLSX", "quality", scope, last(2), by_meter, {"format": "xlsx"})
    yield asked("quality, two years", "quality", scope, last(730), {"by": "meter", "bucket": "month"}, page)
    yield asked("matrix of quality", "quality/matrix", scope, last(31), {"limit": "1000", "total": "true"})
    yield asked("missing readings, 31 days", "quality/missing", scope, last(31), {"limit": "1000", "total": "true"})
    for days, form in ((31, "csv"), (1, "csv"), (1, "xlsx")):
        name = f"missing readings, {days} days, as {form.upper()}"
        yield asked(name, "quality/missing", scope, last(days), {"format": form})
    yield asked("findings, year", "quality/findings", scope, whole, {"limit": "1000", "total": "true"})
    yield asked("meters", "meters", {"limit": "1000", "total": "true", "q": "a", "order": "-name_zh"})
    yield asked("meters as XLSX", "meters", {"format": "xlsx"})
    yield asked("search", "search", {"q": "a e i", "limit": "50"})
    yield asked("cases", "cases", {"limit": "1000", "total": "true"})
    yield asked("alerts", "alerts", {"limit": "1000", "total": "true", "order": "severity"})
    yield asked("worklist", "worklist")
    yield asked("readings", "readings", scope, whole, {"limit": "1000", "total": "true"})
    yield asked("a bulletin", f"bulletins/{REGION}/{(end - timedelta(days=20)).isoformat()[:7]}/content")
    yield asked("audit", "audit", {"limit": "1000", "total": "true", "order": "account"})
    yield asked("words", "words")


def _line(taken: Taken) -> str:
    took = f"{taken.wall_s:6.2f} s  api {taken.api_s:6.2f}  db {taken.database_s:6.2f}  {taken.megabytes:6.1f} MB"
    took += f" of {taken.in_all_megabytes:5.1f}"
    statuses = " ".join(f"{times} x {status}" for status, times in sorted(taken.statuses.items()))
    return f"{taken.name:48} {statuses:16} {took} {taken.answer_bytes:>10,} B {taken.detail[:160]}"


def write_json(found: Costly) -> Path:
    """Write the figures of a run, and give where."""
    folder = Path("benchmarks/results")
    folder.mkdir(exist_ok=True)
    path = folder / f"costly-{found.at:%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(asdict(found), default=str, indent=1, ensure_ascii=False), encoding="utf-8")
    return path
