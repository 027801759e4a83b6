"""What can be told of a batch of the audit whose entries are not those that were sealed.

As of readings (examine.py): a row carries the transaction that wrote it as it is now, and one that is younger than the
seal was changed or added after it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import psycopg

from services.core.db.statements import Statements
from services.provenance.found import shanghai_time
from services.provenance.records import audit_digest, audit_entries

_sql = Statements.beside(__file__, "verify.sql")

_MOST_ROWS = 200_000
_MOST_NAMED = 10


class _Entry(NamedTuple):
    entry_id: int
    at: datetime
    who: str
    kind: str
    subject: str
    action: str
    is_later: bool


def examine_audit(connection: psycopg.Connection, *, seal_id: int, batch_id: int, digest: bytes) -> str:
    """How the entries of batch `batch_id` differ from those that were sealed, as far as can be told."""
    entries = _sql.run(connection, "audit_of_batch", batch_id=batch_id, seal_id=seal_id, most=_MOST_ROWS)
    found = entries.of(_Entry).all()
    later = [entry for entry in found if entry.is_later]
    if not later:
        return f"entries are gone; left are: {_named(found)}"
    numbers = {entry.entry_id for entry in later}
    kept = [entry for entry in audit_entries(connection, [batch_id]) if entry.entry_id not in numbers]
    if audit_digest(batch_id, iter(kept)) == digest:
        return f"{len(later)} added later, the others are those that were sealed: {_named(later)}"
    return f"{len(later)} written later (changed or added): {_named(later)}"


def _named(entries: Sequence[_Entry]) -> str:
    named = ", ".join(
        f"entry {each.entry_id} ({each.action} of {each.kind} {each.subject}, {shanghai_time(each.at)}, {each.who})"
        for each in entries[:_MOST_NAMED]
    )
    return named if len(entries) <= _MOST_NAMED else f"{named} and {len(entries) - _MOST_NAMED} more"
