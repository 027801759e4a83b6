"""Counts by gateway, day and format what became of messages and readings, in the transaction that stores them."""

from collections import Counter
from collections.abc import Sequence

import psycopg

from services.core.db.statements import Statements
from services.ingest.message import Answer, Checked
from services.ingest.rejected import Unreadable, storable

_sql = Statements.beside(__file__, "counted.sql")

_Key = tuple[str, str, str]
"""Gateway, format, outcome."""


def count_intake(
    connection: psycopg.Connection,
    messages: Sequence[Checked],
    answers: Sequence[Answer],
    unreadable: Sequence[Unreadable],
) -> None:
    """Count messages with what became of each, and those that were rejected whole. Raises psycopg.Error."""
    whole, readings = _counts(messages, answers, unreadable)
    keys = sorted(whole.keys() | readings.keys())
    if keys:
        _sql.run(
            connection,
            "count_intake",
            gateways=[storable(gateway) for gateway, _, _ in keys],
            formats=[form for _, form, _ in keys],
            outcomes=[outcome for _, _, outcome in keys],
            messages=[whole[key] for key in keys],
            readings=[readings[key] for key in keys],
        )


def _counts(
    messages: Sequence[Checked], answers: Sequence[Answer], unreadable: Sequence[Unreadable]
) -> tuple[Counter[_Key], Counter[_Key]]:
    whole, readings = Counter[_Key](), Counter[_Key]()
    for message, answer in zip(messages, answers, strict=True):
        by = (message.gateway, message.format)
        whole[*by, "read"] += 1
        for outcome, count in (("stored", answer.stored), ("duplicate", answer.duplicate)):
            if count:
                readings[*by, outcome] += count
        for each in answer.rejected:
            readings[*by, each["code"]] += 1
    for each_unreadable in unreadable:
        if each_unreadable.gateway is not None:
            whole[each_unreadable.gateway, each_unreadable.format, each_unreadable.reason.code] += 1
    return whole, readings
