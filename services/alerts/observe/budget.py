"""Rules that speak of the energy budget 用能预算 of the running month: what it will come to, in percent of the budget.

Forecast: what was measured so far, an hour, times the hours of the month. Before a whole day is over nothing is told.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from services.alerts.observe.evidence import SQL, rows_out, sum_out
from services.alerts.observe.view import View, of_area, of_enterprise, of_unit, with_number
from services.alerts.rules.rule import Rule, RuleSubject
from services.alerts.state.observation import Observation
from services.core.calendar import Grain, floor, following
from services.core.frame import Frame, PeriodLength, frame
from services.core.verdict import Verdict
from services.energy.amount import coverage_of
from services.energy.by_subject import Subject as Measuring
from services.energy.factors import Basis
from services.energy.sums import read_sums
from services.energy.wanted import of_areas
from services.judging.indicators.band import HEAT_VALUE_UNKNOWN, energy_band
from services.judging.indicators.kinds import Band
from services.judging.indicators.ratio import share_text
from services.judging.indicators.scope import JudgedUnit
from services.judging.indicators.terms import Measured, Term

KIND = "energy_budget"
PERCENT = 100
ONE_DAY = timedelta(days=1)
_OWNERS = {RuleSubject.UNIT: "unit", RuleSubject.ENTERPRISE: "enterprise"}


@dataclass(frozen=True, slots=True)
class _Budget:
    """The budget of a month, as reported in its newest version."""

    tce: Fraction
    version: int


def month_energy_budget(view: View, rule: Rule) -> list[Observation]:
    """Each subject with a budget for the month at hand."""
    month = floor(view.now, Grain.MONTH)
    end, until = following(month, Grain.MONTH), floor(view.now, Grain.HOUR)
    subjects = _subjects(view, rule, month)
    if not subjects:
        return []
    if until - month < ONE_DAY:
        too_early = (("too_early", "24 h"),)
        return [replace(seen, start=month, end=end, reasons=too_early) for seen, _, _ in subjects]
    used = _used(view, subjects, frame(month, until, PeriodLength.TOTAL))
    found = []
    for seen, budget, _ in subjects:
        measured = used[seen.subject_code]
        term = measured.energy(Basis.EQUIVALENT)
        shown = replace(seen, start=month, end=end, unit="%", coverage=coverage_of(term.cover))
        gone = Fraction(*((span // timedelta(hours=1)) for span in (until - month, end - month)))
        judged = _judged(view, rule, shown, budget, term, gone)
        band = energy_band(measured, Basis.EQUIVALENT, view.tables.factors)
        found.append(judged if band is None else _as_sure(rule, judged, budget, band, gone))
    return found


def _as_sure(rule: Rule, judged: Observation, budget: _Budget, band: Band, gone: Fraction) -> Observation:
    """The same where it is so at both ends of the band of the energy; else nobody can tell before heat is measured."""
    if not judged.verdict.decides or band.values is None:
        return judged
    ends = [with_number(judged, rule, tce / gone / budget.tce * PERCENT, {}) for tce in band.values]
    if {end.verdict for end in ends} == {judged.verdict}:
        return judged
    reasons = ((HEAT_VALUE_UNKNOWN, f"{band.words} (tce)"),)
    return replace(judged, verdict=Verdict.CANNOT_JUDGE, cleared=False, reasons=reasons, evidence={})


def _judged(view: View, rule: Rule, seen: Observation, budget: _Budget, term: Term, gone: Fraction) -> Observation:
    least = max(float(view.tables.parameter("coverage_least").value), rule.coverage_least or 0.0)
    if term.value is None:
        return replace(seen, reasons=term.lacking)
    if seen.coverage is None or seen.coverage < least:
        return replace(seen, reasons=(("low_coverage", share_text(seen.coverage or 0.0, least)),))
    if budget.tce <= 0:
        return replace(seen, reasons=(("zero_denominator", KIND),))
    forecast_tce = term.value / gone
    evidence = {
        "budget_tce": float(budget.tce),
        "budget_version": budget.version,
        "used_tce": sum_out(term, "tce"),
        "share_of_month_gone": float(gone),
        "forecast_tce": float(forecast_tce),
        "coverage": seen.coverage,
        "rows": rows_out(view.tables, [term]),
    }
    return with_number(seen, rule, forecast_tce / budget.tce * PERCENT, evidence)


def _budgets(view: View, owner_kind: str, month: datetime) -> Mapping[str, _Budget]:
    rows = SQL.run(
        view.connection, "budgets", owner_kind=owner_kind, kind=KIND, period=f"{month.year:04}-{month.month:02}"
    )
    return {code: _Budget(Fraction(value), version) for code, version, value in rows}


_Subject = tuple[Observation, _Budget, Sequence[JudgedUnit]]


def _subjects(view: View, rule: Rule, month: datetime) -> list[_Subject]:
    """Those of whom the rule speaks and who have a budget, with the units that count for them."""
    owner_kind = _OWNERS.get(rule.subject, "area")
    budgets = _budgets(view, owner_kind, month)
    if not budgets:
        return []
    if owner_kind == "area":
        return [(of_area(view, code), budgets[code], ()) for code in sorted(budgets) if view.speaks_of_area(code, rule)]
    units = view.units(view.now)
    owned: dict[str, list[JudgedUnit]] = defaultdict(list)
    for unit in units:
        owned[unit.code if owner_kind == "unit" else unit.credit_code].append(unit)
    of = of_unit if owner_kind == "unit" else of_enterprise
    return [
        (of(owned[code][0]), budgets[code], owned[code])
        for code in sorted(budgets)
        if code in owned and any(view.fits(unit, rule.scope) for unit in owned[code])
    ]


def _used(view: View, subjects: Sequence[_Subject], month: Frame) -> dict[str, Measured]:
    """What each has measured so far."""
    whole = (0, len(month.cells))
    areas = [seen.subject_code for seen, _, units in subjects if not units]
    amounts: dict[str, Any] = {}
    if areas:
        sums = read_sums(view.connection, of_areas(view.tree, areas), month, now=view.now)
        amounts = {code: sums.of([Measuring(area=code)], whole) for code in areas}
    else:
        sums = view.unit_sums(month)
        for seen, _, of_whom in subjects:
            amounts[seen.subject_code] = sums.of([Measuring(unit=unit.unit_id) for unit in of_whom], whole)
    factors = view.tables.factors
    return {code: Measured(found, factors) for code, found in amounts.items()}
