"""Walks the chain of seals: none is missing, each follows from the one before, and says what its record says."""

from datetime import datetime
from typing import NamedTuple

import psycopg

from services.core.calendar import to_us
from services.core.db.statements import Statements
from services.core.progress import Progress
from services.provenance.digest import NO_CHAIN, next_chain
from services.provenance.found import Differences, shanghai_time
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
    done = corrections = 0
    while page := _sql.run(connection, "seals_after", after=number, most=_PAGE).of(_Seal).all():
        records = record_digests(connection, [(seal.kind, seal.ref_id) for seal in page])
        for seal in page:
            _check(seal, number, chain, records.get((seal.kind, seal.ref_id)), differences)
            number, chain = seal.seal_id, seal.chain
            corrections += seal.kind == "correction"
        done += len(page)
        progress(done, seals)
    return Walk(done, corrections)


def _chain_before(connection: psycopg.Connection, first_seal: int) -> bytes:
    seal = _sql.run(connection, "seals_after", after=first_seal - 2, most=1).of(_Seal).first()
    return seal.chain if seal is not None and seal.seal_id == first_seal - 1 else NO_CHAIN


def _check(seal: _Seal, number: int, chain: bytes, record: bytes | None, differences: Differences) -> None:
    """Hold one seal against the one before it (`number`, `chain`) and against the digest of its record now."""
    what = f"{seal.kind} {seal.ref_id}"
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
            f"seal {seal.seal_id} ({what}) does not follow from the seal before it: one of them was changed"
        )
    if record is None:
        differences.add(f"{what}, sealed at {shanghai_time(seal.sealed_at)}, is gone")
    elif record != seal.digest:
        differences.add(f"what is kept of {what} was changed after it was sealed at {shanghai_time(seal.sealed_at)}")
