"""Sees every subject of a rule at one time: its value, what it is held against, and the verdict. Writes nothing.

Rules that ask the same indicator of the same period and subjects share one evaluation.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction

from psycopg import Connection

from services.alerts.observe.evidence import of_ratio
from services.alerts.observe.sources import MEASURES, READERS, nobody
from services.alerts.observe.view import View, last_day, of_area, of_enterprise, of_park, of_unit, span_of
from services.alerts.rules.comparison import ComparisonOutcome, Requirement, outcome, required_by
from services.alerts.rules.compatibility import Compared
from services.alerts.rules.rule import Compare, Rule, RulePeriod, RuleSubject
from services.alerts.state.observation import Observation
from services.core.frame import Frame
from services.core.verdict import Verdict
from services.judging.data.tables import Tables
from services.judging.indicators.aims import Aim, Where, aims_of_place, aims_of_unit
from services.judging.indicators.band import HEAT_VALUE_UNKNOWN
from services.judging.indicators.evaluate import Grouping, Question, evaluate
from services.judging.indicators.forming import Evaluated, together
from services.judging.indicators.judged_by import LevelsFrom
from services.judging.indicators.judging import first_day
from services.judging.indicators.kinds import Band, Indicator, IndicatorLevel, Ratio
from services.judging.indicators.listing import BY_SLUG
from services.judging.indicators.mandatory import mandatory_limit
from services.judging.indicators.not_yet import not_yet
from services.judging.indicators.ratio import share_text
from services.judging.indicators.scope import JudgedUnit
from services.judging.indicators.standards import Standard, UnitsOfMeasure, standard_of, units_of_measure
from services.judging.levels import BenchmarkLevel
from services.judging.lists.measured import ratios_of

GROUPINGS: dict[RuleSubject, tuple[Grouping | None, ...]] = {
    RuleSubject.UNIT: (Grouping.UNIT,),
    RuleSubject.ENTERPRISE: (Grouping.ENTERPRISE,),
    RuleSubject.BANNER: (Grouping.BANNER,),
    RuleSubject.LEAGUE: (Grouping.LEAGUE,),
    RuleSubject.REGION: (None,),
    RuleSubject.AREA: (None, Grouping.LEAGUE, Grouping.BANNER),
    RuleSubject.PARK: (Grouping.PARK,),
}
_LEVELS: Mapping[Grouping | None, str] = {None: "region", Grouping.LEAGUE: "league", Grouping.BANNER: "banner"}
_Key = tuple[str, RulePeriod, bool, Grouping | None]


def observations(connection: Connection, tables: Tables, rule: Rule, *, now: datetime) -> list[Observation]:
    """Every subject the rule speaks of, as it stands at `now`, in the order of their codes."""
    return observe_all(connection, tables, [rule], now=now)[rule.slug]


def observe_all(
    connection: Connection, tables: Tables, rules: Sequence[Rule], *, now: datetime
) -> dict[str, list[Observation]]:
    """The observations of each rule by its slug."""
    return observed_in(View(connection, tables, now, measures=measures_of(rules, tables)), rules)


def observed_in(view: View, rules: Sequence[Rule]) -> dict[str, list[Observation]]:
    """The observations of each rule by its slug, in one look at the database."""
    indicators = _Indicators(view)
    found = {}
    for rule in rules:
        seen = indicators.observed(rule) if rule.is_of_indicator else READERS[rule.indicator](view, rule)
        found[rule.slug] = sorted(seen, key=lambda each: (each.subject_kind, each.subject_code))
    return found


def measures_of(rules: Sequence[Rule], tables: Tables) -> Callable[[JudgedUnit], bool]:
    """Of which units these rules need sums."""
    measures = [_measures(rule, tables) for rule in rules]
    return lambda unit: any(measured(unit) for measured in measures)


def _measures(rule: Rule, tables: Tables) -> Callable[[JudgedUnit], bool]:
    """Of which units the rule needs sums; its scope apart, since rules of different scopes share them."""
    if not rule.is_of_indicator:
        return MEASURES[rule.indicator](tables)
    if not {Grouping.UNIT, None} & set(GROUPINGS[rule.subject]):
        return nobody
    indicator = BY_SLUG[rule.indicator]
    return lambda unit: _has(unit, indicator)


def _has(unit: JudgedUnit, indicator: Indicator) -> bool:
    """Whether the indicator is formed of the unit, as `evaluate` picks them."""
    return (
        (not indicator.processes or unit.process in indicator.processes)
        and (not indicator.trades or unit.trade in indicator.trades)
        and (not indicator.by_process or unit.makes_product)
    )


class _Indicators:
    """The indicators that rules ask for, each evaluated once."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._evaluated: dict[_Key, Sequence[Evaluated]] = {}

    def observed(self, rule: Rule) -> list[Observation]:
        """Those of one rule."""
        indicator = BY_SLUG[rule.indicator]
        found = []
        for grouping in GROUPINGS[rule.subject]:
            if grouping in _LEVELS and not self._view.looks_at_level(_LEVELS[grouping]):
                continue
            for each in self._subjects(rule, indicator, grouping):
                seen = self._observation(rule, indicator, each, grouping)
                if seen is not None:
                    found.append(seen)
        return found

    def _subjects(self, rule: Rule, indicator: Indicator, grouping: Grouping | None) -> Sequence[Evaluated]:
        """Those of whom the rule speaks, with the value of each."""
        if grouping is None and indicator.level is IndicatorLevel.UNIT:
            return self._of_region(rule, indicator)
        found = self._evaluation(rule, indicator, grouping)
        if grouping is None:
            return found
        return [each for each in found if each.group is not None and self._speaks_of(rule, indicator, each, grouping)]

    def _evaluation(self, rule: Rule, indicator: Indicator, grouping: Grouping | None) -> Sequence[Evaluated]:
        key = (indicator.slug, rule.period, rule.running, grouping)
        if key not in self._evaluated:
            view, period = self._view, span_of(rule.period, running=rule.running, now=self._view.now)
            asked = Question(view.scope, period, grouping, view.now)
            self._evaluated[key] = (
                self._of_units(indicator, period)
                if grouping is Grouping.UNIT
                else evaluate(view.connection, view.tables, indicator, asked)
            )
        return self._evaluated[key]

    def _of_units(self, indicator: Indicator, period: Frame) -> Sequence[Evaluated]:
        """The indicator of each unit that has it, of one reading for all indicators over the period."""
        view = self._view
        units = [unit for unit in view.units(period.end) if _has(unit, indicator)]
        return ratios_of(
            view.connection,
            view.tables,
            units,
            {unit.process or "": indicator for unit in units},
            period,
            now=view.now,
            read=lambda asked: view.unit_sums(asked, with_sub=not indicator.coverage_counts),
        )

    def _of_region(self, rule: Rule, indicator: Indicator) -> Sequence[Evaluated]:
        """The ratio of the sums over those units of the region of whom the rule speaks."""
        units = [
            each
            for each in self._evaluation(rule, indicator, Grouping.UNIT)
            if self._view.fits(each.units[0], rule.scope) and self._is_of_kind(rule, each)
        ]
        if not units:
            return []
        process = units[0].process if indicator.by_process else None
        return [together(self._view.tables, indicator, {each.group or "": each for each in units}, process=process)]

    def _speaks_of(self, rule: Rule, indicator: Indicator, found: Evaluated, grouping: Grouping) -> bool:
        view, scope, code = self._view, rule.scope, found.group or ""
        if indicator.by_process and scope.processes and found.process not in scope.processes:
            return False
        if grouping is Grouping.UNIT:
            return view.fits(found.units[0], scope) and self._is_of_kind(rule, found)
        if grouping is Grouping.ENTERPRISE:
            return view.fits(found.units[0], replace(scope, processes=frozenset()))
        if grouping is Grouping.PARK:
            return view.lies(view.parks[code].area_code, scope) and view.in_park(code, scope)
        return view.lies(code, scope)

    def _is_of_kind(self, rule: Rule, found: Evaluated) -> bool:
        if not rule.scope.unit_status:
            return True
        unit, standard = found.units[0], self._standard(found, last_day(found.end, self._view.now))
        # where no levels hold for its process, it cannot be younger than they are
        return (standard.kind_of(unit) if standard else unit.status) in rule.scope.unit_status

    def _standard(self, found: Evaluated, day: date) -> Standard | None:
        """What holds for the process of a unit; None where its units are not judged one by one."""
        return standard_of(self._view.tables, found.units[0].process, day)

    def _observation(
        self, rule: Rule, indicator: Indicator, found: Evaluated, grouping: Grouping | None
    ) -> Observation | None:
        """None where nothing says how the subject should be."""
        asked = self._asked(rule, indicator, found, grouping)
        if asked is None:
            return None
        ratio, units = asked.ratio, asked.units
        told = self._outcome(rule, indicator, found, asked)
        if ratio.band is not None and told.verdict.decides:
            at_ends = [(end, self._asked(rule, indicator, end, grouping)) for end in found.at_ends()]
            ends = [self._outcome(rule, indicator, end, asked_of) for end, asked_of in at_ends if asked_of is not None]
            told = _as_sure(told, ends, ratio.band)
        evidence = {}
        if told.verdict is Verdict.BREACH:
            shown = replace(found, ratio=ratio)
            evidence = of_ratio(
                self._view.tables,
                shown,
                asked.required,
                numerator_unit=units.numerator,
                denominator_unit=units.denominator,
            )
        return replace(
            self._subject(found, grouping),
            verdict=told.verdict,
            cleared=told.cleared,
            value=None if ratio.value is None else float(ratio.value),
            unit=units.value,
            limit=float(told.limit),
            coverage=ratio.coverage,
            reasons=told.reasons,
            start=found.start,
            end=found.end,
            evidence=evidence,
        )

    def _outcome(self, rule: Rule, indicator: Indicator, found: Evaluated, asked: "_RuleQuestion") -> ComparisonOutcome:
        """What the comparison says; provisional where too little of the period is over and measured."""
        ratio, required = asked.ratio, asked.required
        reasons, least = ratio.reasons, rule.coverage_least
        if not reasons and ratio.value is None:
            reasons = (("no_value", indicator.slug),)
        if not reasons and least is not None and ratio.coverage is not None and ratio.coverage < least:
            reasons = (("low_coverage", share_text(ratio.coverage, least)),)
        reasons = reasons or asked.unknown
        if reasons or ratio.value is None:
            return ComparisonOutcome(Verdict.CANNOT_JUDGE, False, required[0].limit, reasons)
        told = outcome(ratio.value, required, rule.clear, lower_is_better=indicator.lower_is_better)
        if indicator.judged_by.parameter is not None:
            return told
        verdict, reasons = not_yet(self._view.tables, found, told.verdict, told.reasons)
        return replace(told, verdict=verdict, reasons=reasons, cleared=told.cleared and verdict is told.verdict)

    def _asked(
        self, rule: Rule, indicator: Indicator, found: Evaluated, grouping: Grouping | None
    ) -> "_RuleQuestion | None":
        """What the rule asks of the subject; None where it asks nothing."""
        compare, tables = rule.compare, self._view.tables
        if compare.kind is Compared.LIMIT_GRADE and not indicator.judged_by.by_grades:
            return self._by_mandatory_limit(rule, indicator, found)
        if compare.kind in (Compared.BENCHMARK, Compared.LIMIT_GRADE):
            standard = self._standard(found, last_day(found.end, self._view.now))
            if standard is None or standard.indicator is not indicator:
                return None
            ratio = standard.in_its_unit(found.ratio)
            required = _by_standard(compare, standard, _probe(ratio))
            return _RuleQuestion(ratio, standard.units, required) if required else None
        if compare.kind is Compared.NUMBER:
            required = [required_by(compare, _probe(found.ratio))]
        else:
            required = self._by_targets(indicator, found, grouping)
        units = units_of_measure(indicator, tables.process.get(found.process or ""))
        return _RuleQuestion(found.ratio, units, required) if required else None

    def _by_mandatory_limit(self, rule: Rule, indicator: Indicator, found: Evaluated) -> "_RuleQuestion | None":
        """The grade of the mandatory limit of a unit, corrected; None where none holds for it."""
        tables, grade = self._view.tables, rule.compare.limit_grade
        assert grade is not None
        units = units_of_measure(indicator, tables.process.get(found.process or ""))
        limit = mandatory_limit(
            tables,
            indicator,
            found.units[0],
            _probe(found.ratio),
            first=first_day(found),
            last=last_day(found.end, self._view.now),
            grade=grade,
        )
        if limit is None:
            return None
        against = Fraction(limit.row.value) if limit.deciding is None else limit.deciding
        met = limit.verdict is not Verdict.BREACH
        required = Requirement(what=f"grade_{grade}", op="<=", limit=against, met=met, row=limit.row.code)
        unknown = (limit.reason(),) if limit.verdict is Verdict.CANNOT_JUDGE else ()
        return _RuleQuestion(found.ratio, units, [required], unknown)

    def _by_targets(self, indicator: Indicator, found: Evaluated, grouping: Grouping | None) -> list[Requirement]:
        """The targets that speak of the subject: those of a single unit, or those of the place or the average in it."""
        view, day, value = self._view, last_day(found.end, found.end), _probe(found.ratio)
        code = found.group or view.region
        if grouping is Grouping.UNIT:
            standard = self._standard(found, day)
            if standard is None or standard.indicator is not indicator:
                return []
            aims = aims_of_unit(view.tables, standard, found.units[0], day.year, view.tree)
        else:
            park = view.parks[code] if grouping is Grouping.PARK else None
            area = code if grouping in (None, Grouping.BANNER, Grouping.LEAGUE) else None
            where = Where(area, park, view.tree)
            aims = aims_of_place(view.tables, indicator, where, day.year, found.process)
        return [_required_by_target(aim, value, day.year) for aim in aims]

    def _subject(self, found: Evaluated, grouping: Grouping | None) -> Observation:
        """Who it is, still without a verdict."""
        if grouping is Grouping.UNIT:
            return of_unit(found.units[0])
        view, code = self._view, found.group or self._view.region
        if grouping is Grouping.ENTERPRISE:
            return of_enterprise(found.units[0])
        return of_park(view, code) if grouping is Grouping.PARK else of_area(view, code)


@dataclass(frozen=True, slots=True)
class _RuleQuestion:
    """What a rule asks of a subject, and the ratio in the unit in which it asks."""

    ratio: Ratio
    units: UnitsOfMeasure
    required: Sequence[Requirement]
    unknown: tuple[tuple[str, str], ...] = ()
    """Why the value does not decide."""


def _probe(ratio: Ratio) -> Fraction:
    """Its value; without one any number: what is asked for does not depend on it, and nothing is judged by it."""
    return Fraction(1) if ratio.value is None else ratio.value


def _required_by_target(aim: Aim, value: Fraction, year: int) -> Requirement:
    met = aim.met_by(value, year)
    return Requirement(what="target", op=str(aim.target.op), limit=aim.limit, met=met, row=aim.target.code)


def _by_standard(compare: Compare, standard: Standard, value: Fraction) -> list[Requirement]:
    """The level or the grade of the process with which the rule compares; nothing where it has none."""
    if compare.kind is Compared.LIMIT_GRADE:
        limits = [
            (f"grade_{row.grade}", Fraction(row.value), row.code)
            for row in standard.limits
            if row.grade == compare.limit_grade
        ]
    elif standard.levels is None or standard.by.levels_from is not LevelsFrom.LIST:
        return []
    else:
        level, levels = compare.benchmark or BenchmarkLevel.BASELINE, standard.levels
        limits = [(str(level), levels.value_of(level), levels.row_of(level))]
    return [Requirement(what=what, op="<=", limit=limit, met=value <= limit, row=row) for what, limit, row in limits]


def _as_sure(told: ComparisonOutcome, ends: Sequence[ComparisonOutcome], band: Band) -> ComparisonOutcome:
    """The outcome where it is the same at both ends of the band of the value; else nobody can tell before measuring."""
    if {end.verdict for end in ends} != {told.verdict}:
        return ComparisonOutcome(Verdict.CANNOT_JUDGE, False, told.limit, ((HEAT_VALUE_UNKNOWN, band.words),))
    return replace(told, cleared=told.cleared and all(end.cleared for end in ends))
