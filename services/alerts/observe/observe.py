"""Sees every subject of a rule at one time: its value, what it is held against, and the verdict. Writes nothing.

Rules that ask the same indicator of the same period and subjects share one evaluation.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from sqlalchemy import Connection

from services.alerts.observe.evidence import of_ratio
from services.alerts.observe.sources import MEASURES, READERS, nobody
from services.alerts.observe.view import View, is_of_kind, last_day, of_area, of_enterprise, of_unit, span_of
from services.alerts.rules.comparable import OIL
from services.alerts.rules.comparison import Outcome, Requirement, outcome, required_by
from services.alerts.rules.compatibility import Compared
from services.alerts.rules.rule import Period, Rule, Subject
from services.alerts.state.observation import Observation
from services.core.verdict import Verdict
from services.judging.data.tables import Tables
from services.judging.indicators.evaluate import Grouping, Question, evaluate
from services.judging.indicators.forming import Evaluated, together
from services.judging.indicators.frame import Frame
from services.judging.indicators.judging import Where, judged
from services.judging.indicators.kinds import Indicator, Level, Ratio
from services.judging.indicators.listing import BY_SLUG
from services.judging.indicators.scope import Unit
from services.judging.levels import Level as BenchmarkLevel
from services.judging.lists.efficiency import PlacedUnit, Placer, listed
from services.judging.lists.measured import ratios_of

GROUPINGS: dict[Subject, tuple[Grouping | None, ...]] = {
    Subject.UNIT: (Grouping.UNIT,),
    Subject.ENTERPRISE: (Grouping.ENTERPRISE,),
    Subject.BANNER: (Grouping.BANNER,),
    Subject.LEAGUE: (Grouping.LEAGUE,),
    Subject.REGION: (None,),
    Subject.AREA: (None, Grouping.LEAGUE, Grouping.BANNER),
    Subject.PARK: (Grouping.PARK,),
}
_Key = tuple[str, Period, bool, Grouping | None]


def observations(connection: Connection, tables: Tables, rule: Rule, *, now: datetime) -> list[Observation]:
    """Every subject the rule speaks of, as it stands at `now`, in the order of their codes."""
    return observe_all(connection, tables, [rule], now=now)[rule.slug]


def observe_all(
    connection: Connection, tables: Tables, rules: Sequence[Rule], *, now: datetime
) -> dict[str, list[Observation]]:
    """The observations of each rule by its slug."""
    measures = [_measures(rule, tables) for rule in rules]
    view = View(connection, tables, now, measures=lambda unit: any(measured(unit) for measured in measures))
    indicators = _Indicators(view)
    found = {}
    for rule in rules:
        seen = indicators.observed(rule) if rule.is_of_indicator else READERS[rule.indicator](view, rule)
        found[rule.slug] = sorted(seen, key=lambda each: (each.subject_kind, each.subject_code))
    return found


def _measures(rule: Rule, tables: Tables) -> Callable[[Unit], bool]:
    """Of which units the rule needs sums; its scope apart, since rules of different scopes share them."""
    if not rule.is_of_indicator:
        return MEASURES[rule.indicator](tables)
    if not {Grouping.UNIT, None} & set(GROUPINGS[rule.subject]):
        return nobody
    indicator = BY_SLUG[rule.indicator]
    return lambda unit: _has(unit, indicator)


def _has(unit: Unit, indicator: Indicator) -> bool:
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
        self._placed: dict[int, PlacedUnit | None] = {}
        self._placers: dict[object, Placer] = {}
        self._listed = listed(view.tables)

    def observed(self, rule: Rule) -> list[Observation]:
        """Those of one rule."""
        indicator = BY_SLUG[rule.indicator]
        found = [
            (each, grouping) for grouping in GROUPINGS[rule.subject] for each in self._found(rule, indicator, grouping)
        ]
        seen = (self._observation(rule, indicator, each, grouping) for each, grouping in found)
        return [each for each in seen if each is not None]

    def _found(self, rule: Rule, indicator: Indicator, grouping: Grouping | None) -> Sequence[Evaluated]:
        if grouping is None and indicator.level is Level.UNIT:
            return self._of_region(rule, indicator)
        return self._evaluation(rule, indicator, grouping)

    def _evaluation(self, rule: Rule, indicator: Indicator, grouping: Grouping | None) -> Sequence[Evaluated]:
        key = (indicator.slug, rule.period, rule.running, grouping)
        if key not in self._evaluated:
            view, period = self._view, span_of(rule.period, running=rule.running, now=self._view.now)
            asked = Question(view.whole_region, period, grouping, view.now)
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
            view.tree,
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

    def _observation(
        self, rule: Rule, indicator: Indicator, found: Evaluated, grouping: Grouping | None
    ) -> Observation | None:
        """None where the rule does not speak of the subject: out of its scope, or nothing says how it should be."""
        if grouping is not None and (found.group is None or not self._speaks_of(rule, indicator, found, grouping)):
            return None
        ratio = self._ratio(rule, found)
        required = self._required(rule, indicator, found, grouping, ratio.value)
        if required is None:
            return None
        told = self._outcome(rule, indicator, ratio, required)
        tables, process = self._view.tables, self._view.tables.process.get(found.process or "")
        product = process.product_unit if process else "unit"
        energy = "kgoe" if self._in_oil(rule, found) else "kgce"
        units = [
            unit.format(product=product).replace("kgce", energy)
            for unit in (indicator.unit, indicator.numerator_unit, indicator.denominator_unit)
        ]
        evidence = {}
        if told.verdict is Verdict.BREACH:
            shown = replace(found, ratio=ratio)
            evidence = of_ratio(tables, shown, required, numerator_unit=units[1], denominator_unit=units[2])
        return replace(
            self._subject(found, grouping),
            verdict=told.verdict,
            cleared=told.cleared,
            value=None if ratio.value is None else float(ratio.value),
            unit=units[0],
            limit=float(told.limit),
            coverage=ratio.coverage,
            reasons=told.reasons,
            start=found.start,
            end=found.end,
            evidence=evidence,
        )

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
        placed = self._place(found)
        unit = found.units[0]
        if placed is not None:
            return is_of_kind(placed.kind, rule.scope)
        # no levels hold for its process, so none can be younger than they are
        return unit.status in rule.scope.unit_status

    def _place(self, found: Evaluated) -> PlacedUnit | None:
        """The unit as the list of energy efficiency has it; None where it does not list its process."""
        if id(found) not in self._placed:
            placed = None
            if (found.units[0].process or "") in self._listed:
                day = last_day(found.end, self._view.now)
                if day not in self._placers:
                    self._placers[day] = Placer(self._view.tables, self._view.tree, day)
                placed = self._placers[day].placed(found)
            self._placed[id(found)] = placed
        return self._placed[id(found)]

    def _by_levels(self, rule: Rule, found: Evaluated) -> PlacedUnit | None:
        """The unit as placed, where the rule asks for the levels of what its process is judged by."""
        if rule.compare.kind not in (Compared.BENCHMARK, Compared.LIMIT_GRADE):
            return None
        placed = self._place(found)
        return placed if placed is not None and placed.indicator.slug == rule.indicator else None

    def _in_oil(self, rule: Rule, found: Evaluated) -> bool:
        placed = self._by_levels(rule, found)
        return placed is not None and placed.process.metric == OIL

    def _ratio(self, rule: Rule, found: Evaluated) -> Ratio:
        placed = self._by_levels(rule, found)
        return found.ratio if placed is None else placed.ratio

    def _required(
        self, rule: Rule, indicator: Indicator, found: Evaluated, grouping: Grouping | None, value: Fraction | None
    ) -> list[Requirement] | None:
        """What the rule requires of the subject; None where it says nothing of it."""
        compare, probe = rule.compare, Fraction(1) if value is None else value
        if compare.kind is Compared.NUMBER:
            return [required_by(compare, probe)]
        if compare.kind is Compared.TARGET:
            return self._targets(indicator, found, grouping, probe) or None
        placed = self._by_levels(rule, found)
        if placed is None:
            return None
        if compare.kind is Compared.LIMIT_GRADE:
            limits = [(f"grade_{row.grade}", Fraction(row.value), row.code) for row in placed.limits]
            limits = [limit for limit in limits if limit[0] == f"grade_{compare.limit_grade}"]
        elif placed.levels is None or placed.process.code not in self._view.tables.levels:
            return None
        else:
            level, levels = compare.benchmark or BenchmarkLevel.BASELINE, placed.levels
            row = levels.benchmark_row if level is BenchmarkLevel.BENCHMARK else levels.baseline_row
            limits = [(str(level), levels.value_of(level), row)]
        return [
            Requirement(what=what, op="<=", limit=limit, met=probe <= limit, row=row) for what, limit, row in limits
        ] or None

    def _targets(
        self, indicator: Indicator, found: Evaluated, grouping: Grouping | None, probe: Fraction
    ) -> list[Requirement]:
        """The targets that speak of the subject. They are the same whatever was measured, so a value stands in."""
        view, code = self._view, found.group or self._view.region
        place = code if grouping in (None, Grouping.BANNER, Grouping.LEAGUE) else None
        where = Where(place, view.parks.get(code) if grouping is Grouping.PARK else None, view.tree)
        asked = replace(found, ratio=replace(found.ratio, value=probe, reasons=()))
        if grouping is not Grouping.UNIT:
            # the average of several, even where there is but one: no target of a single one speaks of it
            asked = replace(asked, units=())
        return [
            Requirement(what="target", op=held.op, limit=Fraction(repr(held.value)), met=held.met, row=held.row["code"])
            for held in judged(view.tables, indicator, asked, where).limits
            if held.what == "target"
        ]

    def _outcome(self, rule: Rule, indicator: Indicator, ratio: Ratio, required: list[Requirement]) -> Outcome:
        reasons, least = ratio.reasons, rule.coverage_least
        if not reasons and ratio.value is None:
            reasons = (("no_value", indicator.slug),)
        if not reasons and least is not None and ratio.coverage is not None and ratio.coverage < least:
            reasons = (("low_coverage", f"{ratio.coverage:.4f}"),)
        if reasons or ratio.value is None:
            return Outcome(Verdict.CANNOT_JUDGE, False, required[0].limit, reasons)
        return outcome(ratio.value, required, rule.clear, lower_is_better=indicator.lower_is_better)

    def _subject(self, found: Evaluated, grouping: Grouping | None) -> Observation:
        """Who it is, still without a verdict."""
        if grouping is Grouping.UNIT:
            return of_unit(found.units[0])
        view, code = self._view, found.group or self._view.region
        if grouping is Grouping.ENTERPRISE:
            return of_enterprise(found.units[0])
        if grouping is not Grouping.PARK:
            return of_area(view, code)
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
