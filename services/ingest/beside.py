"""Keeps what of foreign messages does not become readings, in the transaction of those that do."""

from collections import Counter
from collections.abc import Mapping, Sequence

import psycopg

from services.core.calendar import from_us
from services.core.db.statements import Statements
from services.ingest.foreign import LONGEST_POINT
from services.ingest.message import NOTHING_BESIDE, Checked, Sample, Why
from services.ingest.rejected import storable
from services.ingest.retention import MESSAGES_READ

_KEPT_BYTES = 4096
_MOST_SOURCE = 1000
_MOST_UNREAD = 200
"""Characters kept of a value that cannot be read."""
_LARGEST_SAMPLE = 64 * 1024
"""Bytes; a message that is larger is not kept to try profiles on."""

_sql = Statements.beside(__file__, "held.sql")


def keep_beside(connection: psycopg.Connection, messages: Sequence[Checked]) -> None:
    """Keep what is held of messages, and count what they said. Raises psycopg.Error."""
    foreign = [message for message in messages if message.beside is not NOTHING_BESIDE]
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
    _note_unknown(connection, foreign)
    examples = {
        (message.gateway, message.beside.example.reason): message.beside.example
        for message in foreign
        if message.beside.example is not None
    }
    if examples:
        _sql.run(
            connection,
            "keep_examples",
            gateways=[gateway for gateway, _ in examples],
            reasons=[reason for _, reason in examples],
            sources=[storable(each.source[:_MOST_SOURCE]) for each in examples.values()],
            payloads=[each.payload[:_KEPT_BYTES] for each in examples.values()],
            sizes=[len(each.payload) for each in examples.values()],
        )
    _keep_samples(connection, {m.gateway: m.beside.sample for m in foreign if m.beside.sample is not None})
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


def _note_unknown(connection: psycopg.Connection, messages: Sequence[Checked]) -> None:
    """Note what was seen of points that nobody knows, and what of them could not be read."""
    rows = [
        (message.gateway, each.point, from_us(each.at_us), each.value, storable(each.unit), None, None)
        for message in messages
        for each in message.beside.held
        if each.why is Why.UNKNOWN_POINT
    ] + [
        (message.gateway, each.meter[:LONGEST_POINT], None, None, None, storable(each.value)[:_MOST_UNREAD], each.code)
        for message in messages
        for each in message.beside.unread
    ]
    if rows:
        gateways, points, times, values, units, unread, codes = zip(*rows, strict=True)
        _sql.run(
            connection,
            "note_unknown",
            gateways=list(gateways),
            points=[storable(each) for each in points],
            times=list(times),
            values=list(values),
            units=list(units),
            unread=list(unread),
            codes=list(codes),
        )


def _keep_samples(connection: psycopg.Connection, samples: Mapping[str, Sample]) -> None:
    """Keep one message of each gateway of which few are kept, or none since ten minutes ago."""
    small = {gateway: each for gateway, each in samples.items() if len(each.payload) <= _LARGEST_SAMPLE}
    if not small:
        return
    due = _sql.run(connection, "samples_due", gateways=sorted(small), most=MESSAGES_READ).scalars().all()
    if due:
        _sql.run(
            connection,
            "keep_samples",
            gateways=due,
            sources=[storable(small[gateway].source[:_MOST_SOURCE]) for gateway in due],
            retained=[small[gateway].retained for gateway in due],
            payloads=[small[gateway].payload for gateway in due],
        )
