"""What stored batches and corrections say, digested for their seals: the same for who seals and who verifies."""

from collections.abc import Collection

import psycopg

from services.core.db.statements import Statements
from services.provenance.digest import batch_digest, correction_digest

_sql = Statements.beside(__file__, "records.sql")

Ref = tuple[str, int]
"""What a seal is of: `batch` or `correction`, and its number."""


def record_digests(connection: psycopg.Connection, refs: Collection[Ref]) -> dict[Ref, bytes]:
    """Digests of what these say now, batches first, each by number; what is gone is left out. Raises psycopg.Error."""
    found: dict[Ref, bytes] = {}
    batches = [number for kind, number in refs if kind == "batch"]
    for row in _sql.run(connection, "batches", numbers=batches).mappings() if batches else ():
        found["batch", row["batch_id"]] = batch_digest(**row)
    corrections = [number for kind, number in refs if kind == "correction"]
    for row in _sql.run(connection, "corrections", numbers=corrections).mappings() if corrections else ():
        found["correction", row["correction_id"]] = correction_digest(**row)
    return found
