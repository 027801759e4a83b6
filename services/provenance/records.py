"""What stored batches and corrections say, digested for their seals: the same for who seals and who verifies."""

from collections.abc import Collection

import psycopg

from services.core.db.queries import load
from services.provenance.digest import batch_digest, correction_digest

_sql = load(__file__, "records.sql")

Ref = tuple[str, int]
"""What a seal is of: `batch` or `correction`, and its number."""


def record_digests(connection: psycopg.Connection, refs: Collection[Ref]) -> dict[Ref, bytes]:
    """Digests of what these say now, batches first, each by number; what is gone is left out. Raises psycopg.Error."""
    found: dict[Ref, bytes] = {}
    batches = [number for kind, number in refs if kind == "batch"]
    for number, received_us, writer, readings, digest, first_us, last_us in (
        _sql.batches(connection, numbers=batches) if batches else ()
    ):
        found["batch", number] = batch_digest(
            batch_id=number,
            received_us=received_us,
            writer=writer,
            readings=readings,
            digest=digest,
            first_us=first_us,
            last_us=last_us,
        )
    corrections = [number for kind, number in refs if kind == "correction"]
    for number, meter_id, ts_us, kind, original_value, value, author, reason, recorded_us in (
        _sql.corrections(connection, numbers=corrections) if corrections else ()
    ):
        found["correction", number] = correction_digest(
            correction_id=number,
            meter_id=meter_id,
            ts_us=ts_us,
            kind=kind,
            original_value=original_value,
            value=value,
            author=author,
            reason=reason,
            recorded_us=recorded_us,
        )
    return found
