"""`enermon verify`: whether readings, corrections and the audit are as they were sealed, in one snapshot."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.core.db.statements import Statements
from services.core.progress import Progress, no_progress
from services.provenance.areas import hold_areas
from services.provenance.batches import recount
from services.provenance.chain import walk
from services.provenance.drops import hold_drops
from services.provenance.entries import hold_entries
from services.provenance.found import Differences, Head, Verification, shanghai_time
from services.provenance.guards import hold_guards
from services.provenance.heads import NotedHead
from services.provenance.rights import hold_rights
from services.provenance.state import hold_state

_sql = Statements.beside(__file__, "verify.sql")

_NEVER = 2**61


def verify(
    database_url: str,
    *,
    since: datetime | None = None,
    noted: Sequence[NotedHead] = (),
    progress: Progress = no_progress,
) -> Verification:
    """Recompute chain and digests, of what was sealed and received from `since` on where it is given.

    `noted` are heads of earlier days, kept elsewhere. Raises psycopg.OperationalError if the database is away.
    """
    with (
        connect(database_url, role=DatabaseRole.READER, application_name="enermon-verify") as connection,
        connection.transaction(),
    ):
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # Nothing that somebody put into another schema is taken for what is kept.
        connection.execute("SET LOCAL search_path = public, pg_temp")
        return _verify(connection, since, noted, progress)


def _verify(
    connection: psycopg.Connection, since: datetime | None, noted: Sequence[NotedHead], progress: Progress
) -> Verification:
    first_seal, first_batch = 1, -_NEVER
    if since is not None:
        first_seal = _sql.run(connection, "first_seal_since", since=since).scalar_one() or _NEVER
        first_batch = _sql.run(connection, "first_batch_since", since=since).scalar_one() or _NEVER
    differences = Differences()
    seals, readings = _sql.run(connection, "extent", first_seal=first_seal, first_batch=first_batch).one()
    whole = seals + readings
    walked = walk(
        connection,
        differences,
        first_seal=first_seal,
        seals=seals,
        progress=lambda done, _: progress(done, whole),
    )
    counted = recount(
        connection,
        differences,
        first_batch=first_batch,
        readings=readings,
        progress=lambda done, _: progress(seals + done, whole),
    )
    drops = hold_drops(connection, differences)
    hold_rights(connection, differences)
    hold_guards(connection, differences)
    hold_areas(connection, differences)
    state = hold_state(connection, differences)
    hold_entries(connection, differences)
    head = _sql.run(connection, "head").of(Head).first()
    return Verification(
        head=head,
        noted=_held_against(connection, noted, head, differences),
        first_seal=first_seal if walked.seals else 1,
        seals=walked.seals,
        batches=counted.batches,
        agreeing_batches=counted.agreeing,
        readings=counted.readings,
        drops=drops,
        corrections=walked.corrections,
        transactions=walked.transactions,
        entries=state.entries,
        rows=state.rows,
        waiting=_waiting(connection, first_batch, since, differences),
        differences=differences,
    )


def _held_against(
    connection: psycopg.Connection, noted: Sequence[NotedHead], head: Head | None, differences: Differences
) -> str:
    """What became of the heads that were noted elsewhere."""
    if not noted:
        return ""
    given = {"seal_ids": [each.seal_id for each in noted], "chains": [each.chain for each in noted]}
    rows = _sql.run(connection, "noted", **given).all()
    kept = [row for row in rows if row.seal_id is not None]
    for row, each in zip(rows, noted, strict=True):
        if row.seal_id is None:
            differences.add(_lost(row, each))
    if not kept:
        return "is in no seal" if len(rows) == 1 else f"none of {len(rows)} is in a seal"
    newest = max(kept, key=lambda row: int(row.seal_id))
    added = (head.seal_id if head else newest.seal_id) - newest.seal_id
    found = f"that of seal {newest.seal_id} of {shanghai_time(newest.sealed_at)}; {added} seals were added since"
    return f"is {found}" if len(rows) == 1 else f"{len(kept)} of {len(rows)} are in the chain, the newest {found}"


def _lost(row: Any, noted: NotedHead) -> str:
    if noted.seal_id is None:
        return "the noted head is in no seal: the chain was cut off or written anew since it was noted"
    if row.has_number:
        return f"seal {noted.seal_id} is not the one whose head was noted: the chain was written anew since"
    return f"seal {noted.seal_id}, whose head was noted, is gone: the chain was cut off since"


def _waiting(connection: psycopg.Connection, first_batch: int, since: datetime | None, differences: Differences) -> int:
    """How many batches and corrections wait for their seal; those that do not even wait are differences."""
    waiting = 0
    for kind, ref_id, waits in _sql.run(connection, "unsealed", first_batch=first_batch, since=since):
        if waits:
            waiting += 1
        else:
            differences.add(
                f"{kind} {ref_id} has no seal and waits for none: it was added past the service, or unsealed"
            )
    return waiting
