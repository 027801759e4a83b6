"""What is told of a scope as it is now: energy, readings, gateways, alerts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from services.api.asking import ScopeKind, scope_of
from services.api.database import Database
from services.api.energy.answer import EnergyLine
from services.api.energy.ask import Asked, By
from services.api.energy.balance import balance, grouped
from services.api.energy.query import energy, quantity_units
from services.api.energy.scope import Scoped, read_areas
from services.api.registry.gateways_heard import counts_of
from services.core.calendar import SHANGHAI, Bucket, Grain, floor, following
from services.core.db.statements import Statements
from services.core.meter import Flow
from services.energy.account import ALL_FLOWS
from services.energy.factors import Factors

SQL = Statements.beside(__file__, "state.sql")
_SEVERITIES = ("severe", "warning", "notice")


def state_of(database: Database, scope: str, factors: Factors, *, now: datetime) -> dict[str, Any]:
    """The scope as it is at `now`, in one moment of the database. Raises Refused where it is not registered."""
    kind, code = scope_of(scope)
    state: dict[str, Any] = {"scope": scope, "at": local(now)}
    with database.read() as connection:
        units = quantity_units(connection)
        consumption = {}
        for name, grain in (("hour", Grain.HOUR), ("day", Grain.DAY)):
            scoped = Scoped.read(connection, _asked(kind, code, grain, now=now))
            found = energy(connection, scoped, now=now)
            state[name] = [_input(line, units) for line in found if line.group.flow == Flow.INPUT]
            consumption[name] = None if kind is ScopeKind.METER else _consumed(found, factors)
        meter_ids = None if (among := scoped.wanted.among.meter_ids) is None else list(among)
        state["consumption"] = consumption
        state["readings"] = _readings(connection, meter_ids)
        state["gateways"] = _gateways(connection, meter_ids)
        state["alerts"] = _alerts(connection, kind, code)
    return state


def local(moment: datetime | None) -> str | None:
    """The moment with the offset of Asia/Shanghai."""
    return None if moment is None else moment.astimezone(SHANGHAI).isoformat(timespec="milliseconds")


def _asked(kind: ScopeKind, code: str, grain: Grain, *, now: datetime) -> Asked:
    start, end = floor(now, grain), following(floor(now, Grain.SLOT), Grain.SLOT)
    return Asked(kind, code, start, end, Bucket.TOTAL, frozenset({By.CARRIER, By.FLOW}), None, ALL_FLOWS)


def _input(line: EnergyLine, units: Mapping[str, str]) -> dict[str, Any]:
    return {
        "carrier": line.group.carrier,
        "quantity": line.quantity,
        "quantity_unit": units[line.group.carrier],
        "coverage": line.coverage,
    }


def _consumed(lines: Sequence[EnergyLine], factors: Factors) -> dict[str, Any] | None:
    """综合能源消费量 on both bases; None where no meter enters it."""
    for (_, place), group in grouped(lines, factors).items():
        found = balance(group, place, factors)
        tonnes = {f"tce_{basis}": amounts.consumption_tce for basis, amounts in found.bases.items()}
        return {**tonnes, "coverage": found.coverage}
    return None


def _readings(connection: Connection, meter_ids: list[int] | None) -> dict[str, Any]:
    # A number of its own, not a subquery: only so is it known that few rows are beyond it.
    first = SQL.run(connection, "first_batch").scalar()
    last_minute = 0
    if first is not None:
        last_minute = SQL.run(connection, "readings", first_batch=first, meter_ids=meter_ids).scalar_one()
    last_message_at = SQL.run(connection, "last_message", meter_ids=meter_ids).scalar()
    return {
        "last_minute": last_minute,
        "per_s": round(last_minute / 60, 2),
        "last_message_at": local(last_message_at),
    }


def _gateways(connection: Connection, meter_ids: list[int] | None) -> dict[str, int]:
    found = counts_of(connection, [SQL["gateway_of_meters"]], {"meter_ids": meter_ids})
    states = {str(state): count for state, count in found.state.items()}
    return {"gateways": found.gateways, **states, "silent": found.silent}


def _alerts(connection: Connection, kind: ScopeKind, code: str) -> dict[str, Any]:
    tree = read_areas(connection)
    every = kind is ScopeKind.AREA and tree.level[code] == "region"
    areas = None if every else [area for area in tree.level if kind is ScopeKind.AREA and tree.above(area, code)]
    row = SQL.run(connection, "alerts", areas=areas, kind=str(kind), code=code).one()
    firing = {severity: getattr(row, severity) for severity in _SEVERITIES}
    return {"firing": sum(firing.values()), **firing, "changed_at": local(row.changed_at)}
