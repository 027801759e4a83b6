"""Whatever the verdicts, their order and their times: what an alert never does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerts.state.observation import Observation
from services.alerts.state.state import AlertChange, ChangeKind, Instance, State, Timing, step
from services.core.verdict import Verdict

T0 = datetime(2026, 3, 1, tzinfo=UTC)
STARTS = (ChangeKind.FIRED, ChangeKind.REOPENED)

whats = st.sampled_from(["breach", "breach", "breach", "cleared", "near", "cannot"])
# Steps back in time are clocks set back, and two processes that overlap.
gaps = st.integers(min_value=-40, max_value=120)
stories = st.lists(st.tuples(gaps, whats), min_size=1, max_size=60)
timings = st.builds(
    Timing,
    hold_s=st.sampled_from([0, 1, 50, 100, 300]),
    reopen_window_s=st.sampled_from([0, 1, 100, 500]),
    repeat_s=st.sampled_from([0, 30, 200]),
)

Event = tuple[datetime, str, Instance, tuple[AlertChange, ...]]


def observation(what: str) -> Observation:
    verdict = {"breach": Verdict.BREACH, "cannot": Verdict.CANNOT_JUDGE}.get(what, Verdict.OK)
    return Observation(subject_kind="unit", subject_code="U1", verdict=verdict, cleared=what == "cleared")


def play(story: list[tuple[int, str]], timing: Timing, *, keep_all_rows: bool = True) -> list[Event]:
    """Each evaluation that counted, with the instance after it; new alerts get the next number, as when stored.

    With `keep_all_rows` off, rows are stored as sparingly as allowed: not what needs none, and only when more than
    the time of evaluation changed. Times must then run forward.
    """
    events: list[Event] = []
    row: Instance | None = None
    now = T0
    alerts = 0
    for gap, what in story:
        now = max(now + timedelta(seconds=gap), T0)
        after, changes = step(row, observation(what), timing, now)
        if row is not None and now < row.evaluated_at:
            assert (after, changes) == (row, ())
            continue
        if any(change.kind is ChangeKind.FIRED for change in changes):
            alerts += 1
            after = replace(after, alert_id=alerts)
        if keep_all_rows or row is None or changes or replace(after, evaluated_at=row.evaluated_at) != row:
            row = after if keep_all_rows or after.needs_row else None
        events.append((now, what, after, changes))
    return events


@given(stories, timings)
@settings(max_examples=400)
def test_nothing_fires_inside_its_hold_time(story: list[tuple[int, str]], timing: Timing) -> None:
    breach_since: datetime | None = None
    for now, what, _, changes in play(story, timing):
        breach_since = (breach_since or now) if what == "breach" else None
        for change in changes:
            if change.kind in STARTS:
                assert breach_since is not None
                assert now - breach_since >= timedelta(seconds=timing.hold_s)


@given(stories, timings)
@settings(max_examples=400)
def test_a_breach_that_lasts_does_fire(story: list[tuple[int, str]], timing: Timing) -> None:
    breach_since: datetime | None = None
    for now, what, after, _ in play(story, timing):
        breach_since = (breach_since or now) if what == "breach" else None
        if breach_since is not None and now - breach_since >= timedelta(seconds=timing.hold_s):
            assert after.state is State.FIRING


@given(stories, timings)
@settings(max_examples=400)
def test_beginnings_and_ends_take_turns(story: list[tuple[int, str]], timing: Timing) -> None:
    """Never two messages for one change, nor one for no change."""
    firing = unjudged = False
    for _, _, after, changes in play(story, timing):
        for change in changes:
            if change.kind in STARTS:
                assert not firing
                firing = True
            elif change.kind is ChangeKind.RESOLVED:
                assert firing
                firing = False
            elif change.kind is ChangeKind.CANNOT_JUDGE:
                assert (firing, unjudged) == (True, False)
                unjudged = True
            elif change.kind is ChangeKind.JUDGED_AGAIN:
                assert (firing, unjudged) == (True, True)
                unjudged = False
            else:
                assert firing
        assert len({change.kind for change in changes}) == len(changes)
        assert (after.state is State.FIRING) is firing


@given(stories, timings)
@settings(max_examples=400)
def test_an_alert_is_resolved_only_by_what_is_cleared(story: list[tuple[int, str]], timing: Timing) -> None:
    for _, what, _, changes in play(story, timing):
        if any(change.kind is ChangeKind.RESOLVED for change in changes):
            assert what == "cleared"


@given(stories, timings)
@settings(max_examples=400)
def test_there_is_no_second_alert_inside_the_window(story: list[tuple[int, str]], timing: Timing) -> None:
    resolved_at: datetime | None = None
    last = 0
    for now, _, after, changes in play(story, timing):
        for change in changes:
            if change.kind is ChangeKind.FIRED:
                assert resolved_at is None or now - resolved_at >= timedelta(seconds=timing.reopen_window_s)
                last = after.alert_id or 0
            elif change.kind is ChangeKind.RESOLVED:
                resolved_at = now
            assert change.kind is ChangeKind.FIRED or change.alert_id == last


@given(stories, timings)
@settings(max_examples=300)
def test_a_restart_after_every_evaluation_tells_the_same(story: list[tuple[int, str]], timing: Timing) -> None:
    """Stored in full or as sparingly as allowed: the beginnings and ends are the same ones."""
    forward = [(abs(gap), what) for gap, what in story]
    full = play(forward, timing)
    sparing = play(forward, timing, keep_all_rows=False)
    assert [e[3] for e in full] == [e[3] for e in sparing]


@given(stories, timings)
@settings(max_examples=300)
def test_repeats_are_no_closer_than_evaluations_at_their_interval(story: list[tuple[int, str]], timing: Timing) -> None:
    since: datetime | None = None
    repeats = 0
    for now, _, _, changes in play(story, timing):
        for change in changes:
            if change.kind in STARTS:
                since, repeats = now, 0
            elif change.kind is ChangeKind.REPEATED:
                assert since is not None
                repeats += 1
                assert repeats <= (now - since) / timedelta(seconds=timing.repeat_s)
