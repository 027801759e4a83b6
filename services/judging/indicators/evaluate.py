"""Evaluates an indicator: for a scope and its periods, as a whole or by unit, enterprise, banner, league or park."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from psycopg import Connection

from services.core.frame import Frame
from services.energy.by_subject import Subject, Sums
from services.energy.sums import read_sums
from services.energy.wanted import Wanted, of_areas, of_parks, of_units
from services.judging.data.tables import Tables
from services.judging.indicators.forming import Evaluated, Forming, RatioSubject, together
from services.judging.indicators.kinds import Indicator, IndicatorLevel, Ratio
from services.judging.indicators.renewable import sold_beside_renewable
from services.judging.indicators.reported import statistics
from services.judging.indicators.scope import SQL, JudgedPark, JudgedUnit, Scope, ScopeKind, units_of
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
    in_parts: bool = False
    """Whether the terms say of what they are put together."""

    def over(self, periods: Frame) -> "Question":
        """The same in other periods."""
        return replace(self, frame=periods)


class ReadOnce:
    """Reads sums; those that were read before, for another indicator, are not read again."""

    def __init__(self, connection: Connection, *, now: datetime) -> None:
        self._connection, self._now = connection, now
        self._read: list[tuple[Wanted, Frame, Sums]] = []

    def sums(self, wanted: Wanted, periods: Frame) -> Sums:
        """Those of what is wanted in these periods; not to be changed."""
        for before, of, sums in self._read:
            if before == wanted and of == periods:
                return sums
        sums = read_sums(self._connection, wanted, periods, now=self._now)
        self._read.append((wanted, periods, sums))
        return sums


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


def evaluate(
    connection: Connection, tables: Tables, indicator: Indicator, asked: Question, *, reader: ReadOnce | None = None
) -> Sequence[Evaluated]:
    """The indicator in every period and group, in order. Raises GroupingError, and UnknownScopeError for a unit.

    `reader`: what reads the sums, and may have read them for another indicator.
    """
    check(indicator, asked.scope.kind, asked.by)
    reader = reader or ReadOnce(connection, now=asked.now)
    if _is_of_places(indicator, asked):
        return _of_places(connection, tables, indicator, asked, reader)
    return _of_units(connection, tables, indicator, asked, reader)


def subjects_of(connection: Connection, indicator: Indicator, asked: Question) -> int:
    """Of how many places or units it is formed in a period, at most. Raises UnknownScopeError for a unit."""
    if _is_of_places(indicator, asked):
        return len(_places(connection, asked))
    return len(_units(connection, indicator, asked))


def _is_of_places(indicator: Indicator, asked: Question) -> bool:
    """Whether sums of places say what is asked, else only those of units."""
    by_place = asked.by in (None, Grouping.BANNER, Grouping.LEAGUE, Grouping.PARK)
    whole_place = asked.scope.kind is ScopeKind.AREA or (asked.scope.kind is ScopeKind.PARK and asked.by is None)
    of_places = indicator.level in (IndicatorLevel.PLACE, IndicatorLevel.AREA, IndicatorLevel.PARK)
    return of_places and by_place and whole_place


def _units(connection: Connection, indicator: Indicator, asked: Question) -> Sequence[JudgedUnit]:
    units = units_of(
        connection,
        asked.scope,
        at=min(asked.frame.end, asked.now) - timedelta(microseconds=1),
        processes=indicator.processes,
        trades=indicator.trades,
    )
    if indicator.by_process and asked.scope.kind is not ScopeKind.UNIT:
        return [unit for unit in units if unit.makes_product]
    return units


def _of_units(
    connection: Connection, tables: Tables, indicator: Indicator, asked: Question, reader: ReadOnce
) -> Sequence[Evaluated]:
    """The indicator of the units in the scope, told apart as asked."""
    units = _units(connection, indicator, asked)
    tree = asked.scope.tree
    by_banner = {code: [code] for code in tree.level} if asked.by in (Grouping.BANNER, Grouping.LEAGUE) else None
    wanted = of_units(
        [unit.unit_id for unit in units],
        banners=asked.scope.banners,
        park_id=asked.scope.park_id,
        by_banner=by_banner,
        with_sub=not indicator.coverage_counts,
    )
    sums = reader.sums(wanted, asked.frame)
    owner_kind = "enterprise" if indicator.level is IndicatorLevel.ENTERPRISE else "unit"
    members = _members(indicator, units, sums, asked)
    if not members and asked.by is None:
        return _of_nobody(asked)
    reported = statistics(connection, owner_kind, [member.owner for member in members], indicator.statistics, tables)
    sold = sold_beside_renewable(connection, tables, [indicator], wanted, asked.frame, now=asked.now)
    forming = Forming(
        tables, asked.frame, sums, reported, now=asked.now, beside_renewable=sold, in_parts=asked.in_parts
    )
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
        return {subject.unit for subject in self.subjects} == {self.unit.unit_id}

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
    by_id = {unit.unit_id: unit for unit in units}
    by_area = asked.by in (Grouping.BANNER, Grouping.LEAGUE)
    seen = {subject.unit for subject in sums.subjects}
    silent = [
        Subject(unit.area_code if by_area else None, unit=unit.unit_id) for unit in units if unit.unit_id not in seen
    ]
    known = [(by_id[subject.unit or 0], subject) for subject in (*sums.subjects, *silent)]
    found: dict[tuple[str, str | None], _Member] = {}
    # in an order of their own: that of the database is another one each time
    for unit, subject in sorted(known, key=lambda pair: (pair[0].code, pair[1].area or "")):
        group = _group_of(asked, unit, subject)
        if indicator.level is IndicatorLevel.PLACE:
            owner = group or asked.scope.code
        else:
            owner = unit.credit_code if indicator.level is IndicatorLevel.ENTERPRISE else unit.code
        member = _Member(owner, unit, group, subject.area, [])
        found.setdefault((owner, subject.area), member).subjects.append(subject)
    return list(found.values())


def _group_of(asked: Question, unit: JudgedUnit, subject: Subject) -> str | None:
    if asked.by is Grouping.UNIT:
        return unit.code
    if asked.by is Grouping.ENTERPRISE:
        return unit.credit_code
    if asked.by is Grouping.PARK:
        return unit.park_code
    return None if asked.by is None else asked.scope.tree.at(subject.area, str(asked.by))


def _of_places(
    connection: Connection, tables: Tables, indicator: Indicator, asked: Question, reader: ReadOnce
) -> Sequence[Evaluated]:
    places = _places(connection, asked)
    if not places:
        return []
    codes, as_judged = list(places), indicator.coverage_counts
    park_ids = [subject.park for subject in places.values() if subject.park is not None]
    wanted = (
        of_parks(park_ids, as_judged=as_judged) if park_ids else of_areas(asked.scope.tree, codes, as_judged=as_judged)
    )
    sums = reader.sums(wanted, asked.frame)
    reported = statistics(connection, "park" if park_ids else "area", codes, indicator.statistics, tables)
    sold = sold_beside_renewable(connection, tables, [indicator], wanted, asked.frame, now=asked.now)
    forming = Forming(
        tables, asked.frame, sums, reported, now=asked.now, beside_renewable=sold, in_parts=asked.in_parts
    )
    told_apart = asked.by is not None
    subjects = [RatioSubject(code, (subject,), group=code if told_apart else None) for code, subject in places.items()]
    known = ((each, period, forming.measured(each, period)) for period in asked.frame.periods for each in subjects)
    return [
        forming.of(indicator, subject, period, measured)
        for subject, period, measured in known
        if not (measured.nothing and told_apart)
    ]


def _places(connection: Connection, asked: Question) -> Mapping[str, Subject]:
    """The areas or parks that are asked for, in the order of their codes."""
    scope = asked.scope
    if asked.by is Grouping.PARK:
        parks = SQL.run(connection, "parks").of(JudgedPark).all()
        inside = [park for park in parks if scope.tree.above(park.area_code, scope.code)]
        return {park.code: Subject(park=park.park_id) for park in sorted(inside, key=lambda park: park.code)}
    if scope.park is not None:
        return {scope.park.code: Subject(park=scope.park.park_id)}
    codes = [scope.code] if asked.by is None else sorted(scope.tree.within(scope.code, str(asked.by)))
    return {code: Subject(area=code) for code in codes}
