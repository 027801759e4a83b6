"""The run `access`: the ten calls of a console with access control and without it, in turn."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks import service
from benchmarks.growth import fill_region, hurry, questions
from benchmarks.growth_fill import Sums
from benchmarks.keys import key_of
from benchmarks.machine import Machine, OtherLoad, describe, this_machine
from benchmarks.measure import WARM_UP_CALLS, Caller, Question, percentile
from benchmarks.report import RESULTS, machine_lines, write_figures
from benchmarks.sheet import Sheet
from benchmarks.year import Year, hourly_region
from services.api.access.role import Role
from services.core.calendar import SHANGHAI
from services.core.db.migrate import upgrade
from services.up.ports import LOOPBACK
from simulators.fleet.region import Region
from simulators.registration import RegistryApi

GOAL = 1.15
ENTERPRISES = 800
_LEAGUE = "150600"


@dataclass(frozen=True)
class Compared:
    """A call by one who asks: milliseconds with access control and without."""

    asker: str
    call: str
    with_p50_ms: float
    with_p95_ms: float
    without_p50_ms: float
    without_p95_ms: float

    @property
    def ratio(self) -> float:
        """Of the 95th percentiles."""
        return self.with_p95_ms / self.without_p95_ms


@dataclass
class AccessCost:
    """The run."""

    at: datetime
    machine: Machine
    database: str
    load_before: float
    other_cores: float = 0.0
    meters: int = 0
    compared: list[Compared] = field(default_factory=list)


def run(folder: Path, *, enterprises: int, calls: int, console: Console) -> AccessCost:
    """Fill a region, then ask it guarded and unguarded. Raises StartError, RegistrationError, psycopg.Error."""
    year = Year.before(datetime.now(UTC))
    load_before = os.getloadavg()[0]
    with service.database(folder) as database:
        upgrade(database.url)
        hurry(database.url)
        region = hourly_region(year, enterprises=enterprises)
        found = AccessCost(datetime.now(UTC), this_machine(), describe(database.url), load_before)
        found.meters = len(region.registry.meters)
        with (
            service.api(database.url, folder) as guarded,
            service.api(database.url, folder, program=("benchmarks.unguarded",)) as unguarded,
        ):
            registry = RegistryApi(guarded.url, key=guarded.key, timeout_s=600.0)
            registry.register(region.registry)
            registry.close()
            sums = Sums(start=year.start.astimezone(SHANGHAI), end=year.end.astimezone(SHANGHAI))
            fill_region(database.url, region, set(), sums, console)
            others = OtherLoad()
            for asker, key, asked in _askers(database.url, guarded.key, year, region):
                console.print(f"asking as {asker} …")
                pair = (Caller(LOOPBACK, guarded.port, key=key), Caller(LOOPBACK, unguarded.port, key=key))
                found.compared += [_compared(pair, asker, question, calls=calls) for question in asked]
            found.other_cores = others.cores()
        return found


def _askers(database_url: str, key: str, year: Year, region: Region) -> list[tuple[str, str, list[Question]]]:
    """Who asks, with which key, and what: a supervisor of a league asks of its league, an enterprise of itself."""
    league = key_of(database_url, Role.SUPERVISOR, area=_LEAGUE)
    first = region.registry.enterprises[0].credit_code
    own = key_of(database_url, Role.ENTERPRISE, enterprise=first)
    of_league = [_instead(question, "area:150000", f"area:{_LEAGUE}") for question in questions(year, region)]
    inside = next(e.credit_code for e in region.registry.enterprises if e.area_code.startswith(_LEAGUE[:4]))
    of_league = [_instead(question, f"enterprise:{first}", f"enterprise:{inside}") for question in of_league]
    of_itself = [
        question for question in questions(year, region) if ("scope", f"enterprise:{first}") in question.parameters
    ]
    lists = [Question(name, f"/api/v1/{name}", (("limit", "100"),)) for name in ("meters", "alerts", "enterprises")]
    return [
        ("administrator", key, [*questions(year, region), *lists]),
        ("supervisor of a league", league, [*of_league, *lists]),
        ("enterprise", own, [*of_itself, *lists]),
    ]


def _instead(question: Question, one: str, other: str) -> Question:
    parameters = tuple((name, other if value == one else value) for name, value in question.parameters)
    return Question(question.name, question.path, parameters)


def _compared(pair: tuple[Caller, Caller], asker: str, question: Question, *, calls: int) -> Compared:
    """Ask both in turn, so that what else the machine does falls on both. Raises RuntimeError for another than 200."""
    taken_ms: tuple[list[float], list[float]] = ([], [])
    for number in range(WARM_UP_CALLS + calls):
        for caller, kept in zip(pair, taken_ms, strict=True):
            status, body, ms = caller.get(question.target)
            if status != 200:
                raise RuntimeError(f"{asker}: {question.target}: {status} {body[:300]!r}")
            if number >= WARM_UP_CALLS:
                kept.append(ms)
    return Compared(asker, question.name, *(percentile(kept, percent) for kept in taken_ms for percent in (50, 95)))


def section(run: AccessCost) -> Iterator[str]:
    """The lines for docs/benchmarks.md."""
    versions = (run.database, f"Python {run.machine.python}")
    yield from machine_lines(run.at, run.machine, versions, load_before=run.load_before, other_cores=run.other_cores)
    yield ""
    for sheet in sheets(run):
        yield from sheet.markdown()


def sheets(run: AccessCost) -> list[Sheet]:
    """The calls of each who asks."""
    rows = [
        (
            f"{each.asker}: {each.call}",
            f"{each.with_p50_ms:.1f} / {each.with_p95_ms:.1f}",
            f"{each.without_p50_ms:.1f} / {each.without_p95_ms:.1f}",
            f"{each.ratio:.2f}",
        )
        for each in run.compared
    ]
    rows += [(f"{asker}: all together", "", "", f"{_together(run, asker):.2f}") for asker in _named(run)]
    head = ("p50 / p95 ms", "with access control", "without", "ratio of p95")
    return [Sheet(f"{run.meters:,} meters; goal: together at most {GOAL} x", head, rows)]


def _named(run: AccessCost) -> Sequence[str]:
    return list(dict.fromkeys(each.asker for each in run.compared))


def _together(run: AccessCost, asker: str) -> float:
    mine = [each for each in run.compared if each.asker == asker]
    return sum(each.with_p95_ms for each in mine) / sum(each.without_p95_ms for each in mine)


def write_json(run: AccessCost, folder: Path = RESULTS) -> Path:
    """All of it in a file named by its time."""
    return write_figures("access", run.at, asdict(run), folder)
