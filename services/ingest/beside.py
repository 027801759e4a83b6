"""Keeps what of foreign messages does not become readings, in the transaction of those that do."""

from collections import Counter
from collections.abc import Sequence

import psycopg

from services.core.calendar import from_us
from services.core.db.statements import Statements
from services.ingest.message import Checked
from services.ingest.rejected import storable

_sql = Statements.beside(__file__, "held.sql")


def keep_beside(connection: psycopg.Connection, messages: Sequence[Checked]) -> None:
    """Keep what is held of messages, and count what they said. Raises psycopg.Error."""
    foreign = [message for message in messages if message.beside.held or message.beside.counts]
    if not foreign:
        return
    held = [(message.gateway, each) for message in foreign for each in message.beside.held]
    if held:
        _sql.run(
            connection,
            "keep_held",
            gateways=[gateway for gateway, _ in held],
            points=[storable(each.point) for _, each in held],
            times=[from_us(each.at_us) for _, each in held],
            values=[each.value for _, each in held],
            units=[storable(each.unit) for _, each in held],
            flags=[each.flag for _, each in held],
            stands_for=[each.stands_for for _, each in held],
            whys=[each.why for _, each in held],
        )
    counts = Counter[tuple[str, str]]()
    for message in foreign:
        for reason, count in message.beside.counts.items():
            counts[message.gateway, reason] += count
    keys = sorted(key for key, count in counts.items() if count)
    _sql.run(
        connection,
        "count_foreign",
        gateways=[gateway for gateway, _ in keys],
        reasons=[reason for _, reason in keys],
        counts=[counts[key] for key in keys],
    )
