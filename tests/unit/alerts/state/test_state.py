"""Every state against every verdict, then the stories that the state machine must tell right."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from services.alerts.state.observation import Observation
from services.alerts.state.state import (
    ChangeKind,
    Instance,
    ResolutionCause,
    State,
    Step,
    Timing,
    at_rest,
    step,
    withdraw,
)
from services.core.verdict import Verdict

T0 = datetime(2026, 3, 1, tzinfo=UTC)
TIMING = Timing(hold_s=600, reopen_window_s=3600, repeat_s=0)
LOW = (("low_coverage", "0.4"),)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def seen(what: str) -> Observation:
    """`breach`, `cleared`, `near` (in order, on the near side of the hysteresis) or `cannot`."""
    verdict = {"breach": Verdict.BREACH, "cannot": Verdict.CANNOT_JUDGE}.get(what, Verdict.OK)
    reasons = LOW if what == "cannot" else ()
    return Observation(
        subject_kind="unit", subject_code="U1", verdict=verdict, cleared=what == "cleared", reasons=reasons
    )


AT_REST = at_rest(at(0))
OK_UNJUDGED = replace(AT_REST, cannot_since=at(0), cannot_reasons=LOW)
PENDING = Instance(state=State.PENDING, since=at(0), evaluated_at=at(0))
PENDING_UNJUDGED = replace(PENDING, cannot_since=at(0), cannot_reasons=LOW)
FIRING = Instance(state=State.FIRING, since=at(0), evaluated_at=at(0), alert_id=7)
FIRING_UNJUDGED = replace(FIRING, cannot_since=at(0), cannot_reasons=LOW)
RESOLVED = Instance(state=State.RESOLVED, since=at(0), evaluated_at=at(0), alert_id=7, resolved_at=at(0))
RESOLVED_UNJUDGED = replace(RESOLVED, cannot_since=at(0), cannot_reasons=LOW)
PENDING_AGAIN = replace(PENDING, alert_id=7, resolved_at=at(0))


class Case(NamedTuple):
    before: Instance
    what: str
    after_s: float
    state: State
    since_s: float
    cannot_since_s: float | None
    changes: tuple[str, ...]


TABLE = {
    "in order stays in order": Case(AT_REST, "cleared", 60, State.OK, 0, None, ()),
    "in order, near the limit, stays in order": Case(AT_REST, "near", 60, State.OK, 0, None, ()),
    "in order, a breach begins its hold": Case(AT_REST, "breach", 60, State.PENDING, 60, None, ()),
    "in order, cannot judge is shown": Case(AT_REST, "cannot", 60, State.OK, 0, 60, ()),
    "unjudged, in order again": Case(OK_UNJUDGED, "cleared", 60, State.OK, 0, None, ()),
    "unjudged, near the limit": Case(OK_UNJUDGED, "near", 60, State.OK, 0, None, ()),
    "unjudged, then a breach, begins its hold": Case(OK_UNJUDGED, "breach", 60, State.PENDING, 60, None, ()),
    "unjudged for longer keeps its beginning": Case(OK_UNJUDGED, "cannot", 60, State.OK, 0, 0, ()),
    "pending, cleared": Case(PENDING, "cleared", 60, State.OK, 60, None, ()),
    "pending, in order near the limit, is no breach": Case(PENDING, "near", 60, State.OK, 60, None, ()),
    "pending, a breach inside the hold": Case(PENDING, "breach", 599, State.PENDING, 0, None, ()),
    "pending, a breach at the end of the hold": Case(PENDING, "breach", 600, State.FIRING, 600, None, ("fired",)),
    "pending, cannot judge after the hold": Case(PENDING, "cannot", 600, State.PENDING, 0, 600, ()),
    "pending unjudged, cleared": Case(PENDING_UNJUDGED, "cleared", 60, State.OK, 60, None, ()),
    "pending unjudged, near": Case(PENDING_UNJUDGED, "near", 60, State.OK, 60, None, ()),
    "pending unjudged, a breach begins its hold anew": Case(
        PENDING_UNJUDGED, "breach", 700, State.PENDING, 700, None, ()
    ),
    "pending unjudged for longer": Case(PENDING_UNJUDGED, "cannot", 700, State.PENDING, 0, 0, ()),
    "firing, cleared": Case(FIRING, "cleared", 60, State.RESOLVED, 60, None, ("resolved",)),
    "firing, in order but not cleared, keeps firing": Case(FIRING, "near", 60, State.FIRING, 0, None, ()),
    "firing, a breach": Case(FIRING, "breach", 60, State.FIRING, 0, None, ()),
    "firing, cannot judge": Case(FIRING, "cannot", 60, State.FIRING, 0, 60, ("cannot_judge",)),
    "firing unjudged, cleared": Case(
        FIRING_UNJUDGED, "cleared", 60, State.RESOLVED, 60, None, ("judged_again", "resolved")
    ),
    "firing unjudged, near": Case(FIRING_UNJUDGED, "near", 60, State.FIRING, 0, None, ("judged_again",)),
    "firing unjudged, a breach": Case(FIRING_UNJUDGED, "breach", 60, State.FIRING, 0, None, ("judged_again",)),
    "firing unjudged for longer": Case(FIRING_UNJUDGED, "cannot", 60, State.FIRING, 0, 0, ()),
    "resolved, cleared": Case(RESOLVED, "cleared", 60, State.RESOLVED, 0, None, ()),
    "resolved, near": Case(RESOLVED, "near", 60, State.RESOLVED, 0, None, ()),
    "resolved, a breach": Case(RESOLVED, "breach", 60, State.PENDING, 60, None, ()),
    "resolved, cannot judge": Case(RESOLVED, "cannot", 60, State.RESOLVED, 0, 60, ()),
    "resolved unjudged, cleared": Case(RESOLVED_UNJUDGED, "cleared", 60, State.RESOLVED, 0, None, ()),
    "resolved unjudged, near": Case(RESOLVED_UNJUDGED, "near", 60, State.RESOLVED, 0, None, ()),
    "resolved unjudged, a breach": Case(RESOLVED_UNJUDGED, "breach", 60, State.PENDING, 60, None, ()),
    "resolved unjudged for longer": Case(RESOLVED_UNJUDGED, "cannot", 60, State.RESOLVED, 0, 0, ()),
    "resolved, the window over": Case(RESOLVED, "cleared", 3600, State.OK, 3600, None, ()),
    "resolved, the window over, cannot judge": Case(RESOLVED, "cannot", 3600, State.OK, 3600, 3600, ()),
    "pending again, in order, is resolved as before": Case(PENDING_AGAIN, "cleared", 60, State.RESOLVED, 0, None, ()),
    "pending again, the hold over": Case(PENDING_AGAIN, "breach", 600, State.FIRING, 600, None, ("reopened",)),
    "pending again, cannot judge": Case(PENDING_AGAIN, "cannot", 60, State.PENDING, 0, 60, ()),
}


@pytest.mark.parametrize("case", TABLE.values(), ids=TABLE.keys())
def test_each_state_answers_each_verdict(case: Case) -> None:
    after, changes = step(case.before, seen(case.what), TIMING, at(case.after_s))
    assert after.state is case.state
    assert after.since == at(case.since_s)
    assert after.cannot_since == (None if case.cannot_since_s is None else at(case.cannot_since_s))
    assert after.cannot_reasons == (() if case.cannot_since_s is None else LOW)
    assert after.evaluated_at == at(case.after_s)
    assert tuple(change.kind.value for change in changes) == case.changes
    assert all(change.at == at(case.after_s) for change in changes)


def told(step_made: Step) -> list[str]:
    return [change.kind.value for change in step_made[1]]


def test_without_hold_time_the_first_breach_fires() -> None:
    after, (change,) = step(None, seen("breach"), Timing(hold_s=0), at(0))
    assert after.state is State.FIRING
    assert change.kind is ChangeKind.FIRED
    assert change.alert_id is None
    assert change.detail == {"breach_since": at(0).isoformat()}


def test_what_is_in_order_and_judged_needs_no_row() -> None:
    in_order, _ = step(None, seen("cleared"), TIMING, at(0))
    unjudged, _ = step(None, seen("cannot"), TIMING, at(0))
    assert not in_order.needs_row
    assert unjudged.needs_row
    assert PENDING.needs_row
    assert RESOLVED.needs_row


def test_time_that_could_not_be_judged_does_not_count_towards_the_hold() -> None:
    unjudged, _ = step(PENDING, seen("cannot"), TIMING, at(300))
    anew, changes = step(unjudged, seen("breach"), TIMING, at(900))
    assert (anew.state, anew.since, changes) == (State.PENDING, at(900), ())
    assert told(step(anew, seen("breach"), TIMING, at(1499))) == []
    assert told(step(anew, seen("breach"), TIMING, at(1500))) == ["fired"]


def test_an_evaluation_before_the_last_one_changes_nothing() -> None:
    late = replace(FIRING, evaluated_at=at(100))
    for what in ("breach", "cleared", "near", "cannot"):
        assert step(late, seen(what), TIMING, at(99)) == (late, ())
    assert withdraw(late, TIMING, at(99), because=ResolutionCause.RULE_OFF) == (late, ())


def test_a_breach_inside_the_window_continues_the_same_alert() -> None:
    pending, _ = step(RESOLVED, seen("breach"), TIMING, at(3599))
    firing, (change,) = step(pending, seen("breach"), TIMING, at(4199))
    assert (change.kind, change.alert_id) == (ChangeKind.REOPENED, 7)
    assert (firing.alert_id, firing.resolved_at) == (7, None)


def test_a_breach_after_the_window_is_a_new_alert() -> None:
    pending, _ = step(RESOLVED, seen("breach"), TIMING, at(3600))
    assert pending.alert_id is None
    firing, (change,) = step(pending, seen("breach"), TIMING, at(4200))
    assert (change.kind, change.alert_id, firing.alert_id) == (ChangeKind.FIRED, None, None)


def test_a_hold_begun_anew_after_the_window_is_a_new_alert() -> None:
    unjudged, _ = step(PENDING_AGAIN, seen("cannot"), TIMING, at(60))
    anew, _ = step(unjudged, seen("breach"), TIMING, at(3700))
    assert anew.alert_id is None
    assert told(step(anew, seen("breach"), TIMING, at(4300))) == ["fired"]


def test_cannot_judge_is_told_once_and_its_reasons_follow() -> None:
    first, changes = step(FIRING, seen("cannot"), TIMING, at(60))
    assert changes[0].detail == {"reasons": [["low_coverage", "0.4"]]}
    other = replace(seen("cannot"), reasons=(("no_readings", "E01"),))
    second, more = step(first, other, TIMING, at(120))
    assert more == ()
    assert (second.cannot_since, second.cannot_reasons) == (at(60), (("no_readings", "E01"),))
    assert step(second, seen("near"), TIMING, at(180))[1][0].detail == {"cannot_since": at(60).isoformat()}


def test_repeats_come_at_the_interval_and_missed_ones_come_once() -> None:
    timing = Timing(repeat_s=3600)
    told_at = []
    instance = FIRING
    for minute in (30, 59, 60, 61, 119, 121, 125, 400, 401):
        instance, changes = step(instance, seen("breach"), timing, at(minute * 60))
        told_at += [(minute, change.detail["number"]) for change in changes]
    assert told_at == [(60, 1), (121, 2), (400, 6)]


def test_a_repeat_is_not_told_together_with_the_resolution() -> None:
    assert told(step(FIRING, seen("cleared"), Timing(repeat_s=60), at(61))) == ["resolved"]


def test_a_repeat_stands_though_rows_are_stored_only_when_something_happened() -> None:
    timing = Timing(repeat_s=60)
    repeated, changes = step(FIRING, seen("breach"), timing, at(65))
    assert len(changes) == 1
    assert told(step(repeated, seen("breach"), timing, at(119))) == []
    assert told(step(repeated, seen("breach"), timing, at(120))) == ["repeated"]


def test_a_rule_switched_off_ends_its_alert_and_says_so() -> None:
    after, (change,) = withdraw(FIRING_UNJUDGED, TIMING, at(60), because=ResolutionCause.RULE_OFF)
    assert (after.state, after.resolved_at, after.cannot_since) == (State.RESOLVED, at(60), None)
    assert (change.kind, change.alert_id, change.detail) == (ChangeKind.RESOLVED, 7, {"because": "rule_off"})
    assert withdraw(after, TIMING, at(61), because=ResolutionCause.RULE_OFF)[1] == ()
    assert not withdraw(after, TIMING, at(3660), because=ResolutionCause.RULE_OFF)[0].needs_row


def test_a_pending_breach_of_a_rule_switched_off_is_forgotten() -> None:
    after, changes = withdraw(PENDING, TIMING, at(60), because=ResolutionCause.RULE_OFF)
    assert (after.needs_row, changes) == (False, ())


def test_a_rule_switched_on_again_inside_the_window_continues_its_alert() -> None:
    timing = replace(TIMING, hold_s=0)
    off, _ = withdraw(FIRING, timing, at(60), because=ResolutionCause.RULE_OFF)
    still_off, _ = withdraw(off, timing, at(600), because=ResolutionCause.RULE_OFF)
    on, (change,) = step(still_off, seen("breach"), timing, at(3600))
    assert (change.kind, change.alert_id, on.state) == (ChangeKind.REOPENED, 7, State.FIRING)
    _, (later,) = step(still_off, seen("breach"), timing, at(3660))
    assert (later.kind, later.alert_id) == (ChangeKind.FIRED, None)


@pytest.mark.parametrize("because", [ResolutionCause.CLEARED, ResolutionCause.RULE_CHANGED])
def test_an_alert_that_ends_says_why(because: ResolutionCause) -> None:
    _, (change,) = step(FIRING, seen("cleared"), TIMING, at(60), because=because)
    assert (change.kind, change.detail) == (ChangeKind.RESOLVED, {"because": because.value})


def test_a_breach_counts_since_its_periods_were_and_not_since_it_was_seen() -> None:
    timing = Timing(hold_s=2 * 86_400)
    late = replace(seen("breach"), breach_since=at(-2 * 86_400))
    after, changes = step(None, late, timing, at(0))
    assert (after.state, [change.kind for change in changes]) == (State.FIRING, [ChangeKind.FIRED])
    assert changes[0].detail == {"breach_since": at(-2 * 86_400).isoformat()}


def test_a_day_that_was_mended_breaks_the_row_of_days() -> None:
    timing = Timing(hold_s=2 * 86_400)
    pending, _ = step(None, replace(seen("breach"), breach_since=at(-86_400)), timing, at(0))
    mended, changes = step(pending, replace(seen("breach"), breach_since=at(86_400)), timing, at(86_400))
    assert (mended.state, mended.since, changes) == (State.PENDING, at(86_400), ())
