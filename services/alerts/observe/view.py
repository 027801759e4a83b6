"""What the registry says of those whom rules speak of, read once for all rules of a cycle."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any, Self, TypeVar

from psycopg import Connection

from services.alerts.rules.comparison import outcome, required_by
from services.alerts.rules.compatibility import SOURCES
from services.alerts.rules.rule import Rule, RulePeriod, RuleSubject, ScopeFilter
from services.alerts.state.observation import Observation, SubjectKind
from services.core.area_tree import AreaTree
from services.core.calendar import (
    MONTHS_OF_YEAR,
    SHANGHAI,
    Grain,
    floor,
    following,
    months_before,
    year_floor,
)
from services.core.frame import Frame, PeriodLength, frame
from services.core.verdict import Verdict
from services.energy.by_subject import Sums
from services.energy.sums import read_sums
from services.energy.wanted import of_units
from services.judging.data.tables import Tables
from services.judging.indicators.scope import SQL, JudgedPark, JudgedUnit, Scope, ScopeKind, units_of

Names = tuple[str, str]
Whom = tuple[SubjectKind, str]
"""Kind and code of a subject."""
Read = TypeVar("Read")
_GRAIN = {RulePeriod.HOUR: Grain.HOUR, RulePeriod.DAY: Grain.DAY, RulePeriod.MONTH: Grain.MONTH}
_SPAN = {
    RulePeriod.HOUR: PeriodLength.HOUR,
    RulePeriod.DAY: PeriodLength.DAY,
    RulePeriod.MONTH: PeriodLength.MONTH,
    RulePeriod.YEAR: PeriodLength.YEAR,
}


class View:
    """One look at the database at one time; places are read when first asked for."""

    def __init__(
        self,
        connection: Connection,
        tables: Tables,
        now: datetime,
        *,
        measures: Callable[[JudgedUnit], bool],
        only: Whom | None = None,
    ) -> None:
        """`measures`: of which units sums will be asked for. `only`: of others no more is read than must be."""
        self.connection, self.tables, self.now, self._measures = connection, tables, now, measures
        self.only = only
        self._read: dict[str, Any] = {}

    def at(self, now: datetime) -> Self:
        """The look at another time; what the registry says of places is not read again."""
        other = copy.copy(self)
        other.now, other._read = now, {}
        return other

    def once(self, name: str, read: Callable[[], Read]) -> Read:
        """What `read` gives, read when the name is first asked for: several rules stand on the same."""
        if name not in self._read:
            self._read[name] = read()
        found: Read = self._read[name]
        return found

    @cached_property
    def _areas(self) -> list[Any]:
        return list(SQL.run(self.connection, "areas").all())

    @cached_property
    def tree(self) -> AreaTree:
        """All areas."""
        return AreaTree.of(self._areas)

    @cached_property
    def area_names(self) -> Mapping[str, Names]:
        """Chinese and English name of every area."""
        return {row.code: (row.name_zh, row.name_en) for row in self._areas}

    @cached_property
    def parks(self) -> Mapping[str, JudgedPark]:
        """All parks."""
        return {park.code: park for park in SQL.run(self.connection, "parks").of(JudgedPark)}

    @cached_property
    def region(self) -> str:
        """Code of the region."""
        return next(code for code, level in self.tree.level.items() if level == "region")

    @cached_property
    def scope(self) -> Scope:
        """Where subjects are looked for: the region, in which a unit counts with all it used, wherever it lay; or where
        the only one is.
        """
        kind, code = self.only or ("area", self.region)
        if kind == "unit":
            return Scope(ScopeKind.UNIT, code, self.tree)
        if kind == "enterprise":
            return Scope(ScopeKind.ENTERPRISE, code, self.tree)
        area = self.parks[code].area_code if kind == "park" and code in self.parks else code
        if area not in self.tree.level or area == self.region:
            return Scope(ScopeKind.AREA, self.region, self.tree)
        return Scope(ScopeKind.AREA, area, self.tree, tuple(self.tree.banners_of(area)))

    def looks_at(self, area: str) -> bool:
        """Whether the area may be a subject here."""
        return self.only is None or self.only == ("area", area)

    def looks_at_level(self, level: str) -> bool:
        """Whether areas of this level may be subjects here."""
        return self.only is None or self.only[0] != "area" or self.tree.level.get(self.only[1]) == level

    def units(self, end: datetime) -> Sequence[JudgedUnit]:
        """All units, with their place as it was when a period ended."""
        at = min(end, self.now) - timedelta(microseconds=1)
        return self.once(f"units {at.date()}", lambda: units_of(self.connection, self.scope, at=at))

    def unit_sums(self, period: Frame, *, with_sub: bool = False) -> Sums:
        """What the units of whom sums are asked for measured over a frame, wherever they lay."""
        measured = [unit.unit_id for unit in self.units(self.now) if self._measures(unit)]
        wanted = of_units(measured, with_sub=with_sub)
        return self.once(
            f"sums {period.start} {period.end} {period.trunc} {with_sub}",
            lambda: read_sums(self.connection, wanted, period, now=self.now),
        )

    def lies(self, area: str | None, scope: ScopeFilter) -> bool:
        """Whether an area is one of those the scope names, or lies in one."""
        return not scope.areas or any(self.tree.above(area, code) for code in scope.areas)

    def in_park(self, code: str | None, scope: ScopeFilter) -> bool:
        """Whether a park is of a kind the scope names."""
        if not scope.park_kinds:
            return True
        park = self.parks.get(code or "")
        return park is not None and park.kind in scope.park_kinds

    def speaks_of_area(self, code: str, rule: Rule) -> bool:
        """Whether the rule speaks of an area; of none that is not registered."""
        level = self.tree.level.get(code)
        of_level = level is not None and (rule.subject is RuleSubject.AREA or str(rule.subject) == level)
        return of_level and self.lies(code, rule.scope)

    def of_trade_there(self, whom: Any, scope: ScopeFilter) -> bool:
        """Whether the scope names area, park and trade of `whom`: a unit, or a row with these."""
        return (
            self.lies(whom.area_code, scope)
            and self.in_park(whom.park_code, scope)
            and (not scope.trades or whom.trade in scope.trades)
        )

    def fits(self, unit: JudgedUnit, scope: ScopeFilter) -> bool:
        """Whether the scope speaks of the unit, its project kind apart."""
        racks = scope.least_racks
        return (
            self.of_trade_there(unit, scope)
            and (not scope.processes or unit.process in scope.processes)
            and (racks is None or (unit.standard_racks is not None and unit.standard_racks >= racks))
        )


def span_of(period: RulePeriod, *, running: bool, now: datetime) -> Frame:
    """The period of a rule as the frame of one: the last complete one at `now`, or the one at hand."""
    if period is RulePeriod.ROLLING_YEAR:
        month = floor(now, Grain.MONTH)
        return frame(months_before(month, MONTHS_OF_YEAR), month, PeriodLength.TOTAL)
    if period is RulePeriod.YEAR:
        this_year = year_floor(now)
        start, end = this_year, this_year.replace(year=this_year.year + 1)
        if not running:
            start, end = this_year.replace(year=this_year.year - 1), this_year
        return frame(start, end, PeriodLength.YEAR)
    grain = _GRAIN[period]
    start = floor(now, grain)
    if running:
        return frame(start, following(start, grain), _SPAN[period])
    return frame(floor(start - timedelta(microseconds=1), grain), start, _SPAN[period])


def last_day(end: datetime, now: datetime) -> date:
    """The last day of what ends at `end`, as far as it is over."""
    return (min(end, now).astimezone(SHANGHAI) - timedelta(microseconds=1)).date()


def of_unit(unit: JudgedUnit) -> Observation:
    """A unit, still without a verdict."""
    return Observation(
        subject_kind="unit",
        subject_code=unit.code,
        name_zh=unit.name_zh,
        name_en=unit.name_en or unit.name_zh,
        area_code=unit.area_code,
        park_code=unit.park_code,
        enterprise_code=unit.credit_code,
        verdict=Verdict.CANNOT_JUDGE,
    )


def of_enterprise(unit: JudgedUnit) -> Observation:
    """The enterprise of a unit, still without a verdict."""
    return Observation(
        subject_kind="enterprise",
        subject_code=unit.credit_code,
        name_zh=unit.enterprise_zh,
        name_en=unit.enterprise_en or unit.enterprise_zh,
        area_code=unit.area_code,
        park_code=unit.park_code,
        enterprise_code=unit.credit_code,
        verdict=Verdict.CANNOT_JUDGE,
    )


def of_area(view: View, code: str) -> Observation:
    """An area, still without a verdict."""
    name_zh, name_en = view.area_names[code]
    return Observation(
        subject_kind="area",
        subject_code=code,
        name_zh=name_zh,
        name_en=name_en,
        area_code=code,
        verdict=Verdict.CANNOT_JUDGE,
    )


def of_park(view: View, code: str) -> Observation:
    """A park, still without a verdict."""
    park = view.parks[code]
    return Observation(
        subject_kind="park",
        subject_code=code,
        name_zh=park.name_zh,
        name_en=park.name_en or park.name_zh,
        area_code=park.area_code,
        park_code=code,
        verdict=Verdict.CANNOT_JUDGE,
    )


def of_row(row: Any, kind: SubjectKind) -> Observation:
    """What a row of the registry names, with the place of its enterprise, still without a verdict."""
    return Observation(
        subject_kind=kind,
        subject_code=row.code,
        name_zh=row.name_zh,
        name_en=row.name_en,
        area_code=row.area_code,
        park_code=row.park_code,
        enterprise_code=row.credit_code,
        verdict=Verdict.CANNOT_JUDGE,
    )


def with_number(seen: Observation, rule: Rule, value: Fraction, evidence: Mapping[str, Any]) -> Observation:
    """The same subject, with its value held against the number of the rule."""
    required = required_by(rule.compare, value)
    told = outcome(value, [required], rule.clear, lower_is_better=True)
    return replace(
        seen,
        verdict=told.verdict,
        cleared=told.cleared,
        value=float(value),
        unit=SOURCES[rule.indicator].unit,
        limit=float(told.limit),
        reasons=told.reasons,
        evidence=evidence if told.verdict is Verdict.BREACH else {},
    )
