"""Stores batches of checked messages: binary COPY into a stage, insert what is new, say what was there before.

The readings, their digest, the marks for the roll-up and the rejected readings of a batch are one transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from services.core.db.queries import load
from services.core.domain.calendar import SLOT_US, from_us
from services.core.domain.sealing import readings_digest
from services.core.intake.message import Answer, Checked, Rejection, UnreadableMessage, rejection_json

_sql = load(__file__, "store.sql")

_POSTGRES_EPOCH_US = 946_684_800_000_000
_COPY_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COPY_TAIL = b"\xff\xff"
_STAGED = np.dtype(
    {
        "names": ["n", "l0", "position", "l1", "meter_id", "l2", "ts", "l3", "value"],
        "formats": [">i2", ">i4", ">i4", ">i4", ">i4", ">i4", ">i8", ">i4", ">f8"],
    }
)
_DIRTY = np.dtype([("n", ">i2"), ("l0", ">i4"), ("meter_id", ">i4"), ("l1", ">i4"), ("slot", ">i8")])
_KEPT_BYTES_OF_TOO_LARGE = 4096


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message to be kept whole, with the reason why it is rejected."""

    gateway: str | None
    topic: str
    payload: bytes
    reason: UnreadableMessage


@dataclass(frozen=True, slots=True)
class _Rows:
    """The readings of a batch in the order they came: arrays of one length."""

    message: NDArray[np.int64]
    meter_id: NDArray[np.int64]
    ts_us: NDArray[np.int64]
    value: NDArray[np.float64]


def store(
    connection: psycopg.Connection, messages: Sequence[Checked], unreadable: Sequence[Unreadable] = (), *, writer: str
) -> list[Answer]:
    """Commit a batch and say what became of each message of `messages`, in their order.

    `writer` is the process that stores it. Raises psycopg.Error with nothing stored.
    """
    with connection.transaction():
        duplicate, conflicts = _store_readings(connection, messages, writer)
        answers = [_answer(m, d, c) for m, d, c in zip(messages, duplicate, conflicts, strict=True)]
        _keep_rejected(connection, messages, conflicts)
        for message in unreadable:
            _keep_unreadable(connection, message)
        gateways = sorted({m.gateway for m in messages})
        if gateways:
            _sql.note_message(connection, gateways=gateways)
    return answers


def note_statuses(connection: psycopg.Connection, said: Mapping[str, bool]) -> None:
    """Keep what gateways, or their last wills, said of themselves: online or not. Raises psycopg.Error."""
    with connection.transaction():
        _sql.note_statuses(connection, gateways=list(said), online=list(said.values()))


def _answer(message: Checked, duplicate: int, conflicts: Sequence[Rejection]) -> Answer:
    rejected = [rejection_json(r) for r in (*message.rejected, *conflicts)]
    return Answer(message.seq, len(message.meter_ids) - duplicate - len(conflicts), duplicate, rejected)


def _store_readings(
    connection: psycopg.Connection, messages: Sequence[Checked], writer: str
) -> tuple[list[int], list[list[Rejection]]]:
    duplicate = [0] * len(messages)
    conflicts: list[list[Rejection]] = [[] for _ in messages]
    rows = _rows(messages)
    if not len(rows.ts_us):
        return duplicate, conflicts
    order = np.lexsort((np.arange(len(rows.ts_us)), rows.ts_us, rows.meter_id))
    meter_id, ts_us = rows.meter_id[order], rows.ts_us[order]
    again = np.zeros(len(order), dtype=bool)
    again[1:] = (meter_id[1:] == meter_id[:-1]) & (ts_us[1:] == ts_us[:-1])
    staged = order[~again]
    offsets = np.cumsum([0, *(len(m.meter_ids) for m in messages)])

    def settle(position: int, stands: float) -> None:
        """Count a reading whose place was taken by the value that stands."""
        i = int(rows.message[position])
        if rows.value[position] == stands:
            duplicate[i] += 1
        else:
            conflicts[i].append(_conflict(messages[i], position - int(offsets[i]), stands))

    stood = _insert(connection, rows, staged)
    for position, stands in stood.items():
        settle(position, stands)
    if again.any():
        first = staged[np.cumsum(~again) - 1][again]
        for position, before in zip(order[again].tolist(), first.tolist(), strict=True):
            settle(position, stood.get(before, float(rows.value[before])))
    new = staged[~np.isin(staged, list(stood))] if stood else staged
    if len(new):
        _mark_dirty(connection, rows.meter_id[new], rows.ts_us[new])
        _note_batch(connection, rows, new, writer=writer)
    return duplicate, conflicts


def _rows(messages: Sequence[Checked]) -> _Rows:
    sizes = [len(m.meter_ids) for m in messages]
    return _Rows(
        message=np.repeat(np.arange(len(messages)), sizes),
        meter_id=np.concatenate([np.asarray(m.meter_ids, np.int64) for m in messages] or [np.empty(0, np.int64)]),
        ts_us=np.concatenate([np.asarray(m.times_us, np.int64) for m in messages] or [np.empty(0, np.int64)]),
        value=np.concatenate([np.asarray(m.values, np.float64) for m in messages] or [np.empty(0, np.float64)]),
    )


def _insert(connection: psycopg.Connection, rows: _Rows, staged: NDArray[np.int64]) -> dict[int, float]:
    """Insert the staged rows; positions of those that were there before, with the value that stands."""
    _sql.create_stage(connection)
    wire = np.empty(len(staged), _STAGED)
    wire["n"], wire["l0"], wire["l1"], wire["l2"], wire["l3"] = 4, 4, 4, 8, 8
    wire["position"] = staged
    wire["meter_id"] = rows.meter_id[staged]
    wire["ts"] = rows.ts_us[staged] - _POSTGRES_EPOCH_US
    wire["value"] = rows.value[staged]
    _copy(connection, "COPY stage (position, meter_id, ts, value) FROM STDIN (FORMAT binary)", wire)
    if _sql.take_stage(connection) == len(staged):
        return {}
    return dict(_sql.already_stored(connection))


def _note_batch(connection: psycopg.Connection, rows: _Rows, new: NDArray[np.int64], *, writer: str) -> None:
    """Keep what was inserted last as a batch, to be sealed; `new` is in order of meter and time."""
    ts_us = rows.ts_us[new]
    _sql.note_batch(
        connection,
        writer=writer,
        readings=len(new),
        digest=readings_digest(rows.meter_id[new], ts_us, rows.value[new]),
        first_ts=from_us(int(ts_us.min())),
        last_ts=from_us(int(ts_us.max())),
    )


def _mark_dirty(connection: psycopg.Connection, meter_id: NDArray[np.int64], ts_us: NDArray[np.int64]) -> None:
    """Tell the roll-up which slots have new readings; rows come in order of meter and time."""
    slot = ts_us - ts_us % SLOT_US
    fresh = np.ones(len(slot), dtype=bool)
    fresh[1:] = (meter_id[1:] != meter_id[:-1]) | (slot[1:] != slot[:-1])
    wire = np.empty(int(fresh.sum()), _DIRTY)
    wire["n"], wire["l0"], wire["l1"] = 2, 4, 8
    wire["meter_id"] = meter_id[fresh]
    wire["slot"] = slot[fresh] - _POSTGRES_EPOCH_US
    _copy(connection, "COPY dirty_slot (meter_id, slot) FROM STDIN (FORMAT binary)", wire)


def _copy(connection: psycopg.Connection, statement: str, wire: NDArray[Any]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.write(_COPY_HEAD + wire.tobytes() + _COPY_TAIL)


def _conflict(message: Checked, index: int, stands: float) -> Rejection:
    value = message.values[index]
    return Rejection(
        message.meters[index],
        message.times_us[index] // 1000,
        repr(value),
        "conflict",
        f"{stands!r} is stored for this time and stays; {value!r} is not taken",
    )


def _keep_rejected(
    connection: psycopg.Connection, messages: Sequence[Checked], conflicts: Sequence[Sequence[Rejection]]
) -> None:
    rows = [
        (m.gateway, m.seq, _storable(r.meter), _storable(str(r.ts)), _storable(r.value), r.code, _storable(r.detail))
        for m, mine in zip(messages, conflicts, strict=True)
        for r in (*m.rejected, *mine)
    ]
    if not rows:
        return
    columns = "gateway_code, seq, meter_code, ts_text, value_text, code, detail, received_at"
    with connection.cursor() as cursor:
        now = cursor.execute("SELECT now()").fetchone()
        with cursor.copy(f"COPY rejected_reading ({columns}) FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row((*row, now[0] if now else None))


def _keep_unreadable(connection: psycopg.Connection, message: Unreadable) -> None:
    too_large = message.reason.code == "too_large"
    _sql.keep_rejected_message(
        connection,
        gateway=None if message.gateway is None else _storable(message.gateway),
        topic=_storable(message.topic),
        payload=message.payload[:_KEPT_BYTES_OF_TOO_LARGE] if too_large else message.payload,
        payload_bytes=len(message.payload),
        code=message.reason.code,
        detail=_storable(message.reason.detail),
    )


def _storable(text: str) -> str:
    """Text as PostgreSQL can keep it: no NUL, no lone surrogates."""
    return text.replace("\x00", "\\u0000").encode("utf-8", "backslashreplace").decode("utf-8")
