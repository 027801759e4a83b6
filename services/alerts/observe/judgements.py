"""Rules that speak of single units as other judgements have them: retrofit deadlines and approved energy."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from services.alerts.observe.evidence import rows_out
from services.alerts.observe.view import View, last_day, of_unit, span_of, with_number
from services.alerts.rules.rule import Rule, RulePeriod
from services.alerts.state.observation import Observation
from services.core.calendar import SHANGHAI
from services.core.verdict import Verdict
from services.judging.data.tables import Tables
from services.judging.indicators.band import HEAT_VALUE_UNKNOWN
from services.judging.indicators.judged_by import LevelsFrom
from services.judging.indicators.ratio import share_text
from services.judging.indicators.scope import JudgedUnit
from services.judging.indicators.standards import listed, standard_of
from services.judging.levels import Placing, ProjectKind
from services.judging.lists.efficiency import PlacedUnit, place_unit
from services.judging.lists.measured import ratios_of
from services.judging.lists.two_high import PARAMETERS, LedgerUnit, Use, ledger, trades_of


def retrofit_days_left(view: View, rule: Rule) -> list[Observation]:
    """Days until the retrofit of each existing unit below the baseline is due; negative once it has passed.

    Units are placed by the last twelve complete months. One at the baseline or better has none before it: in order.
    """
    today = view.now.astimezone(SHANGHAI).date()
    found = []
    for each in view.once("placed", lambda: _placed(view)):
        if not view.fits(each.unit, rule.scope):
            continue
        period = span_of(RulePeriod.ROLLING_YEAR, running=False, now=view.now)
        seen = replace(of_unit(each.unit), coverage=each.ratio.coverage, start=period.start, end=period.end, unit="d")
        if each.placing is None or each.provisional:
            found.append(replace(seen, verdict=each.verdict, reasons=each.reasons))
        elif each.placing is not Placing.BELOW_BASELINE:
            found.append(replace(seen, verdict=Verdict.OK, cleared=True, reasons=each.reasons))
        elif each.deadline is None:
            found.append(replace(seen, reasons=(("no_deadline", each.process.code),)))
        else:
            left = Fraction(each.deadline.days_left(today))
            found.append(with_number(seen, rule, left, _placed_evidence(view, each)))
    return found


def with_levels(tables: Tables) -> Callable[[JudgedUnit], bool]:
    """Which units can be placed."""
    processes = listed(tables)
    return lambda unit: unit.process in processes


def with_approval(tables: Tables) -> Callable[[JudgedUnit], bool]:
    """Which units can use more than was approved: those of the eight trades for which something was."""
    trades = trades_of(tables)
    return lambda unit: unit.approved_energy_tce is not None and unit.trade in trades


def _placed(view: View) -> list[PlacedUnit]:
    """The existing units of the list of energy efficiency, data centres apart, which have no levels to be below."""
    period, indicators = span_of(RulePeriod.ROLLING_YEAR, running=False, now=view.now), listed(view.tables)
    day = last_day(period.end, view.now)
    units = [unit for unit in view.units(period.end) if _can_be_below(view.tables, unit, day)]
    found = ratios_of(view.connection, view.tables, units, indicators, period, now=view.now, read=view.unit_sums)
    today = view.now.astimezone(SHANGHAI).date()
    return [place_unit(view.tables, view.tree, each, day=day, today=today) for each in found]


def _can_be_below(tables: Tables, unit: JudgedUnit, day: date) -> bool:
    """Whether the national list has levels for the unit, and takes it for an existing one."""
    standard = standard_of(tables, unit.process, day)
    if standard is None or standard.by.levels_from is not LevelsFrom.LIST or standard.levels is None:
        return False
    return standard.kind_of(unit) is ProjectKind.EXISTING


def _placed_evidence(view: View, placed: PlacedUnit) -> dict[str, Any]:
    ratio, levels, deadline = placed.ratio, placed.levels, placed.deadline
    assert levels is not None
    assert deadline is not None
    return {
        "due_on": deadline.due_on.isoformat(),
        "set_by": str(deadline.set_by),
        "value": None if ratio.value is None else float(ratio.value),
        "benchmark": float(levels.benchmark),
        "baseline": float(levels.baseline),
        "edition": levels.edition,
        "coverage": ratio.coverage,
        "process": placed.process.code,
        "rows": [
            *rows_out(view.tables, [ratio.numerator, ratio.denominator], placed.rows),
            *([placed.deadline_row.used] if placed.deadline_row else []),
        ],
    }


def energy_above_approved(view: View, rule: Rule) -> list[Observation]:
    """Energy above what was approved (tce a year, equivalent), of units of the eight trades with an approval.

    The worse of the last twelve complete months and of the running year so far; negative below the approval.
    """
    found = []
    for each in view.once("ledger", lambda: _ledger(view)):
        if not view.fits(each.unit, rule.scope):
            continue
        assert each.unit.approved_energy_tce is not None
        approved = Fraction(repr(each.unit.approved_energy_tce))
        known = [(use.equivalent_tce, use) for use in each.uses.values() if use.equivalent_tce is not None]
        if not known:
            found.append(replace(of_unit(each.unit), reasons=((each.overuse.finding.reason, "energy"),), unit="tce"))
            continue
        used, worst = max(known, key=lambda pair: pair[0])
        seen = replace(of_unit(each.unit), coverage=worst.coverage, start=worst.start, end=worst.end, unit="tce")
        judged = with_number(seen, rule, used - approved, _ledger_evidence(view, each, worst))
        found.append(_as_sure(each, judged, least=float(view.tables.parameter("coverage_least").value)))
    return found


def _as_sure(each: LedgerUnit, judged: Observation, *, least: float) -> Observation:
    """The same, as sure as the ledger is: what is missing might change what looks in order."""
    finding, uses = each.overuse.finding, each.uses.values()
    if finding.verdict is Verdict.OK or Verdict.BREACH is finding.verdict is judged.verdict:
        return judged
    covered = all(use.coverage is not None and use.coverage >= least for use in uses if use.equivalent_tce is not None)
    if finding.verdict is Verdict.BREACH and covered:
        return judged
    reason = finding.reason if finding.verdict is Verdict.CANNOT_JUDGE else "low_coverage"
    shown = "energy" if judged.coverage is None else share_text(judged.coverage, least)
    if reason == HEAT_VALUE_UNKNOWN:
        shown = "; ".join(use.band.words for use in uses if use.band is not None)
    return replace(judged, verdict=Verdict.CANNOT_JUDGE, cleared=False, reasons=((reason, shown),), evidence={})


def _ledger(view: View) -> list[LedgerUnit]:
    approved = list(filter(with_approval(view.tables), view.units(view.now)))
    return ledger(view.connection, view.tables, approved, now=view.now, read=view.unit_sums)


def _ledger_evidence(view: View, each: LedgerUnit, worst: Use) -> dict[str, Any]:
    return {
        "approved_energy_tce": each.unit.approved_energy_tce,
        "uses": {name: _use_out(use) for name, use in each.uses.items()},
        "judged_by": next(name for name, use in each.uses.items() if use is worst),
        "coverage": worst.coverage,
        "rows": rows_out(view.tables, [worst.term], PARAMETERS),
    }


def _use_out(use: Use) -> dict[str, Any]:
    return {
        "start": use.start.isoformat(),
        "end": use.end.isoformat(),
        "equivalent_tce": None if use.equivalent_tce is None else float(use.equivalent_tce),
        "calorific_tce": None if use.calorific_tce is None else float(use.calorific_tce),
        "coverage": use.coverage,
    }
