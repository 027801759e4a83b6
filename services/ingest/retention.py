"""How much of what was rejected is kept: for some days, and of each gateway so much. What is dropped is counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from services.core.db.statements import Statements

_sql = Statements.beside(__file__, "retention.sql")

MOST_AT_ONCE = 50_000
MOST_UNKNOWN_POINTS = 10_000
"""Of one gateway; what its values were is kept beside."""
MESSAGES_READ = 20
"""Of one gateway, whole, to try another version of its profile on."""


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept of rejected readings and messages, and of held values: how long, and how much of one gateway."""

    days: int
    readings: int
    messages: int
    messages_bytes: int


Dropped = Counter[tuple[str, str, str]]
"""Rows by gateway, kind (of `dropped_count`) and reason (age, cap, flood)."""


def drop(connection: psycopg.Connection, kept: Retention, *, now: datetime) -> Dropped:
    """Drop what is older or more than may be kept, oldest first; say how much.

    Each step is a short transaction: by age it drops at most MOST_AT_ONCE rows, beyond the cap so many readings of a
    gateway; `more_may_be_due` says whether there may be more. Raises psycopg.Error.
    """
    before = now - timedelta(days=kept.days)
    steps = (
        ("rejected_reading", "age", "drop_old_readings", {"before": before, "most": MOST_AT_ONCE}),
        ("rejected_message", "age", "drop_old_messages", {"before": before, "most": MOST_AT_ONCE}),
        ("rejected_reading", "cap", "drop_readings_beyond", {"cap": kept.readings, "most": MOST_AT_ONCE}),
        (
            *("rejected_message", "cap", "drop_messages_beyond"),
            {"cap": kept.messages, "cap_bytes": kept.messages_bytes},
        ),
        ("held_reading", "age", "drop_old_held", {"before": before, "most": MOST_AT_ONCE}),
        ("held_reading", "cap", "drop_held_beyond", {"cap": kept.readings, "most": MOST_AT_ONCE}),
        ("unknown_point", "cap", "drop_points_beyond", {"cap": MOST_UNKNOWN_POINTS}),
    )
    dropped: Dropped = Counter()
    for kind, reason, statement, parameters in steps:
        with connection.transaction():
            counts = dict(_sql.run(connection, statement, **parameters))
            count_dropped(connection, kind, reason, counts)
        dropped.update({(gateway, kind, reason): count for gateway, count in counts.items()})
    with connection.transaction():
        _sql.run(connection, "drop_old_counts", before=before)
        _sql.run(connection, "drop_old_incidents", before=before)
        _sql.run(connection, "drop_messages_read", before=before, most=MESSAGES_READ)
    return dropped


def ask_to_drop(connection: psycopg.Connection) -> None:
    """Tell the process that leads the retention that much was rejected. Raises psycopg.Error."""
    with connection.transaction():
        _sql.run(connection, "ask_to_drop")


def listen_for_asking(connection: psycopg.Connection) -> None:
    """Be told when a process asks to drop. Raises psycopg.Error."""
    _sql.run(connection, "listen_for_asking")


def more_may_be_due(dropped: Dropped) -> bool:
    """Whether a step dropped as much as one may."""
    by_step: Counter[tuple[str, str]] = Counter()
    for (_gateway, kind, reason), count in dropped.items():
        by_step[kind, reason] += count
    return any(count >= MOST_AT_ONCE for count in by_step.values())


def count_dropped(connection: psycopg.Connection, kind: str, reason: str, counts: Mapping[str, int]) -> None:
    """Add to what has been dropped of each gateway today. Raises psycopg.Error."""
    if counts:
        _sql.run(
            connection, "count_dropped", kind=kind, reason=reason, gateways=list(counts), counts=list(counts.values())
        )
