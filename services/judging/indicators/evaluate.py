"""Evaluates an indicator: for a scope and its periods, as a whole or by unit, enterprise, banner, league or park."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import Connection

from services.judging.data.tables import Tables
from services.judging.indicators.forming import Evaluated, Forming, RatioSubject, together
from services.judging.indicators.frame import Frame
from services.judging.indicators.kinds import Indicator, IndicatorLevel, Ratio
from services.judging.indicators.reported import statistics
from services.judging.indicators.scope import SQL, JudgedPark, JudgedUnit, Scope, ScopeKind, units_of
from services.judging.indicators.sums import Subject, Sums, place_sums, unit_sums
from services.judging.indicators.terms import Term


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
class Question:
    """What is asked: a scope, its periods, and by what they are told apart."""

    scope: Scope
    frame: Frame
    by: Grouping | None
    now: datetime


GROUPINGS: Mapping[IndicatorLevel, frozenset[Grouping]] = {
    IndicatorLevel.UNIT: frozenset(Grouping),
    IndicatorLevel.ENTERPRISE: frozenset(Grouping) - {Grouping.UNIT},
    IndicatorLevel.PLACE: frozenset(Grouping),
    IndicatorLevel.AREA: frozenset({Grouping.BANNER, Grouping.LEAGUE}),
    IndicatorLevel.PARK: frozenset({Grouping.PARK}),
}
SCOPES: Mapping[IndicatorLevel, frozenset[ScopeKind]] = {
    IndicatorLevel.UNIT: frozenset(ScopeKind),
    IndicatorLevel.ENTERPRISE: frozenset(ScopeKind) - {ScopeKind.UNIT},
    IndicatorLevel.PLACE: frozenset(ScopeKind),
    IndicatorLevel.AREA: frozenset({ScopeKind.AREA}),
    IndicatorLevel.PARK: frozenset({ScopeKind.PARK, ScopeKind.AREA}),
}


def check(indicator: Indicator, kind: ScopeKind, by: Grouping | None) -> None:
    """Raise GroupingError when the indicator cannot be asked of such a scope, or told apart so."""
    if kind not in SCOPES[indicator.level]:
        known = ", ".join(sorted(SCOPES[indicator.level]))
        raise GroupingError(f"{indicator.slug} is an indicator of: {known}; not of a {kind}")
    if by is not None and by not in GROUPINGS[indicator.level]:
        known = ", ".join(sorted(GROUPINGS[indicator.level]))
        raise GroupingError(f"{indicator.slug} can be told apart by: {known}; not by {by}")
    if indicator.level is IndicatorLevel.PARK and kind is ScopeKind.AREA and by is not Grouping.PARK:
        raise GroupingError(f"{indicator.slug} of an area is told apart by park")


def evaluate(connection: Connection, tables: Tables, indicator: Indicator, asked: Question) -> Sequence[Evaluated]:
    """The indicator in every period and group, in order. Raises GroupingError, and UnknownScopeError for a unit."""
    check(indicator, asked.scope.kind, asked.by)
    by_place = asked.by in (None, Grouping.BANNER, Grouping.LEAGUE, Grouping.PARK)
    whole_place = asked.scope.kind is ScopeKind.AREA or (asked.scope.kind is ScopeKind.PARK and asked.by is None)
    if indicator.level in (IndicatorLevel.PLACE, IndicatorLevel.AREA, IndicatorLevel.PARK) and by_place and whole_place:
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
    connection: Connection, tables: Tables, indicator: Indicator, units: Sequence[JudgedUnit], asked: Question
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
    owner_kind = "enterprise" if indicator.level is IndicatorLevel.ENTERPRISE else "unit"
    members = _members(indicator, units, sums, asked)
    if not members and asked.by is None:
        return _of_nobody(asked)
    reported = statistics(connection, owner_kind, [member.owner for member in members], indicator.statistics, tables)
    forming = Forming(tables, asked.frame, sums, reported, now=asked.now)
    subjects = {member.name: member.ratio_subject for member in members}
    rows = []
    for period in asked.frame.periods:
        grouped: dict[tuple[str, str], dict[str, Evaluated]] = {}
        for name, subject in subjects.items():
            measured = forming.measured(subject, period)
            if measured.nothing and len(subjects) > 1 and asked.by is not Grouping.UNIT:
                continue
            key = (subject.group or "", (subject.process or "") if indicator.by_process else "")
            grouped.setdefault(key, {})[name] = forming.of(indicator, subject, period, measured)
        for (group, process), found in sorted(grouped.items(), key=lambda item: item[0]):
            rows.append(together(tables, indicator, found, group=group or None, process=process or None))
    return rows


def _of_nobody(asked: Question) -> Sequence[Evaluated]:
    nothing = Ratio(None, Term(None), Term(None), None, (("no_subjects", asked.scope.code),), subjects=0, judged=0)
    return [Evaluated(*asked.frame.bounds(period), nothing) for period in asked.frame.periods]


@dataclass(frozen=True, slots=True)
class _Member:
    """One of those of whom the ratio is formed, before these are put together in groups."""

    owner: str
    """Whose statistics count: the code of a unit, or the credit code of an enterprise."""
    unit: JudgedUnit
    group: str | None
    banner: str | None
    subjects: list[Subject]

    @property
    def is_one_unit(self) -> bool:
        """Whether it is the unit and no other besides."""
        return {subject.code for subject in self.subjects} == {self.unit.code}

    @property
    def ratio_subject(self) -> RatioSubject:
        """The same, as a ratio is formed of it."""
        unit = self.unit
        since = unit.commissioned_on if self.is_one_unit else None
        return RatioSubject(self.owner, tuple(self.subjects), (unit,), self.group, unit.process, since)

    @property
    def name(self) -> str:
        """Its name among those left out."""
        return f"{self.owner} ({self.banner})" if self.banner else self.owner


def _members(indicator: Indicator, units: Sequence[JudgedUnit], sums: Sums, asked: Question) -> Sequence[_Member]:
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
        if indicator.level is IndicatorLevel.PLACE:
            owner = group or asked.scope.code
        else:
            owner = unit.credit_code if indicator.level is IndicatorLevel.ENTERPRISE else unit.code
        member = _Member(owner, unit, group, subject.banner, [])
        found.setdefault((owner, subject.banner), member).subjects.append(subject)
    return list(found.values())


def _group_of(asked: Question, unit: JudgedUnit, subject: Subject) -> str | None:
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
        parks = [JudgedPark(*row) for row in SQL.run(connection, "parks")]
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
    forming = Forming(tables, asked.frame, sums, reported, now=asked.now)
    told_apart = asked.by is not None
    places = [RatioSubject(code, (Subject(code),), group=code if told_apart else None) for code in codes]
    known = ((place, period, forming.measured(place, period)) for period in asked.frame.periods for place in places)
    return [
        forming.of(indicator, place, period, measured)
        for place, period, measured in known
        if not (measured.nothing and told_apart)
    ]
