"""Walks the chain of seals: none is missing, each follows from the one before, and says what its record says."""

from collections import Counter
from datetime import datetime
from typing import NamedTuple

import psycopg

from services.core.calendar import to_us
from services.core.db.statements import Statements
from services.core.progress import Progress
from services.provenance.digest import NO_CHAIN, next_chain
from services.provenance.examine_audit import examine_audit
from services.provenance.found import MOST_TOLD, Differences, shanghai_time
from services.provenance.records import record_digests

_sql = Statements.beside(__file__, "verify.sql")

_PAGE = 20_000


class _Seal(NamedTuple):
    seal_id: int
    kind: str
    ref_id: int
    digest: bytes
    chain: bytes
    sealed_at: datetime


class Walk(NamedTuple):
    """What was walked."""

    seals: int
    corrections: int
    transactions: int


def walk(
    connection: psycopg.Connection,
    differences: Differences,
    *,
    first_seal: int,
    seals: int,
    progress: Progress,
) -> Walk:
    """Recompute the chain from `first_seal` on, `seals` of them; the chain before it is taken as it stands."""
    number, chain = 0, NO_CHAIN
    if first_seal > 1:
        number, chain = first_seal - 1, _chain_before(connection, first_seal)
    done = 0
    kinds: Counter[str] = Counter()
    while page := _sql.run(connection, "seals_after", after=number, most=_PAGE).of(_Seal).all():
        records = record_digests(connection, [(seal.kind, seal.ref_id) for seal in page])
        for seal in page:
            _check_chain(seal, number, chain, differences)
            _check_record(connection, seal, records.get((seal.kind, seal.ref_id)), differences)
            number, chain = seal.seal_id, seal.chain
            kinds[seal.kind] += 1
        done += len(page)
        progress(done, seals)
    return Walk(done, corrections=kinds["correction"], transactions=kinds["audit"])


def _chain_before(connection: psycopg.Connection, first_seal: int) -> bytes:
    seal = _sql.run(connection, "seals_after", after=first_seal - 2, most=1).of(_Seal).first()
    return seal.chain if seal is not None and seal.seal_id == first_seal - 1 else NO_CHAIN


def _check_chain(seal: _Seal, number: int, chain: bytes, differences: Differences) -> None:
    """Hold one seal against the one before it (`number`, `chain`)."""
    if seal.seal_id != number + 1:
        differences.add(f"seals {number + 1} to {seal.seal_id - 1} are gone")
    expected = next_chain(
        chain,
        seal_id=seal.seal_id,
        kind=seal.kind,
        ref_id=seal.ref_id,
        digest=seal.digest,
        sealed_us=to_us(seal.sealed_at),
    )
    if seal.chain != expected:
        differences.add(
            f"seal {seal.seal_id} ({seal.kind} {seal.ref_id}) does not follow from the seal before it:"
            " one of them was changed"
        )


def _check_record(connection: psycopg.Connection, seal: _Seal, record: bytes | None, differences: Differences) -> None:
    """Hold one seal against the digest of what it is of now."""
    what, sealed = f"{seal.kind} {seal.ref_id}", shanghai_time(seal.sealed_at)
    if record is None:
        differences.add(f"{what}, sealed at {sealed}, is gone")
    elif record == seal.digest:
        return
    elif seal.kind == "audit" and differences.count < MOST_TOLD:
        found = examine_audit(connection, seal_id=seal.seal_id, batch_id=seal.ref_id, digest=seal.digest)
        differences.add(f"{what}, sealed at {sealed}: {found}")
    else:
        differences.add(f"what is kept of {what} was changed after it was sealed at {sealed}")
