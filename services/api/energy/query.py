"""Reads the sums of a question: kept sums of places where they suffice, else those of meters."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from services.api.energy.answer import Group, Line, Sum, lines
from services.api.energy.ask import Asked, By, Estimates, ScopeKind
from services.api.energy.coverage import Expectation
from services.api.registry import nouns
from services.api.registry.statements import Statements
from services.core.db.registry_rows import RegistryRows
from services.core.domain.area_tree import AreaTree
from services.core.domain.calendar import BUCKET_GRAIN, SHANGHAI, Bucket, Grain, pieces, start_of_day

_SQL = Statements(str(Path(__file__).with_name("energy.sql")))
_REGISTRY = RegistryRows(_SQL)

_TRUNC = {Bucket.SLOT: "minute", Bucket.HOUR: "hour", Bucket.DAY: "day", Bucket.MONTH: "month", Bucket.YEAR: "year"}
_PLACE_GROUPS = frozenset({By.CARRIER, By.FLOW, By.AREA, By.LEAGUE, By.BANNER})

_Found = tuple[int, Group, Decimal, Decimal]
"""Start of the bucket in seconds since 1970, group, 1e-12 of the unit, measured seconds."""


class _Moments(dict[int, datetime]):
    """Seconds since 1970 as moments of Asia/Shanghai, each made once: an answer names them thousands of times."""

    def __missing__(self, seconds: int) -> datetime:
        self[seconds] = moment = datetime.fromtimestamp(seconds, SHANGHAI)
        return moment


def energy(connection: Connection, asked: Asked, *, now: datetime) -> list[Line]:
    """The lines of the answer, in order of time and group. Raises Refused when the scope is not registered."""
    areas = read_areas(connection)
    level = _area_level(asked, areas)
    narrowed = narrow(connection, asked, areas)
    sums = list(_sums(connection, asked, areas, level, narrowed))
    expectations = _expectations(connection, asked, areas, level, narrowed, now=now)
    return lines(asked, sums, expectations, now=now)


def estimated(connection: Connection, asked: Asked, method: Estimates) -> dict[tuple[datetime, Group], int]:
    """By start and group what estimates would add to the booked quantity, 1e-12 of the carrier's unit."""
    areas = read_areas(connection)
    level = _area_level(asked, areas)
    rows = _SQL.run(
        connection,
        "estimated",
        method=str(method),
        trunc=_TRUNC.get(asked.bucket, "total"),
        start=asked.start,
        from_ts=asked.start,
        to_ts=asked.end,
        carrier=asked.carrier,
        flows=[str(flow) for flow in asked.flows],
        **narrow(connection, asked, areas),
        **_switches(asked, level),
    ).all()
    name = _names(connection, areas, level, [row[3:8] for row in rows])
    moments, found = _Moments(), dict[tuple[datetime, Group], int]()
    for bucket_s, carrier, flow, area, park, enterprise, unit, meter, more_pico in rows:
        key = (max(asked.start, moments[bucket_s]), Group(carrier, flow, *name((area, park, enterprise, unit, meter))))
        found[key] = found.get(key, 0) + int(more_pico)
    return found


def quantity_units(connection: Connection) -> Mapping[str, str]:
    """The unit of each carrier's quantities."""
    return {row[0]: row[1] for row in _SQL.run(connection, "carriers")}


def read_areas(connection: Connection) -> AreaTree:
    """All areas."""
    return AreaTree.of(_SQL.run(connection, "areas").all())


def _area_level(asked: Asked, areas: AreaTree) -> str | None:
    """The level of the areas to group by; None if not grouped by area."""
    if asked.scope is ScopeKind.AREA and asked.code not in areas.level:
        raise nouns.AREA.refuse_unknown(asked.code)
    if By.LEAGUE in asked.by:
        return "league"
    if By.BANNER in asked.by:
        return "banner"
    if By.AREA in asked.by:
        return "league" if areas.level[asked.code] == "region" else "banner"
    return None


def narrow(connection: Connection, asked: Asked, areas: AreaTree) -> dict[str, Any]:
    """The scope as conditions: numbers of meters, codes of banners, number of the park; None: no such condition."""
    narrowed: dict[str, Any] = {"meter_ids": None, "areas": None, "park_id": None}
    if asked.scope is ScopeKind.AREA:
        if areas.level[asked.code] != "region":
            narrowed["areas"] = areas.banners_of(asked.code)
            rows = _SQL.run(connection, "meters_of_area", areas=narrowed["areas"]).all()
            narrowed["meter_ids"] = [meter_id for (meter_id,) in rows]
    elif asked.scope is ScopeKind.PARK:
        found = _SQL.run(connection, "park_id", code=asked.code).scalar()
        if found is None:
            raise nouns.PARK.refuse_unknown(asked.code)
        narrowed["park_id"] = found
        rows = _SQL.run(connection, "meters_of_park", park_id=found).all()
        narrowed["meter_ids"] = [meter_id for (meter_id,) in rows]
    else:
        narrowed["meter_ids"] = _meters_of(connection, asked)
    return narrowed


def _meters_of(connection: Connection, asked: Asked) -> list[int]:
    noun, parameter = {
        ScopeKind.ENTERPRISE: (nouns.ENTERPRISE, "credit_code"),
        ScopeKind.UNIT: (nouns.UNIT, "code"),
        ScopeKind.METER: (nouns.METER, "code"),
    }[asked.scope]
    rows = _SQL.run(connection, f"meters_of_{asked.scope}", **{parameter: asked.code}).all()
    if not rows:
        raise noun.refuse_unknown(asked.code)
    return [meter_id for (meter_id,) in rows if meter_id is not None]


def _sums(
    connection: Connection, asked: Asked, areas: AreaTree, level: str | None, narrowed: dict[str, Any]
) -> Iterable[Sum]:
    kept_for_places = asked.bucket is not Bucket.SLOT and (
        (asked.scope is ScopeKind.AREA and asked.by <= _PLACE_GROUPS)
        or (asked.scope is ScopeKind.PARK and asked.by <= {By.CARRIER, By.FLOW})
    )
    # a total over several years is told by year, since coefficients are
    trunc = _TRUNC.get(asked.bucket, "year" if asked.in_several_years else "total")
    moments = _Moments()
    for piece in pieces(asked.start, asked.end, coarsest=BUCKET_GRAIN.get(asked.bucket, Grain.MONTH)):
        when = {
            "grain": int(piece.grain),
            "trunc": trunc,
            "start": asked.start,
            "from_ts": piece.start,
            "to_ts": piece.end,
            "carrier": asked.carrier,
            "flows": [str(flow) for flow in asked.flows],
        }
        if kept_for_places and piece.grain is not Grain.SLOT:
            found = _place_sums(connection, asked, areas, level, narrowed, when)
        else:
            found = _meter_sums(connection, asked, areas, level, narrowed, when)
        for bucket_s, group, quantity_pico, measured_s in found:
            yield Sum(moments[bucket_s], group, int(quantity_pico), int(measured_s))


def _place_sums(
    connection: Connection,
    asked: Asked,
    areas: AreaTree,
    level: str | None,
    narrowed: dict[str, Any],
    when: dict[str, Any],
) -> Iterable[_Found]:
    if asked.scope is ScopeKind.PARK:
        kind, codes = "park", [str(narrowed["park_id"])]
    else:
        # a league asked of a banner: the banner's own sums, under the league's name
        kind, codes = "area", (areas.within(asked.code, level) if level else []) or [asked.code]
    by_flow = By.FLOW in asked.by
    area_of = {code: areas.at(code, level) if level else None for code in codes}
    rows = _SQL.run(connection, "by_place", kind=kind, codes=codes, by_flow=by_flow, **when).all()
    for bucket_s, carrier, flow, place, quantity_pico, measured_s in rows:
        yield bucket_s, Group(carrier, flow, area_of[place]), quantity_pico, measured_s


def _switches(asked: Asked, level: str | None) -> dict[str, bool]:
    by = asked.by
    return {
        "by_flow": By.FLOW in by,
        "by_area": level is not None,
        "by_park": By.PARK in by,
        "by_enterprise": By.ENTERPRISE in by,
        "by_unit": By.UNIT in by,
        "by_meter": By.METER in by,
    }


def _meter_sums(
    connection: Connection,
    asked: Asked,
    areas: AreaTree,
    level: str | None,
    narrowed: dict[str, Any],
    when: dict[str, Any],
) -> Iterable[_Found]:
    rows = _SQL.run(connection, "by_meter", **narrowed, **when, **_switches(asked, level)).all()
    name = _names(connection, areas, level, [row[3:8] for row in rows])
    for bucket_s, carrier, flow, area, park, enterprise, unit, meter, quantity_pico, measured_s in rows:
        yield bucket_s, Group(carrier, flow, *name((area, park, enterprise, unit, meter))), quantity_pico, measured_s


def _expectations(
    connection: Connection,
    asked: Asked,
    areas: AreaTree,
    level: str | None,
    narrowed: dict[str, Any],
    *,
    now: datetime,
) -> Mapping[Group, list[Expectation]]:
    until = min(asked.end, now.astimezone(SHANGHAI))
    parameters = {
        **narrowed,
        **_switches(asked, level),
        "carrier": asked.carrier,
        "flows": [str(flow) for flow in asked.flows],
        "from_day": asked.start.date(),
        "to_day": max(until.date() + timedelta(days=1), asked.start.date()),
    }
    rows = _REGISTRY.all(connection, "expected", **parameters)
    name = _names(connection, areas, level, [row[2:7] for row in rows])
    found: dict[Group, list[Expectation]] = defaultdict(list)
    for carrier, flow, area, park, enterprise, unit, meter, from_day, to_day, meters in rows:
        group = Group(carrier, flow, *name((area, park, enterprise, unit, meter)))
        found[group].append(Expectation(start_of_day(from_day), start_of_day(to_day), meters))
    return found


_Ids = tuple[str | None, int | None, int | None, int | None, int | None]
_Names = tuple[str | None, str | None, str | None, str | None, str | None]


def _names(
    connection: Connection, areas: AreaTree, level: str | None, rows: Iterable[Iterable[Any]]
) -> Callable[[_Ids], _Names]:
    """A function from banner and numbers to the codes that are answered."""
    columns = [sorted({v for v in column if v is not None}) for column in zip(*rows, strict=True)] or [[]] * 5
    codes: list[dict[int, str]] = []
    for statement, ids in zip(
        ("park_codes", "enterprise_codes", "unit_codes", "meter_codes"), columns[1:], strict=True
    ):
        found = _SQL.run(connection, statement, ids=ids).all() if ids else []
        codes.append({row[0]: row[1] for row in found})

    def name(ids: _Ids) -> _Names:
        area = ids[0] if level is None else areas.at(ids[0], level)
        park, enterprise, unit, meter = (
            None if number is None else codes[i].get(number) for i, number in enumerate(ids[1:])
        )
        return area, park, enterprise, unit, meter

    return name
