"""Stores batches of checked messages: inserts what is new, and says what was there before.

Binary COPY straight into the table; where not all is likely to be new, what stands is looked up before, and left out
(docs/decisions/0018-straight-into-the-table.md).

The readings, their digest, the marks for the roll-up and the rejected readings of a batch are one transaction.
"""

import logging
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import psycopg
from numpy.typing import NDArray

from services.core.calendar import from_us, to_us
from services.core.clock import utc_now
from services.core.db.arrays import IntegerParameters, TimeParameters
from services.core.db.bulk import RowType, copy_in
from services.core.db.chunks import CHUNK_US, parts_of
from services.core.db.reading_edge import NEVER_DROPPED_US, kept_from_us_held
from services.core.db.statements import Statements
from services.ingest import metrics
from services.ingest.accepted import Conflict, accept_later
from services.ingest.arranged import LIVE_US, SLOT, Arranged, ReadingRows, arrange, marks_of
from services.ingest.batch_log import tell_of_batch
from services.ingest.beside import keep_beside
from services.ingest.counted import count_intake
from services.ingest.crowding import beyond_room, crowded
from services.ingest.message import Answer, Checked, Rejection, rejection_json
from services.ingest.not_kept import without_old
from services.ingest.rejected import Unreadable, keep_rejected, keep_unreadable

log = logging.getLogger("intake")

_sql = Statements.beside(__file__, "store.sql")

_READING = RowType(meter_id="int4", ts="ts", value="float8", batch_id="int8")
_MOST_TRIES = 20


def store(
    connection: psycopg.Connection, messages: Sequence[Checked], unreadable: Sequence[Unreadable] = (), *, writer: str
) -> list[Answer]:
    """Commit messages and say what became of each, in their order.

    `writer` is the process that stores it. Raises psycopg.Error with nothing stored.
    """
    return store_arranged(connection, arrange(messages, now_us=to_us(utc_now())), unreadable, writer=writer)


def store_arranged(
    connection: psycopg.Connection,
    batch: Arranged,
    unreadable: Sequence[Unreadable] = (),
    *,
    writer: str,
    straight: bool = False,
) -> list[Answer]:
    """Commit a batch that was made ready before, as `store` does.

    `straight`: all of it is likely to be new, so that nothing is looked up at first.
    """
    for tried in range(_MOST_TRIES):
        try:
            return _commit(connection, batch, unreadable, writer, straight=straight and not tried)
        except psycopg.errors.UniqueViolation:
            # Seen at first if it stood before; after that only what another writer has stored since the look.
            log.info("not all of a batch was new, looking up what stands", extra={"tried": tried + 1})
    return _commit(connection, batch, unreadable, writer, straight=False)


def _commit(
    connection: psycopg.Connection, batch: Arranged, unreadable: Sequence[Unreadable], writer: str, *, straight: bool
) -> list[Answer]:
    with connection.transaction():
        batch = _kept(connection, batch)
        messages = batch.messages
        duplicate, conflicts = _store_readings(connection, batch, writer, straight=straight)
        conflicts = accept_later(connection, messages, duplicate, conflicts)
        answers = [_answer(m, d, c) for m, d, c in zip(messages, duplicate, conflicts, strict=True)]
        keep_rejected(connection, messages, conflicts)
        keep_unreadable(connection, unreadable)
        keep_beside(connection, messages)
        count_intake(connection, messages, answers, unreadable)
        gateways = sorted({m.gateway for m in messages})
        if gateways:
            _sql.run(connection, "note_message", gateways=gateways)
    # Where the transaction is a part of the caller's, before that ends: what is undone then has been counted.
    metrics.count(answers, unreadable)
    return answers


def _kept(connection: psycopg.Connection, batch: Arranged) -> Arranged:
    """The batch without what is older than readings are kept: who moves that edge waits for its transaction."""
    now_us = batch.live_from_us + LIVE_US
    if batch.marks is None or batch.marks.first_us >= now_us - NEVER_DROPPED_US:
        return batch
    edge_us = kept_from_us_held(connection)
    if batch.marks.first_us >= edge_us:
        return batch
    return arrange([without_old(message, edge_us) for message in batch.messages], now_us=now_us)


def _answer(message: Checked, duplicate: int, conflicts: Sequence[Rejection]) -> Answer:
    rejected = [rejection_json(r) for r in (*message.rejected, *conflicts)]
    return Answer(message.seq, len(message.meter_ids) - duplicate - len(conflicts), duplicate, rejected)


def _store_readings(
    connection: psycopg.Connection, batch: Arranged, writer: str, *, straight: bool
) -> tuple[list[int], list[Sequence[Rejection]]]:
    rows, marks = batch.rows, batch.marks
    if marks is None:
        return not_new(batch, {})
    stood: dict[int, float] = {} if straight else _standing(connection, batch)
    new = batch.staged
    if stood:
        new = batch.staged[~np.isin(batch.staged, list(stood))]
    beyond = beyond_room(connection, rows.meter_id[new], rows.ts_us[new])
    left_out = new[beyond]
    if straight and len(left_out):
        # Some of them may stand, and are no new ones.
        return _store_readings(connection, batch, writer, straight=False)
    new = new[~beyond]
    if len(new) < len(batch.staged):
        marks = marks_of(rows, new, batch.live_from_us) if len(new) else None
    if marks is not None:
        batch_id: int = _sql.run(connection, "next_batch").scalar_one()
        _insert(connection, rows, new, batch_id)
        for queue, slots in marks.queues.items():
            copy_in(connection, queue, SLOT.columns, slots)
        _sql.run(
            connection,
            "note_batch",
            batch_id=batch_id,
            writer=writer,
            readings=marks.readings,
            digest=marks.digest,
            first_ts=from_us(marks.first_us),
            last_ts=from_us(marks.last_us),
        )
        tell_of_batch(batch_id, batch.messages, writer=writer)
    return not_new(batch, stood, frozenset(left_out.tolist()))


def not_new(
    batch: Arranged, stood: Mapping[int, float], left_out: Collection[int] = ()
) -> tuple[list[int], list[Sequence[Rejection]]]:
    """By message, how many readings are repetitions, and which are rejected beside what stands.

    `stood`: by position, the values that were stored before for the same meter and time; `left_out`: the positions of
    new readings for which there is no room. Pure.
    """
    messages, rows = batch.messages, batch.rows
    duplicate = [0] * len(messages)
    conflicts: list[list[Rejection]] = [[] for _ in messages]
    taken = [*stood.items()]
    no_room = [*left_out]
    for position, first in zip(batch.again.tolist(), batch.first.tolist(), strict=True):
        if first in left_out:
            no_room.append(position)
        else:
            taken.append((position, stood.get(first, float(rows.value[first]))))
    owner, starts = rows.message.tolist(), np.searchsorted(rows.message, np.arange(len(messages))).tolist()
    for position in no_room:
        i = owner[position]
        conflicts[i].append(crowded(messages[i], position - starts[i]))
    for position, stands in taken:
        i = owner[position]
        if rows.value[position] == stands:
            duplicate[i] += 1
        else:
            conflicts[i].append(_conflict(messages[i], position - starts[i], stands))
    return duplicate, [*conflicts]


def _insert(connection: psycopg.Connection, rows: ReadingRows, new: NDArray[np.int64], batch_id: int) -> None:
    """Insert the readings at these positions. Raises psycopg.errors.UniqueViolation when one of them stands.

    They go in order of chunk, meter and time: each chunk is filled along its index, and two writers cannot wait for
    each other in a circle.
    """
    ordered = new[np.argsort(rows.ts_us[new] // CHUNK_US, kind="stable")]
    wire = _READING.wire(
        len(ordered),
        meter_id=rows.meter_id[ordered],
        ts=rows.ts_us[ordered],
        value=rows.value[ordered],
        batch_id=batch_id,
    )
    copy_in(connection, "reading", _READING.columns, wire)


def _standing(connection: psycopg.Connection, batch: Arranged) -> dict[int, float]:
    """The positions of staged readings that stand, with the value that stands."""
    _sql.run(connection, "plan_for_each")
    stood: dict[int, float] = {}
    ts_us, meter_id = batch.rows.ts_us[batch.staged], batch.rows.meter_id[batch.staged]
    for part in parts_of(ts_us, ts_us + 1, chunk_us=CHUNK_US):
        places = np.array(part.places)
        found = _sql.run(
            connection,
            "already_stored",
            meter_ids=IntegerParameters(meter_id[places]),
            times=TimeParameters(ts_us[places]),
            from_ts=from_us(part.from_us),
            to_ts=from_us(part.to_us),
        )
        stood |= {int(batch.staged[places[number - 1]]): value for number, value in found.tuples()}
    return stood


def _conflict(message: Checked, index: int, stands: float) -> Conflict:
    value = message.values[index]
    return Conflict(
        message.meters[index],
        message.times_us[index] // 1000,
        repr(value),
        "conflict",
        f"{stands!r} is stored for this time and stays; {value!r} is not taken",
        index,
    )
