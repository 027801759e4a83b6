"""Where a rule stands with a subject: in order, pending, firing, resolved. Pure; `now` is given.

A breach is pending until it has lasted the rule's hold time, then the alert fires. What cannot be judged neither
fires nor resolves anything. An alert is resolved by what is clearly in order (`Observation.cleared`), and a breach that
begins soon enough after that continues the same alert.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.alerts.state.observation import Observation
from services.core.verdict import Verdict

Reasons = tuple[tuple[str, str], ...]


class State(enum.StrEnum):
    """As in the table alert_state."""

    OK = "ok"
    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


class ChangeKind(enum.StrEnum):
    """What happened to an alert; named as in the table alert_event."""

    FIRED = "fired"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    CANNOT_JUDGE = "cannot_judge"
    JUDGED_AGAIN = "judged_again"
    REPEATED = "repeated"
    RULE_CHANGED = "rule_changed"


class ResolutionCause(enum.StrEnum):
    """Why an alert is resolved; in the detail of its change."""

    CLEARED = "cleared"
    """What was measured is in order again."""
    REBOOKED = "rebooked"
    """What was measured before was not what it was taken for: its readings were given another meaning."""
    RULE_CHANGED = "rule_changed"
    """By the rule as it is written now it is no breach."""
    RULE_OFF = "rule_off"
    OUT_OF_SCOPE = "out_of_scope"
    """The rule does not speak of the subject any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The times of a rule, in seconds."""

    hold_s: float = 0
    """How long a breach must last before the alert fires; 0: at once."""
    reopen_window_s: float = 0
    """A breach that begins less than this after the alert was resolved continues it."""
    repeat_s: float = 0
    """How often a firing alert is told again; 0: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One rule and one subject; no row is the same as `at_rest`."""

    state: State
    since: datetime
    """Since when in this state; of a pending one, when its hold time began."""
    evaluated_at: datetime
    alert_id: int | None = None
    """The alert that fires, or that would be continued. None just after `fired`: whoever stores it sets it."""
    resolved_at: datetime | None = None
    """When the alert was resolved, while it is (column alert.resolved_at)."""
    cannot_since: datetime | None = None
    """Since when it could not be judged; None: it could at the last evaluation."""
    cannot_reasons: Reasons = ()

    @property
    def needs_row(self) -> bool:
        """Whether there is more to remember than that it is in order."""
        return self.state is not State.OK or self.cannot_since is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChange:
    """Something that happened to an alert, each told at most once."""

    kind: ChangeKind
    at: datetime
    alert_id: int | None
    """None of `fired`: the alert is new."""
    detail: Mapping[str, Any] = field(default_factory=dict)


Step = tuple[Instance, tuple[AlertChange, ...]]


def at_rest(now: datetime) -> Instance:
    """The instance of which no row is kept."""
    return Instance(state=State.OK, since=now, evaluated_at=now)


def step(
    instance: Instance | None,
    observation: Observation,
    timing: Timing,
    now: datetime,
    *,
    because: ResolutionCause = ResolutionCause.CLEARED,
) -> Step:
    """The instance after `observation`, and what happened to its alert, in order.

    An evaluation that lies before the last one changes nothing. `because`: why the alert ends, if it does.
    """
    before = instance or at_rest(now)
    if now < before.evaluated_at:
        return before, ()
    if not observation.verdict.decides:
        after, changes = _cannot_judge(before, observation, timing, now)
    else:
        # A hold time that was interrupted begins anew: nobody knows whether the breach lasted.
        interrupted = before.state is State.PENDING and before.cannot_since is not None
        judged, changes = _judged_again(before, now)
        if observation.verdict is Verdict.BREACH:
            after, more = _breach(replace(judged, since=now) if interrupted else judged, timing, now, observation)
        elif judged.state is State.FIRING:
            after, more = _resolve(judged, now, because) if observation.cleared else (judged, ())
        else:
            after, more = _rest(judged, timing, now), ()
        changes += more
    if after.state is State.FIRING:
        changes += _repeat(before, after, timing, now)
    return replace(after, evaluated_at=now), changes


def withdraw(instance: Instance, timing: Timing, now: datetime, *, because: ResolutionCause) -> Step:
    """The instance after its rule was switched off, or its subject left the rule's scope.

    An alert nobody judges any more is resolved, not in order; a breach soon after it is judged again continues it.
    """
    if now < instance.evaluated_at:
        return instance, ()
    judged, _ = _judged_again(instance, now)
    if judged.state is State.FIRING:
        after, changes = _resolve(judged, now, because)
    else:
        after, changes = _rest(judged, timing, now), ()
    return replace(after, evaluated_at=now), changes


def _cannot_judge(instance: Instance, observation: Observation, timing: Timing, now: datetime) -> Step:
    newly = instance.cannot_since is None
    kept = instance if instance.state in (State.FIRING, State.PENDING) else _rest(instance, timing, now)
    after = replace(kept, cannot_since=instance.cannot_since or now, cannot_reasons=observation.reasons)
    if not newly or instance.state is not State.FIRING:
        return after, ()
    detail = {"reasons": [list(reason) for reason in observation.reasons]}
    return after, (AlertChange(kind=ChangeKind.CANNOT_JUDGE, at=now, alert_id=instance.alert_id, detail=detail),)


def _judged_again(instance: Instance, now: datetime) -> Step:
    if instance.cannot_since is None:
        return instance, ()
    after = replace(instance, cannot_since=None, cannot_reasons=())
    if instance.state is not State.FIRING:
        return after, ()
    detail = {"cannot_since": instance.cannot_since.isoformat()}
    return after, (AlertChange(kind=ChangeKind.JUDGED_AGAIN, at=now, alert_id=instance.alert_id, detail=detail),)


def _breach(instance: Instance, timing: Timing, now: datetime, observation: Observation) -> Step:
    if instance.state is State.FIRING:
        return instance, ()
    since = observation.breach_since or (instance.since if instance.state is State.PENDING else now)
    # It counts when the breach began: a hold time longer than the window must not cut an alert in two.
    continues = _in_window(instance, timing, since)
    alert_id = instance.alert_id if continues else None
    resolved_at = instance.resolved_at if continues else None
    if now - since < timedelta(seconds=timing.hold_s):
        return replace(instance, state=State.PENDING, since=since, alert_id=alert_id, resolved_at=resolved_at), ()
    after = replace(instance, state=State.FIRING, since=now, alert_id=alert_id, resolved_at=None)
    kind = ChangeKind.REOPENED if continues else ChangeKind.FIRED
    return after, (
        AlertChange(kind=kind, at=now, alert_id=alert_id, detail={"breach_since": since.astimezone(UTC).isoformat()}),
    )


def _resolve(instance: Instance, now: datetime, because: ResolutionCause) -> Step:
    after = replace(instance, state=State.RESOLVED, since=now, resolved_at=now)
    detail = {"because": str(because)}
    return after, (AlertChange(kind=ChangeKind.RESOLVED, at=now, alert_id=instance.alert_id, detail=detail),)


def _rest(instance: Instance, timing: Timing, now: datetime) -> Instance:
    """What is not firing and not in breach: resolved while its alert could be continued, then simply in order."""
    if _in_window(instance, timing, now):
        return replace(instance, state=State.RESOLVED, since=instance.resolved_at or now)
    if instance.state is State.OK:
        return instance
    return replace(instance, state=State.OK, since=now, alert_id=None, resolved_at=None)


def _in_window(instance: Instance, timing: Timing, moment: datetime) -> bool:
    if instance.alert_id is None or instance.resolved_at is None:
        return False
    return moment - instance.resolved_at < timedelta(seconds=timing.reopen_window_s)


def _repeat(before: Instance, after: Instance, timing: Timing, now: datetime) -> tuple[AlertChange, ...]:
    """At each whole multiple of the interval since it fired; those missed while nobody evaluated are one.

    The number follows from the last evaluation, so that nothing further need be stored to tell each but once.
    """
    if before.state is not State.FIRING or timing.repeat_s <= 0:
        return ()
    interval = timedelta(seconds=timing.repeat_s)
    number = (now - after.since) // interval
    if number <= (before.evaluated_at - after.since) // interval:
        return ()
    return (AlertChange(kind=ChangeKind.REPEATED, at=now, alert_id=after.alert_id, detail={"number": number}),)
