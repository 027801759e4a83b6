"""Evaluates an indicator: for a scope and its periods, as a whole or by unit, enterprise, banner, league or park."""

import enum
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from services.judging.data.tables import Tables
from services.judging.indicators.frame import Frame
from services.judging.indicators.kinds import Indicator, Level, Ratio
from services.judging.indicators.ratio import PART_OF_PERIOD, NeededCoverage, ratio_of, ratio_of_all
from services.judging.indicators.reported import statistics
from services.judging.indicators.scope import SQL, Park, Scope, ScopeKind, Unit, units_of
from services.judging.indicators.sums import Gone, Subject, Sums, place_sums, unit_sums
from services.judging.indicators.terms import Measured, Reported, Term


class Grouping(enum.StrEnum):
    """By what an indicator may be told apart."""

    UNIT = "unit"
    ENTERPRISE = "enterprise"
    BANNER = "banner"
    LEAGUE = "league"
    PARK = "park"


class GroupingError(ValueError):
    """The indicator cannot be told apart so; the message says how it can."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An indicator of one group in one period. `units` are those in it, of indicators that are formed by unit."""

    start: datetime
    end: datetime
    ratio: Ratio
    group: str | None = None
    process: str | None = None
    units: tuple[Unit, ...] = ()
    metered_s: float = 0.0
    """Seconds of the period between the first and the last day with any meter; of a group that of its longest."""
    gone: Gone = field(default_factory=Gone)
    """What is over of it, and how much of that was metered; of a group those of its longest."""

    @property
    def reasons_of_part(self) -> tuple[tuple[str, str], ...]:
        """The reason that says so where the value stands on meters that were there for a part of it only."""
        ratio, share = self.ratio, self.gone.metered_share
        on_meters = ratio.value is not None and (ratio.numerator.cover or ratio.denominator.cover)
        if not on_meters or share == 1.0 or PART_OF_PERIOD in dict(ratio.reasons):
            return ()
        return ((PART_OF_PERIOD, f"{share:.4f}"),)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a scope, its periods, and by what they are told apart."""

    scope: Scope
    frame: Frame
    by: Grouping | None
    now: datetime


GROUPINGS: Mapping[Level, frozenset[Grouping]] = {
    Level.UNIT: frozenset(Grouping),
    Level.ENTERPRISE: frozenset(Grouping) - {Grouping.UNIT},
    Level.PLACE: frozenset(Grouping),
    Level.AREA: frozenset({Grouping.BANNER, Grouping.LEAGUE}),
    Level.PARK: frozenset({Grouping.PARK}),
}
SCOPES: Mapping[Level, frozenset[ScopeKind]] = {
    Level.UNIT: frozenset(ScopeKind),
    Level.ENTERPRISE: frozenset(ScopeKind) - {ScopeKind.UNIT},
    Level.PLACE: frozenset(ScopeKind),
    Level.AREA: frozenset({ScopeKind.AREA}),
    Level.PARK: frozenset({ScopeKind.PARK, ScopeKind.AREA}),
}


def check(indicator: Indicator, kind: ScopeKind, by: Grouping | None) -> None:
    """Raise GroupingError when the indicator cannot be asked of such a scope, or told apart so."""
    if kind not in SCOPES[indicator.level]:
        known = ", ".join(sorted(SCOPES[indicator.level]))
        raise GroupingError(f"{indicator.slug} is an indicator of: {known}; not of a {kind}")
    if by is not None and by not in GROUPINGS[indicator.level]:
        known = ", ".join(sorted(GROUPINGS[indicator.level]))
        raise GroupingError(f"{indicator.slug} can be told apart by: {known}; not by {by}")
    if indicator.level is Level.PARK and kind is ScopeKind.AREA and by is not Grouping.PARK:
        raise GroupingError(f"{indicator.slug} of an area is told apart by park")


def evaluate(connection: Connection, tables: Tables, indicator: Indicator, asked: Question) -> Sequence[Evaluated]:
    """The indicator in every period and group, in order. Raises GroupingError, and UnknownScopeError for a unit."""
    check(indicator, asked.scope.kind, asked.by)
    by_place = asked.by in (None, Grouping.BANNER, Grouping.LEAGUE, Grouping.PARK)
    whole_place = asked.scope.kind is ScopeKind.AREA or (asked.scope.kind is ScopeKind.PARK and asked.by is None)
    if indicator.level in (Level.PLACE, Level.AREA, Level.PARK) and by_place and whole_place:
        return _of_places(connection, tables, indicator, asked)
    units = units_of(
        connection,
        asked.scope,
        at=min(asked.frame.end, asked.now) - timedelta(microseconds=1),
        processes=indicator.processes,
        trades=indicator.trades,
    )
    if indicator.by_process and asked.scope.kind is not ScopeKind.UNIT:
        units = [unit for unit in units if unit.makes_product]
    return of_units(connection, tables, indicator, units, asked)


def of_units(
    connection: Connection, tables: Tables, indicator: Indicator, units: Sequence[Unit], asked: Question
) -> Sequence[Evaluated]:
    """The indicator of these units, told apart as asked."""
    by_area = asked.by in (Grouping.BANNER, Grouping.LEAGUE)
    sums = unit_sums(
        connection,
        asked.scope,
        {unit.unit_id: unit.code for unit in units},
        asked.frame,
        now=asked.now,
        by_area=by_area,
        with_sub=not indicator.coverage_counts,
    )
    owner_kind = "enterprise" if indicator.level is Level.ENTERPRISE else "unit"
    members = _members(indicator, units, sums, asked)
    reported = statistics(connection, owner_kind, [member.owner for member in members], indicator.statistics, tables)
    if not members and asked.by is None:
        return _of_nobody(asked)
    counted = {member.unit.process: product_carriers(tables, member.unit.process) for member in members}
    needed = needed_coverage(tables)
    rows = []
    for period in asked.frame.periods:
        start, end = asked.frame.bounds(period)
        grouped: dict[tuple[str, str], dict[str, tuple[Ratio, Unit]]] = {}
        longest: dict[tuple[str, str], float] = defaultdict(float)
        gone: dict[tuple[str, str], Gone] = defaultdict(Gone)
        for member in members:
            amounts, spoken = sums.look_at(member.subjects, period), reported.of(member.owner, start, end)
            if not amounts and not spoken and len(members) > 1 and asked.by is not Grouping.UNIT:
                continue
            carriers = counted[member.unit.process]
            measured = Measured(amounts, tables.factors, reported=spoken, product_carriers=carriers)
            key = (member.group or "", (member.unit.process or "") if indicator.by_process else "")
            metered_s = sums.metered_s(member.subjects, period)
            ratio = _ratio(indicator, measured, needed, metered_s / (end - start).total_seconds())
            grouped.setdefault(key, {})[member.name] = (ratio, member.unit)
            longest[key] = max(longest[key], metered_s)
            since = member.unit.commissioned_on if member.is_one_unit else None
            gone[key] = gone[key].longer(sums.gone(member.subjects, period, now=asked.now, since=since))
        for (group, process), found in sorted(grouped.items()):
            ratios = {name: ratio for name, (ratio, _) in found.items()}
            together = ratio_of_all(indicator, ratios, needed=needed)
            of_whom = tuple(unit for _, unit in found.values())
            key = (group, process)
            rows.append(
                Evaluated(start, end, together, group or None, process or None, of_whom, longest[key], gone[key])
            )
    return rows


def _of_nobody(asked: Question) -> Sequence[Evaluated]:
    nothing = Ratio(None, Term(None), Term(None), None, (("no_subjects", asked.scope.code),), subjects=0, judged=0)
    return [Evaluated(*asked.frame.bounds(period), nothing) for period in asked.frame.periods]


def needed_coverage(tables: Tables) -> NeededCoverage:
    """The coverage without which nothing is judged."""
    least, apart = tables.parameter("coverage_least").value, tables.parameter("coverage_apart").value
    return NeededCoverage(float(least), float(apart))


def product_carriers(tables: Tables, process_code: str | None) -> frozenset[str] | None:
    """The carriers that have the unit in which the product of a process counts; None where it is not known."""
    process = tables.process.get(process_code or "")
    if process is None:
        return None
    return frozenset(carrier.code for carrier in tables.carriers if carrier.unit == process.product_unit)


def _ratio(indicator: Indicator, measured: Measured, needed: NeededCoverage, metered: float) -> Ratio:
    numerator, denominator = indicator.parts(measured)
    return ratio_of(indicator, numerator, denominator, needed=needed, metered=metered)


@dataclass(frozen=True, slots=True)
class _Member:
    """One of those of whom the ratio is formed, before these are put together in groups."""

    owner: str
    """Whose statistics count: the code of a unit, or the credit code of an enterprise."""
    unit: Unit
    group: str | None
    banner: str | None
    subjects: list[Subject]

    @property
    def is_one_unit(self) -> bool:
        """Whether it is the unit and no other besides."""
        return {subject.code for subject in self.subjects} == {self.unit.code}

    @property
    def name(self) -> str:
        """Its name among those left out."""
        return f"{self.owner} ({self.banner})" if self.banner else self.owner


def _members(indicator: Indicator, units: Sequence[Unit], sums: Sums, asked: Question) -> Sequence[_Member]:
    """Units, or enterprises with all their units, or, of indicators of any place, the groups themselves."""
    by_code = {unit.code: unit for unit in units}
    by_area = asked.by in (Grouping.BANNER, Grouping.LEAGUE)
    seen = {subject.code for subject in sums.subjects}
    silent = [Subject(unit.code, unit.area_code if by_area else None) for unit in units if unit.code not in seen]
    found: dict[tuple[str, str | None], _Member] = {}
    # in an order of their own: that of the database is another one each time
    for subject in sorted([*sums.subjects, *silent], key=lambda each: (each.code, each.banner or "")):
        unit = by_code[subject.code]
        group = _group_of(asked, unit, subject)
        if indicator.level is Level.PLACE:
            owner = group or asked.scope.code
        else:
            owner = unit.credit_code if indicator.level is Level.ENTERPRISE else unit.code
        member = _Member(owner, unit, group, subject.banner, [])
        found.setdefault((owner, subject.banner), member).subjects.append(subject)
    return list(found.values())


def _group_of(asked: Question, unit: Unit, subject: Subject) -> str | None:
    if asked.by is Grouping.UNIT:
        return unit.code
    if asked.by is Grouping.ENTERPRISE:
        return unit.credit_code
    if asked.by is Grouping.PARK:
        return unit.park_code
    return None if asked.by is None else asked.scope.tree.at(subject.banner, str(asked.by))


def _of_places(connection: Connection, tables: Tables, indicator: Indicator, asked: Question) -> Sequence[Evaluated]:
    scope = asked.scope
    park_ids: dict[int, str] = {}
    if asked.by is Grouping.PARK:
        parks = [Park(*row) for row in SQL.run(connection, "parks")]
        park_ids = {p.park_id: p.code for p in parks if scope.tree.above(p.area_code, scope.code)}
        codes = sorted(park_ids.values())
    elif scope.park is not None:
        park_ids, codes = {scope.park.park_id: scope.park.code}, [scope.park.code]
    elif asked.by is None:
        codes = [scope.code]
    else:
        codes = sorted(scope.tree.within(scope.code, str(asked.by)))
    if not codes:
        return []
    sums = place_sums(
        connection,
        scope,
        codes,
        asked.frame,
        now=asked.now,
        park_ids=park_ids,
        registered_alone=not indicator.coverage_counts,
    )
    owner_kind = "park" if park_ids else "area"
    reported = statistics(connection, owner_kind, codes, indicator.statistics, tables)
    needed = needed_coverage(tables)
    rows = []
    for period in asked.frame.periods:
        start, end = asked.frame.bounds(period)
        for code in codes:
            amounts = sums.look_at([Subject(code)], period)
            spoken: dict[str, Reported] = reported.of(code, start, end)
            if not amounts and not spoken and asked.by is not None:
                continue
            metered_s = sums.metered_s([Subject(code)], period)
            measured = Measured(amounts, tables.factors, reported=spoken)
            ratio = _ratio(indicator, measured, needed, metered_s / (end - start).total_seconds())
            group, gone = code if asked.by is not None else None, sums.gone([Subject(code)], period, now=asked.now)
            rows.append(Evaluated(start, end, ratio, group, metered_s=metered_s, gone=gone))
    return rows
