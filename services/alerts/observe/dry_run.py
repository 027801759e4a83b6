"""What a rule would have fired in past days: the same observations and the same states as in service. Writes nothing.

Stands on what is known today: readings that came late are in it, and the registry is that of today.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from psycopg import Connection

from services.alerts.observe.observe import observations
from services.alerts.observe.view import span_of
from services.alerts.rules.rule import Rule, RulePeriod
from services.alerts.state.observation import Observation
from services.alerts.state.state import ChangeKind, Instance, Timing, step
from services.core.calendar import Grain, floor, following
from services.judging.data.tables import Tables

LONGEST = timedelta(days=366)
LONGEST_BY_HOUR = timedelta(days=7)
WITHOUT_PAST = frozenset({"gateway_silence_s", "monitor_silence_s"})
"""Of these only the moment is known: when a gateway was last heard is kept, and not when before that."""


class DryRunError(ValueError):
    """The rule cannot be tried over that time; the message says why."""


class WithoutPastError(DryRunError):
    """The rule is about what is known of the moment only."""


@dataclass(frozen=True, slots=True)
class WouldFire:
    """An alert that would have been raised."""

    fired_at: datetime
    resolved_at: datetime | None
    """None: it would still fire at the end."""
    reopened: int
    """How often a breach within the rule's window would have continued it."""
    observation: Observation
    """As it was when it fired."""


def would_have_fired(
    connection: Connection, tables: Tables, rule: Rule, start: datetime, end: datetime
) -> list[WouldFire]:
    """The alerts between `start` and `end`, in the order in which they would have fired.

    The rule is evaluated at the end of each day, one on hours at the end of each hour. Raises DryRunError for a range
    that is empty or too long, and for a rule on what has no past.
    """
    longest = LONGEST_BY_HOUR if rule.period is RulePeriod.HOUR else LONGEST
    if rule.indicator in WITHOUT_PAST:
        raise WithoutPastError(f"{rule.indicator} is known of the moment only: the rule cannot be tried over the past")
    if not start < end:
        raise DryRunError("the end must lie after the start")
    if end - start > longest:
        raise DryRunError(f"{(end - start).days} days are too long: at most {longest.days} for period {rule.period}")
    story = _Story(rule)
    seen: list[Observation] = []
    seen_of: tuple[datetime, datetime] | None = None
    for now in _moments(rule, start, end):
        period = _unchanging(rule, now)
        if period is None or period != seen_of:
            seen, seen_of = observations(connection, tables, rule, now=now), period
        story.tell(seen, now)
    return story.fired


def _moments(rule: Rule, start: datetime, end: datetime) -> Iterator[datetime]:
    grain = Grain.HOUR if rule.period is RulePeriod.HOUR else Grain.DAY
    moment = following(floor(start, grain), grain)
    while moment <= end:
        yield moment
        moment = following(moment, grain)


def _unchanging(rule: Rule, now: datetime) -> tuple[datetime, datetime] | None:
    """The complete period that an indicator rule judges at `now`; None where every moment has its own answer."""
    if not rule.is_of_indicator or rule.running:
        return None
    judged = span_of(rule.period, running=False, now=now)
    return judged.start, judged.end


class _Story:
    """The states of one rule with all its subjects, moment after moment."""

    def __init__(self, rule: Rule) -> None:
        self._timing = Timing(hold_s=rule.hold_s, reopen_window_s=rule.reopen_window_s)
        self._instances: dict[str, Instance] = {}
        self.fired: list[WouldFire] = []

    def tell(self, seen: list[Observation], now: datetime) -> None:
        for each in seen:
            instance, changes = step(self._instances.get(each.subject_code), each, self._timing, now)
            for change in changes:
                if change.kind is ChangeKind.FIRED:
                    instance = replace(instance, alert_id=len(self.fired))
                    self.fired.append(WouldFire(now, None, 0, each))
                elif change.alert_id is not None:
                    self._change(change.kind, change.alert_id, now)
            self._instances[each.subject_code] = instance

    def _change(self, kind: ChangeKind, number: int, now: datetime) -> None:
        told = self.fired[number]
        if kind is ChangeKind.RESOLVED:
            self.fired[number] = replace(told, resolved_at=now)
        elif kind is ChangeKind.REOPENED:
            self.fired[number] = replace(told, resolved_at=None, reopened=told.reopened + 1)
