"""When a message goes, and how much it holds."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.routing.routing import MOST_LISTED, Mode, Recipient, bound
from services.alerts.routing.when import (
    DigestDue,
    Envelope,
    Latest,
    Placement,
    digest_due,
    envelope,
    is_told_at_once,
    place,
    quiet_until,
)
from services.alerts.rules.rule import Severity
from services.core.calendar import SHANGHAI

NIGHT = Recipient(subscription_id=1, body_code="B", quiet_from=time(22), quiet_to=time(7))
NOON = replace(NIGHT, quiet_from=time(12), quiet_to=time(14))


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """Of March 2026 in Asia/Shanghai; the 2nd is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("subscription", "now", "end"),
    [
        (NIGHT, local(2, 21, 59), None),
        (NIGHT, local(2, 22), local(3, 7)),
        (NIGHT, local(3, 0), local(3, 7)),
        (NIGHT, local(3, 6, 59), local(3, 7)),
        (NIGHT, local(3, 7), None),
        (NIGHT, datetime(2026, 3, 2, 15, tzinfo=UTC), local(3, 7)),
        (NOON, local(2, 11, 59), None),
        (NOON, local(2, 12), local(2, 14)),
        (NOON, local(2, 14), None),
        (replace(NOON, quiet_to=time(12)), local(2, 12), None),
        (replace(NIGHT, quiet_to=time(0)), local(2, 23), local(3, 0)),
        (replace(NIGHT, quiet_from=None, quiet_to=None), local(2, 23), None),
    ],
)
def test_quiet_hours_are_of_shanghai_and_may_pass_midnight(
    subscription: Recipient, now: datetime, end: datetime | None
) -> None:
    assert quiet_until(subscription, now) == end


def test_in_quiet_hours_only_what_is_severe_is_told_at_once() -> None:
    now = local(2, 23)
    assert envelope(NIGHT, "fired", Severity.SEVERE, now) == Envelope("1/fired", now)
    assert envelope(NIGHT, "test", Severity.NOTICE, now).not_before == now
    waiting = envelope(NIGHT, "fired", Severity.WARNING, now)
    assert waiting == Envelope("1/fired/2026-03-03T07:00:00+08:00", local(3, 7), local(3, 7))
    assert envelope(NIGHT, "fired", Severity.NOTICE, local(3, 2)).group_key == waiting.group_key
    assert envelope(NIGHT, "resolved", Severity.NOTICE, now).group_key != waiting.group_key


def test_a_digest_subscriber_is_told_at_once_only_of_what_is_late() -> None:
    daily = replace(NIGHT, mode="daily")
    assert is_told_at_once(NIGHT, "fired")
    assert not is_told_at_once(daily, "fired")
    assert not is_told_at_once(daily, "repeat")
    assert is_told_at_once(daily, "escalated")


NOW = local(2, 10)
WANTED = Envelope("1/fired", NOW)
SENT = Latest(message_id=UUID(int=7), created_at=NOW, finished_at=NOW, not_before=NOW, untouched=False)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("latest", "expected"),
    [
        (None, Placement(None, NOW)),
        (replace(SENT, created_at=ago(9), finished_at=None, untouched=True), Placement(UUID(int=7), NOW)),
        (replace(SENT, created_at=ago(2), finished_at=None), Placement(None, NOW + timedelta(seconds=3))),
        (replace(SENT, created_at=ago(7), finished_at=ago(1)), Placement(None, NOW + timedelta(seconds=4))),
        (replace(SENT, created_at=ago(9), finished_at=ago(5)), Placement(None, NOW)),
    ],
)
def test_the_first_goes_at_once_and_the_window_gathers_the_rest(latest: Latest | None, expected: Placement) -> None:
    assert place(WANTED, latest, 5, NOW) == expected


@given(st.lists(st.integers(min_value=0, max_value=3000), min_size=1, max_size=200))
def test_a_storm_reaches_the_receiver_as_a_bounded_number_of_messages(gaps_ms: list[int]) -> None:
    """Sent as soon as they may: no two of a group closer than the window, none later than it."""
    sent: list[datetime] = []
    latest: Latest | None = None
    waits_until = now = NOW
    for gap_ms in gaps_ms:
        now += timedelta(milliseconds=gap_ms)
        if latest is not None and latest.untouched and waits_until <= now:
            sent.append(waits_until)
            latest = replace(latest, untouched=False, finished_at=waits_until)
        placed = place(Envelope("1/fired", now), latest, 5, now)
        if placed.message_id is None:
            latest = Latest(
                message_id=uuid4(), created_at=now, finished_at=None, not_before=placed.not_before, untouched=True
            )
            waits_until = placed.not_before
        assert waits_until - now <= timedelta(seconds=5)
    assert all(later - earlier >= timedelta(seconds=5) for earlier, later in pairwise(sent))


def entry(number: int, severity: str = "notice", text: str = "") -> dict[str, object]:
    return {"alert_id": number, "severity": severity, "text_zh": text}


def test_a_message_lists_twenty_the_gravest_first_and_counts_the_rest() -> None:
    content = bound([*(entry(number) for number in range(1, 31)), entry(31, "severe"), entry(32, "warning")])
    assert [each["alert_id"] for each in content["alerts"]] == [31, 32, *range(1, 19)]
    assert content["count"] == 32
    assert content["counts"] == {"severe": 1, "warning": 1, "notice": 30}


def test_an_alert_told_twice_in_one_message_counts_once_in_its_newest_words() -> None:
    earlier = bound([entry(1, text="first"), entry(2)])
    content = bound([entry(1, text="second"), entry(3)], earlier, [1, 2])
    assert [(each["alert_id"], each["text_zh"]) for each in content["alerts"]] == [(1, "second"), (2, ""), (3, "")]
    assert content["count"] == 3
    assert earlier["count"] == 2


@given(st.lists(st.sampled_from(["severe", "warning", "notice"]), max_size=90), st.integers(min_value=0, max_value=90))
def test_joining_a_message_gives_what_one_message_would_have_given(severities: list[str], cut: int) -> None:
    entries = [entry(number, severity) for number, severity in enumerate(severities)]
    whole = bound(entries)
    joined = bound(entries[cut:], bound(entries[:cut]), range(min(cut, len(entries))))
    assert joined == whole
    assert len(whole["alerts"]) == min(len(entries), MOST_LISTED)
    assert whole["count"] == sum(whole["counts"].values()) == len(entries)


@pytest.mark.parametrize(
    ("mode", "last_end", "now", "expected"),
    [
        ("daily", None, local(3, 8), (local(2, 8), local(3, 8))),
        ("daily", None, local(3, 7, 59), (local(1, 8), local(2, 8))),
        ("daily", local(3, 8), local(3, 12), None),
        ("daily", local(3, 8), local(4, 7, 59), None),
        ("daily", local(3, 8), local(6, 9), (local(3, 8), local(6, 8))),
        ("weekly", None, local(9, 8), (local(2, 8), local(9, 8))),
        ("weekly", local(2, 8), local(9, 7, 59), None),
        ("weekly", local(2, 8), local(9, 8), (local(2, 8), local(9, 8))),
        ("weekly", local(9, 8), local(15, 23), None),
        ("at_once", None, local(9, 8), None),
    ],
)
def test_digests_come_at_eight_daily_or_on_mondays(
    mode: Mode, last_end: datetime | None, now: datetime, expected: tuple[datetime, datetime] | None
) -> None:
    found = digest_due(replace(NIGHT, mode=mode), last_end, now)
    assert found == (None if expected is None else DigestDue(*expected))


def test_a_digest_has_one_key_and_none_is_made_for_what_is_switched_off() -> None:
    daily = replace(NIGHT, mode="daily")
    due = digest_due(daily, None, datetime(2026, 3, 3, 0, tzinfo=UTC))
    assert due is not None
    assert due.group_key(daily) == "1/digest/2026-03-03T08:00:00+08:00"
    assert digest_due(replace(daily, enabled=False), None, local(3, 8)) is None
