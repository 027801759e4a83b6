"""What is asked of the region over a year."""

import json
from collections.abc import Iterator

from benchmarks.measure import Caller, Question
from benchmarks.year import Year

REGION = "150000"
_V1 = "/api/v1"


def questions(caller: Caller, year: Year) -> list[Question]:
    """All calls that are measured, in the order of the report."""
    return [*_energy(year), *_indicators(caller, year), *_judgement(year)]


def _over(year: Year, **parameters: str) -> tuple[tuple[str, str], ...]:
    period = {"start": year.start.date().isoformat(), "end": year.end.date().isoformat()}
    return tuple((period | parameters).items())


def _energy(year: Year) -> Iterator[Question]:
    region = f"area:{REGION}"
    for by, bucket in (
        ("carrier", "month"),
        ("carrier,flow", "month"),
        ("carrier,league", "month"),
        ("carrier,banner", "total"),
        ("carrier,banner", "month"),
        ("carrier,park", "month"),
        ("carrier,enterprise", "total"),
        ("carrier", "day"),
    ):
        parameters = _over(year, scope=region, bucket=bucket, by=by, limit="10000")
        yield Question(f"energy by {by}, {bucket}", f"{_V1}/energy", parameters)
    for by in ("carrier", "carrier,enterprise"):
        parameters = (("scope", region), ("start", f"{year.until.year}-01-01"), ("bucket", "total"), ("by", by))
        yield Question(f"energy by {by}, running year", f"{_V1}/energy", (*parameters, ("limit", "10000")))
    for by, bucket in (("", "month"), ("area", "month"), ("banner", "total"), ("enterprise", "total")):
        parameters = _over(year, scope=region, bucket=bucket, by=by, limit="10000")
        name = f"energy/balance{f' by {by}' if by else ''}, {bucket}"
        yield Question(name, f"{_V1}/energy/balance", parameters)


def _indicators(caller: Caller, year: Year) -> Iterator[Question]:
    """Each of the list over the year; those that need reported numbers also over the last year that has them."""
    _, body, _ = caller.get(f"{_V1}/indicators")
    reported_year = year.until.year - 1
    for slug in ("coal_share", "unit_product_energy"):
        running = (("scope", f"area:{REGION}"), ("start", f"{year.until.year}-01-01"), ("bucket", "total"))
        yield Question(f"{slug}, running year", f"{_V1}/indicators/{slug}", running)
    for entry in json.loads(body)["data"]:
        slug, by = entry["slug"], {}
        if entry["by"] == ["park"]:
            by = {"by": "park"}
        path, suffix = f"{_V1}/indicators/{slug}", " by park" if by else ""
        for bucket in ("total", "month"):
            yield Question(f"{slug}{suffix}, {bucket}", path, _over(year, scope=f"area:{REGION}", bucket=bucket, **by))
        if entry["statistics"]:
            whole_year = {"start": f"{reported_year}-01-01", "end": f"{reported_year + 1}-01-01"}
            parameters = _over(year, scope=f"area:{REGION}", bucket="total", **by, **whole_year)
            yield Question(f"{slug}{suffix}, {reported_year}", path, parameters)


def _judgement(year: Year) -> Iterator[Question]:
    last_plan_year = str(year.until.year - 1)
    yield Question("efficiency-list", f"{_V1}/efficiency-list", _over(year, area=REGION, limit="1000"))
    yield Question("two-high", f"{_V1}/two-high", (("area", REGION), ("limit", "1000")))
    yield Question("targets, region", f"{_V1}/targets", (("area", REGION), ("limit", "1000")))
    yield Question("targets, all", f"{_V1}/targets", (("limit", "1000"),))
    yield Question("progress, region", f"{_V1}/progress", (("area", REGION), ("year", last_plan_year)))
    yield Question("progress, all areas", f"{_V1}/progress", (("year", last_plan_year), ("limit", "1000")))
