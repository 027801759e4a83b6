"""When a message that was not taken is sent again: backoff with jitter over a day, then never. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta

FIRST_DELAY_S = 5.0
LONGEST_DELAY_S = 3600.0
JITTER = 0.2
"""A delay is up to this share shorter or longer, so that what failed together does not come back together."""
GIVE_UP_AFTER = timedelta(hours=24)


def backoff_s(attempts: int, random: Callable[[], float]) -> float:
    """Seconds to wait after so many attempts, at least 1, have failed; `random` gives numbers from 0 up to 1."""
    doublings = min(attempts - 1, 32)
    return min(FIRST_DELAY_S * 2.0**doublings, LONGEST_DELAY_S) * (1 - JITTER + 2 * JITTER * random())


def next_attempt(
    attempts: int,
    first_at: datetime,
    now: datetime,
    random: Callable[[], float],
    *,
    retry_after_s: float | None = None,
) -> datetime | None:
    """When to send again after `attempts` attempts have failed, the first at `first_at`, the last at `now`.

    None when 24 hours have passed since the first: the message is dead. The delay doubles from 5 seconds to an hour;
    `retry_after_s`, what the receiver asked for, can only make it longer, up to that hour. The last attempt is at
    24 hours. `random` gives numbers from 0 up to 1. Raises ValueError when no attempt was made.
    """
    if attempts < 1:
        raise ValueError("attempts must be at least 1: the one that has just failed")
    end = first_at + GIVE_UP_AFTER
    if now >= end:
        return None
    delay_s = backoff_s(attempts, random)
    if retry_after_s is not None:
        delay_s = max(delay_s, min(retry_after_s, LONGEST_DELAY_S))
    return min(now + timedelta(seconds=delay_s), end)
