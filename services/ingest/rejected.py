"""What of a batch was not taken: rejected readings, and messages that are kept whole, each with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import psycopg

from services.core.db.statements import Statements
from services.ingest.message import OWN_FORMAT, Checked, Rejection, UnreadableMessage

_sql = Statements.beside(__file__, "store.sql")

_encode = msgspec.json.Encoder().encode

_KEPT_BYTES_OF_TOO_LARGE = 4096


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message to be kept whole, with the reason why it is rejected. `format`: that by which it is counted.

    `claimed`: the gateway that it names without proof; `gateway` is None then.
    """

    gateway: str | None
    topic: str
    payload: bytes
    reason: UnreadableMessage
    format: str = OWN_FORMAT
    claimed: str | None = None


def keep_rejected(
    connection: psycopg.Connection, messages: Sequence[Checked], conflicts: Sequence[Sequence[Rejection]]
) -> None:
    """Keep the rejected readings of messages, with their conflicts. Raises psycopg.Error."""
    rows = [
        (m.gateway, m.seq, storable(r.meter), storable(str(r.ts)), storable(r.value), r.code, storable(r.detail))
        for m, mine in zip(messages, conflicts, strict=True)
        for r in (*m.rejected, *mine)
    ]
    if rows:
        # COPY does not write to a table with row-level security, and lists of texts take many times as long.
        columns = ("gateway", "seq", "meter", "time", "value", "code", "detail")
        told = _encode([dict(zip(columns, row, strict=True)) for row in rows])
        _sql.run(connection, "keep_rejected_readings", rejected=told.decode())


def keep_unreadable(connection: psycopg.Connection, messages: Sequence[Unreadable]) -> None:
    """Keep these messages whole. Raises psycopg.Error."""
    if not messages:
        return
    _sql.run(
        connection,
        "keep_rejected_messages",
        gateways=[None if message.gateway is None else storable(message.gateway) for message in messages],
        claims=[None if message.claimed is None else storable(message.claimed) for message in messages],
        topics=[storable(message.topic) for message in messages],
        payloads=[_kept_of(message) for message in messages],
        sizes=[len(message.payload) for message in messages],
        codes=[message.reason.code for message in messages],
        details=[storable(message.reason.detail) for message in messages],
    )


def _kept_of(message: Unreadable) -> bytes:
    return message.payload[:_KEPT_BYTES_OF_TOO_LARGE] if message.reason.code == "too_large" else message.payload


def storable(text: str) -> str:
    """Text as PostgreSQL can keep it: no NUL, no lone surrogates."""
    return text.replace("\x00", "\\u0000").encode("utf-8", "backslashreplace").decode("utf-8")
