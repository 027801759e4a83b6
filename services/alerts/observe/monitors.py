"""What rules see of monitors: limits, silence, values that stay. Of outlets whose hours are due."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from functools import partial
from typing import Any

from services.alerts.observe.evidence import SQL
from services.alerts.observe.view import View, of_row, with_number
from services.alerts.rules.rule import Rule
from services.alerts.state.observation import Observation
from services.core.calendar import SHANGHAI


def _outlets(view: View, rule: Rule, name: str) -> list[Any]:
    today = view.now.astimezone(SHANGHAI).date()
    rows = view.once(name, lambda: SQL.run(view.connection, name, today=today, now=view.now).all())
    return [row for row in rows if view.of_trade_there(row, rule.scope)]


def _seen(row: Any, unit: str) -> Observation:
    return replace(of_row(row, "gateway"), unit=unit)


def emission_of_limit(view: View, rule: Rule) -> list[Observation]:
    """The newest valid mean of each outlet in % of what is permitted, of the factor that is worst."""
    found = []
    for row in _outlets(view, rule, "outlets_at_limits"):
        evidence = {
            "outlet": row.outlet,
            "factor": row.factor,
            "grain": row.grain,
            "ts": row.ts.isoformat(),
            "mean": row.mean,
            "permitted": row.number,
            "source": row.source,
        }
        percent = 100 * Fraction(row.mean) / Fraction(row.number)
        found.append(with_number(_seen(row, "%"), rule, percent, evidence))
    return found


def monitor_silence(view: View, rule: Rule) -> list[Observation]:
    """Seconds since the last frame of each monitor, or since its hours are due where none came."""
    found = []
    for row in _outlets(view, rule, "monitors_heard"):
        silence = max(timedelta(0), view.now - row.heard_at)
        evidence = {
            "outlet": row.outlet,
            "last_message_at": row.last_message_at and row.last_message_at.isoformat(),
        }
        found.append(with_number(_seen(row, "s"), rule, Fraction(silence // timedelta(seconds=1)), evidence))
    return found


def _staying(view: View, rule: Rule, *, is_zero: bool) -> list[Observation]:
    """Hours for which the newest valid means of a factor were the same, at most 72: at zero, or at another value."""
    found = []
    for row in _outlets(view, rule, "emissions_that_stay"):
        if row.is_zero is is_zero:
            evidence = {"outlet": row.outlet, "factor": row.factor, "mean": row.mean, "hours": row.hours}
            found.append(with_number(_seen(row, "h"), rule, Fraction(row.hours), evidence))
    return found


MONITORED: Mapping[str, Callable[[View, Rule], list[Observation]]] = {
    "emission_of_limit": emission_of_limit,
    "monitor_silence_s": monitor_silence,
    "emission_stuck_h": partial(_staying, is_zero=False),
    "emission_zero_h": partial(_staying, is_zero=True),
}
"""By the name under which a rule asks."""
