"""Reads the sums of a question: kept sums of places where they suffice, else those of meters."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg import Connection

from services.api.asking import ScopeKind
from services.api.energy.answer import BucketSum, EnergyLine, Group, lines
from services.api.energy.ask import By, Estimates
from services.api.energy.coverage import Expectation
from services.api.energy.scope import SQL, Scoped
from services.core.calendar import BUCKET_GRAIN, SHANGHAI, Bucket, Grain, pieces, start_of_day
from services.core.db.registry_rows import RegistryRows

_REGISTRY = RegistryRows(SQL)

_TRUNC = {Bucket.SLOT: "minute", Bucket.HOUR: "hour", Bucket.DAY: "day", Bucket.MONTH: "month", Bucket.YEAR: "year"}
_PLACE_GROUPS = frozenset({By.CARRIER, By.FLOW, By.AREA, By.LEAGUE, By.BANNER})

_Found = tuple[int, Group, Decimal, Decimal]
"""Start of the bucket in seconds since 1970, group, 1e-12 of the unit, measured seconds."""


class _Moments(dict[int, datetime]):
    """Seconds since 1970 as moments of Asia/Shanghai, each made once: an answer names them thousands of times."""

    def __missing__(self, seconds: int) -> datetime:
        self[seconds] = moment = datetime.fromtimestamp(seconds, SHANGHAI)
        return moment


def energy(connection: Connection, scoped: Scoped, *, now: datetime) -> list[EnergyLine]:
    """The lines of the answer, in order of time and group."""
    sums = list(_sums(connection, scoped))
    return lines(scoped.asked, sums, _expectations(connection, scoped, now=now), now=now)


def estimated(connection: Connection, scoped: Scoped, method: Estimates) -> dict[tuple[datetime, Group], int]:
    """By start and group what estimates would add to the booked quantity, 1e-12 of the carrier's unit."""
    asked = scoped.asked
    rows = SQL.run(
        connection,
        "estimated",
        method=str(method),
        trunc=_TRUNC.get(asked.bucket, "total"),
        start=asked.start,
        from_ts=asked.start,
        to_ts=asked.end,
        carrier=asked.carrier,
        flows=[str(flow) for flow in asked.flows],
        **scoped.conditions,
        **scoped.switches,
    ).all()
    name = scoped.names(connection, [row[3:8] for row in rows])
    moments, found = _Moments(), dict[tuple[datetime, Group], int]()
    for bucket_s, carrier, flow, area, park, enterprise, unit, meter, more_pico in rows:
        key = (max(asked.start, moments[bucket_s]), Group(carrier, flow, *name((area, park, enterprise, unit, meter))))
        found[key] = found.get(key, 0) + int(more_pico)
    return found


def quantity_units(connection: Connection) -> Mapping[str, str]:
    """The unit of each carrier's quantities."""
    return {row[0]: row[1] for row in SQL.run(connection, "carriers")}


def _sums(connection: Connection, scoped: Scoped) -> Iterable[BucketSum]:
    asked = scoped.asked
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
            found = _place_sums(connection, scoped, when)
        else:
            found = _meter_sums(connection, scoped, when)
        for bucket_s, group, quantity_pico, measured_s in found:
            yield BucketSum(moments[bucket_s], group, int(quantity_pico), int(measured_s))


def _place_sums(connection: Connection, scoped: Scoped, when: dict[str, Any]) -> Iterable[_Found]:
    asked, areas, level = scoped.asked, scoped.areas, scoped.level
    if asked.scope is ScopeKind.PARK:
        kind, codes = "park", [str(scoped.conditions["park_id"])]
    else:
        # a league asked of a banner: the banner's own sums, under the league's name
        kind, codes = "area", (areas.within(asked.code, level) if level else []) or [asked.code]
    by_flow = By.FLOW in asked.by
    area_of = {code: areas.at(code, level) if level else None for code in codes}
    rows = SQL.run(connection, "by_place", kind=kind, codes=codes, by_flow=by_flow, **when).all()
    for bucket_s, carrier, flow, place, quantity_pico, measured_s in rows:
        yield bucket_s, Group(carrier, flow, area_of[place]), quantity_pico, measured_s


def _meter_sums(connection: Connection, scoped: Scoped, when: dict[str, Any]) -> Iterable[_Found]:
    rows = SQL.run(connection, "by_meter", **scoped.conditions, **when, **scoped.switches).all()
    name = scoped.names(connection, [row[3:8] for row in rows])
    for bucket_s, carrier, flow, area, park, enterprise, unit, meter, quantity_pico, measured_s in rows:
        yield bucket_s, Group(carrier, flow, *name((area, park, enterprise, unit, meter))), quantity_pico, measured_s


def _expectations(connection: Connection, scoped: Scoped, *, now: datetime) -> Mapping[Group, list[Expectation]]:
    asked = scoped.asked
    until = min(asked.end, now.astimezone(SHANGHAI))
    parameters = {
        **scoped.conditions,
        **scoped.switches,
        "carrier": asked.carrier,
        "flows": [str(flow) for flow in asked.flows],
        "from_day": asked.start.date(),
        "to_day": max(until.date() + timedelta(days=1), asked.start.date()),
    }
    rows = _REGISTRY.all(connection, "expected", **parameters)
    name = scoped.names(connection, [row[2:7] for row in rows])
    found: dict[Group, list[Expectation]] = defaultdict(list)
    for carrier, flow, area, park, enterprise, unit, meter, from_day, to_day, meters in rows:
        group = Group(carrier, flow, *name((area, park, enterprise, unit, meter)))
        found[group].append(Expectation(start_of_day(from_day), start_of_day(to_day), meters))
    return found
