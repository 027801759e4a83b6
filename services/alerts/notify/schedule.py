"""Which rules are to be evaluated when. Pure: monotonic seconds are given.

A rule is due when energy was booked in the hours it speaks of; where it is not known which hours were booked, rules of
a year or of twelve months follow less often, as one reading hardly moves them and they need many sums. What changes
with time alone (silence, calibration) is looked at again and again, and everything now and then: periods end,
deadlines pass, numbers are reported. No rule takes up more than half of the time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.alerts.rules.rule import Rule, RulePeriod

DEBOUNCE_S = 1.0
"""Bookings that follow each other within this are one."""
LONG_PERIOD_S = 15.0
"""How often rules of long periods follow bookings of which the hours are not known."""
UNASKED_S = 60.0
"""At the latest after this a rule is evaluated."""
LONG_UNASKED_S = 300.0
"""The same for rules of a year or of twelve months."""
LONG = (RulePeriod.YEAR, RulePeriod.ROLLING_YEAR)

Hours = tuple[datetime, datetime]
"""From the start of the first to the end of the last."""


@dataclass(frozen=True, slots=True)
class ScheduledRule:
    """A rule with what decides when it is due."""

    version: int
    rule: Rule
    hours: Hours | None
    """Of the energy it is judged by; None: by other hours too."""


@dataclass(slots=True)
class _Turn:
    """When a rule was evaluated last, and what has happened since."""

    version: int
    started_s: float
    ended_s: float
    touched: bool = False
    """Energy was booked in its hours, or a hold time has ended."""
    perhaps: bool = False
    """Energy was booked in some hours."""


class Schedule:
    """Remembers when each rule was evaluated, and what was booked since."""

    def __init__(self, *, poll_s: float) -> None:
        """`poll_s`: how often rules whose verdict changes with time alone are evaluated."""
        self._poll_s = poll_s
        self._turns: dict[str, _Turn] = {}

    def booked(self, rules: Mapping[str, ScheduledRule], hours: Hours | None) -> None:
        """Energy was booked in these hours; None: it is not known in which."""
        for slug, turn in self._turns.items():
            own = rules[slug].hours if slug in rules else None
            if hours is None or own is None:
                turn.perhaps = True
            elif own[0] < hours[1] and hours[0] < own[1]:
                turn.touched = True

    def touch(self, slugs: Iterable[str]) -> None:
        """Evaluate these as soon as may be: something of them ends by time."""
        for slug in slugs:
            if slug in self._turns:
                self._turns[slug].touched = True

    def due(self, rules: Mapping[str, ScheduledRule], now_s: float) -> list[str]:
        """Slugs of the rules to evaluate now."""
        return [slug for slug, scheduled in rules.items() if self._due_s(slug, scheduled) <= now_s]

    def next_due_s(self, rules: Mapping[str, ScheduledRule]) -> float | None:
        """When the next of them is due if nothing is booked meanwhile; None where there are none."""
        return min((self._due_s(slug, scheduled) for slug, scheduled in rules.items()), default=None)

    def evaluated(
        self, rules: Mapping[str, ScheduledRule], slugs: Iterable[str], *, started_s: float, ended_s: float
    ) -> None:
        """These rules were evaluated together."""
        for slug in slugs:
            self._turns[slug] = _Turn(rules[slug].version, started_s, ended_s)

    def _due_s(self, slug: str, scheduled: ScheduledRule) -> float:
        turn, period = self._turns.get(slug), scheduled.rule.period
        if turn is None or turn.version != scheduled.version:
            return 0.0
        waits_s = [LONG_UNASKED_S if period in LONG else UNASKED_S]
        if period is RulePeriod.NOW:
            waits_s.append(self._poll_s)
        if turn.touched:
            waits_s.append(DEBOUNCE_S)
        if turn.perhaps:
            waits_s.append(LONG_PERIOD_S if period in LONG else DEBOUNCE_S)
        return max(turn.started_s + min(waits_s), turn.ended_s + (turn.ended_s - turn.started_s))
