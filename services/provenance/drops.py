"""Whether what each drop of readings has left of batches is as its record, which the audit keeps, says."""

import psycopg

from services.core.db.statements import Statements
from services.provenance.digest import RemaindersDigest
from services.provenance.found import Differences, DropRecord

_sql = Statements.beside(__file__, "verify.sql")

_PAGE = 20_000


def hold_drops(connection: psycopg.Connection, differences: Differences) -> list[DropRecord]:
    """The drops, the newest first, each held against the digest of its remainders."""
    drops = _sql.run(connection, "drops").of(DropRecord).all()
    for drop in drops:
        if _remainders(connection, drop.drop_id) != (drop.remainders, drop.remainders_digest):
            differences.add(f"what drop {drop.drop_id} of readings has left of batches is not as it was recorded")
    return drops


def _remainders(connection: psycopg.Connection, drop_id: int) -> tuple[int, bytes]:
    """How many there are, and their digest."""
    found, count, after = RemaindersDigest(), 0, -(2**62)
    while page := _sql.run(connection, "remainders", drop_id=drop_id, after=after, most=_PAGE).all():
        for batch_id, readings, digest in page:
            found.add(batch_id, readings, digest)
        count, after = count + len(page), page[-1].batch_id
    return count, found.digest()
