"""What rules speak of besides indicators: deadlines, approvals, warning lights, budgets, gateways and calibrations."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from services.alerts.observe.budget import month_energy_budget
from services.alerts.observe.dual_control import dual_control_intensity, dual_control_total
from services.alerts.observe.evidence import SQL
from services.alerts.observe.findings import found_by_check
from services.alerts.observe.judgements import energy_above_approved, retrofit_days_left, with_approval, with_levels
from services.alerts.observe.monitors import MONITORED
from services.alerts.observe.view import View, of_row, with_number
from services.alerts.rules.compatibility import CHECK_PREFIX
from services.alerts.rules.rule import Rule
from services.alerts.state.observation import Observation, SubjectKind
from services.core.calendar import SHANGHAI
from services.judging.data.tables import Tables
from services.judging.indicators.scope import JudgedUnit
from services.quality.checks.kinds import alerted_checks

Reader = Callable[[View, Rule], list[Observation]]


def _registered(view: View, rule: Rule, name: str, kind: SubjectKind, **parameters: Any) -> list[tuple[Any, Any]]:
    """Gateways or meters of whom the rule speaks: the row, and the subject without a verdict."""
    rows = SQL.run(view.connection, name, **parameters)
    return [(row, of_row(row, kind)) for row in rows if view.of_trade_there(row, rule.scope)]


def gateway_silence(view: View, rule: Rule) -> list[Observation]:
    """Seconds since the last message of each gateway of which readings are expected today.

    One that was never heard is silent since the first day on which readings were expected of it.
    """
    today = view.now.astimezone(SHANGHAI).date()
    found = []
    for row, seen in _registered(view, rule, "gateways", "gateway", today=today, now=view.now):
        silence = max(timedelta(0), view.now - row.heard_at)
        evidence = {
            "last_message_at": row.last_message_at and row.last_message_at.isoformat(),
            "expected_since": row.expected_since.isoformat(),
            "meters": row.meters,
        }
        silent_s = Fraction(silence // timedelta(seconds=1))
        found.append(with_number(replace(seen, unit="s"), rule, silent_s, evidence))
    return found


def calibration_days_left(view: View, rule: Rule) -> list[Observation]:
    """Days for which the calibration of each meter in use still holds; 0 on its last one, negative after it.

    A meter without a registered calibration is not spoken of.
    """
    today = view.now.astimezone(SHANGHAI).date()
    found = []
    for row, seen in _registered(view, rule, "calibrations", "meter", today=today):
        left = Fraction((row.calibrated_until - today).days)
        evidence = {"calibrated_until": row.calibrated_until.isoformat(), "unit": row.unit_code}
        found.append(with_number(replace(seen, unit="d"), rule, left, evidence))
    return found


def nobody(_: JudgedUnit) -> bool:
    """Of no unit."""
    return False


def _everybody(_: JudgedUnit) -> bool:
    return True


MEASURES: Mapping[str, Callable[[Tables], Callable[[JudgedUnit], bool]]] = {
    "retrofit_days_left": with_levels,
    "energy_above_approved": with_approval,
    "dual_control_intensity": lambda _: nobody,
    "dual_control_total": lambda _: nobody,
    "month_energy_budget": lambda _: _everybody,
    "gateway_silence_s": lambda _: nobody,
    **{name: lambda _: nobody for name in MONITORED},
    "calibration_days_left": lambda _: nobody,
    **{f"{CHECK_PREFIX}{slug}": lambda _: nobody for slug in alerted_checks()},
}
"""Of which units each source needs sums."""

READERS: Mapping[str, Reader] = {
    "retrofit_days_left": retrofit_days_left,
    "energy_above_approved": energy_above_approved,
    "dual_control_intensity": dual_control_intensity,
    "dual_control_total": dual_control_total,
    "month_energy_budget": month_energy_budget,
    "gateway_silence_s": gateway_silence,
    **MONITORED,
    "calibration_days_left": calibration_days_left,
    **{f"{CHECK_PREFIX}{slug}": found_by_check for slug in alerted_checks()},
}
"""By the name under which a rule asks; the names are those of SOURCES in the domain."""
