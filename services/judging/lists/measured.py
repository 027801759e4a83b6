"""The units of a place, and the ratio of each of them wherever it lay: one reading for all units of an indicator."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import Connection

from services.core.area_tree import AreaTree
from services.core.frame import Frame
from services.energy.by_subject import Subject, Sums
from services.energy.sums import read_sums
from services.energy.wanted import of_units
from services.judging.data.tables import Tables
from services.judging.indicators.forming import Evaluated, Forming, RatioSubject
from services.judging.indicators.kinds import Indicator
from services.judging.indicators.renewable import sold_beside_renewable
from services.judging.indicators.reported import statistics
from services.judging.indicators.scope import JudgedUnit, Scope, ScopeKind, area_tree, scope_of, units_of

_EVERYWHERE = ""
SumsOf = Callable[[Frame], Sums]
"""Gives what units measured over a frame."""


@dataclass(frozen=True, slots=True)
class ListScope:
    """What a list of units is narrowed to: one of these areas, one of these parks, one of these enterprises."""

    areas: Collection[str] = ()
    parks: Collection[str] = ()
    enterprises: Collection[str] = ()


def everywhere(tree: AreaTree) -> Scope:
    """The whole region: a unit is judged by all that it used, also before its enterprise moved."""
    return Scope(ScopeKind.AREA, _EVERYWHERE, tree)


def units_in(
    connection: Connection,
    place: ListScope,
    *,
    until: datetime,
    processes: Collection[str] = (),
    trades: Collection[str] = (),
) -> tuple[list[JudgedUnit], AreaTree]:
    """The units whose enterprise lay in the place at the end of what ends at `until`, and the tree of areas.

    Raises UnknownScopeError when the place is not registered.
    """
    named = (
        (ScopeKind.AREA, place.areas),
        (ScopeKind.PARK, place.parks),
        (ScopeKind.ENTERPRISE, place.enterprises),
    )
    scopes = [[scope_of(connection, kind, code) for code in codes] for kind, codes in named]
    alone = [of_kind[0] for of_kind in scopes if len(of_kind) == 1]
    tree = alone[-1].tree if alone else area_tree(connection)
    scope = alone[-1] if alone else everywhere(tree)
    at = until - timedelta(microseconds=1)
    units = units_of(connection, scope, at=at, processes=processes, trades=trades)
    return [unit for unit in units if _lies(unit, place, tree)], tree


def _lies(unit: JudgedUnit, place: ListScope, tree: AreaTree) -> bool:
    in_area = not place.areas or any(tree.above(unit.area_code, area) for area in place.areas)
    in_park = not place.parks or unit.park_code in place.parks
    return in_area and in_park and (not place.enterprises or unit.credit_code in place.enterprises)


def ratios_of(
    connection: Connection,
    tables: Tables,
    units: Sequence[JudgedUnit],
    indicators: Mapping[str, Indicator],
    frame: Frame,
    *,
    now: datetime,
    read: SumsOf | None = None,
) -> list[Evaluated]:
    """Of each of these units the indicator of its process, over the one period of the frame.

    One reading serves them all, whatever their indicators are. `read` gives the sums of at least these units, where the
    caller has them for more than this.
    """
    wanted = of_units([unit.unit_id for unit in units])
    sums = read(frame) if read else read_sums(connection, wanted, frame, now=now)
    kinds = {kind for indicator in indicators.values() for kind in indicator.statistics}
    reported = statistics(connection, "unit", [unit.code for unit in units], kinds, tables)
    sold = sold_beside_renewable(connection, tables, indicators.values(), wanted, frame, now=now)
    forming = Forming(tables, frame, sums, reported, now=now, beside_renewable=sold)
    (period,) = frame.periods
    found = []
    for unit in units:
        process = unit.process or ""
        subject = RatioSubject(
            unit.code, (Subject(unit=unit.unit_id),), (unit,), unit.code, process, unit.commissioned_on
        )
        found.append(forming.of(indicators[process], subject, period, forming.measured(subject, period)))
    return found
