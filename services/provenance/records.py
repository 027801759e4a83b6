"""What stored batches, corrections and the audit say, digested for their seals: the same for who seals and verifies."""

from collections.abc import Collection, Iterator
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import psycopg
from psycopg.rows import class_row

from services.core.db.statements import Statements
from services.provenance.digest import AuditDigest, batch_digest, correction_digest

_sql = Statements.beside(__file__, "records.sql")

_PAGE = 2000

Ref = tuple[str, int]
"""What a seal is of: `batch`, `correction` or `audit`, and its number."""


class AuditEntry(NamedTuple):
    """One entry of the audit, as it is digested."""

    batch_id: int
    entry_id: int
    at_us: int
    account: str | None
    credential: str | None
    database_role: str
    request: str | None
    kind: str
    key: str
    subject: str
    action: str
    before: str | None
    after: str | None
    detail: str | None
    reason: str | None


def record_digests(connection: psycopg.Connection, refs: Collection[Ref]) -> dict[Ref, bytes]:
    """Digests of what these say now, batches first, each by number; what is gone is left out. Raises psycopg.Error."""
    found: dict[Ref, bytes] = {}
    batches = [number for kind, number in refs if kind == "batch"]
    for row in _sql.run(connection, "batches", numbers=batches).mappings() if batches else ():
        found["batch", row["batch_id"]] = batch_digest(**row)
    corrections = [number for kind, number in refs if kind == "correction"]
    for row in _sql.run(connection, "corrections", numbers=corrections).mappings() if corrections else ():
        found["correction", row["correction_id"]] = correction_digest(**row)
    audited = [number for kind, number in refs if kind == "audit"]
    for number, entries in groupby(audit_entries(connection, audited), attrgetter("batch_id")):
        found["audit", number] = audit_digest(number, entries)
    return found


def audit_digest(batch_id: int, entries: Iterator[AuditEntry]) -> bytes:
    """SHA-256 of what one transaction changed; entries by their numbers."""
    found = AuditDigest(batch_id)
    for entry in entries:
        found.add(entry_id=entry.entry_id, at_us=entry.at_us, said=entry[3:])
    return found.digest()


def audit_entries(connection: psycopg.Connection, batches: Collection[int]) -> Iterator[AuditEntry]:
    """The entries of batches, by batch and number; some at a time: one transaction may have changed very much."""
    if not batches:
        return
    given = {"batches": list(batches)}
    with connection.cursor(name="audit_entries", row_factory=class_row(AuditEntry)) as cursor:
        cursor.itersize = _PAGE
        cursor.execute(_sql.text_for("audit_entries", given).encode(), given)
        yield from cursor
