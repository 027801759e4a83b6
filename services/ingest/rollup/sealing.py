"""Seals what was stored and corrected: each committed batch and correction becomes a link of one chain.

The process that leads the roll-up seals, in a transaction of its own.
"""

import logging
import time
from datetime import date
from typing import NamedTuple

import psycopg

from services.core.db.queries import load
from services.core.domain.calendar import SHANGHAI, from_us
from services.core.domain.sealing import NO_CHAIN, batch_digest, correction_digest, next_chain
from services.ingest.clock import utc_now

log = logging.getLogger("rollup")

_sql = load(__file__, "sealing.sql")

EVERY_S = 1.0
MOST = 10_000


class _Record(NamedTuple):
    """What is to be sealed."""

    kind: str
    ref_id: int
    digest: bytes


class Sealing:
    """Seals on the connection of the roll-up, which reads times as microseconds since 1970."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._next_s = 0.0
        self._told_on: date | None = None

    def when_due(self) -> None:
        """Seal what waits, at most about once a second; once a day say where the chain stands. Raises psycopg.Error."""
        now_s = time.monotonic()
        if now_s < self._next_s:
            return
        while self.once() == MOST:
            pass
        self._next_s = time.monotonic() + EVERY_S
        self._tell_head()

    def once(self) -> int:
        """Seal up to MOST batches and corrections in one transaction; how many were taken from the queue."""
        connection = self._connection
        with connection.transaction():
            due = list(_sql.take_due(connection, most=MOST))
            if due:
                self._add(self._records(due))
        return len(due)

    def _records(self, due: list[tuple[str, int]]) -> list[_Record]:
        batches = _sql.batches(self._connection, numbers=[number for kind, number in due if kind == "batch"])
        records = [
            _Record(
                "batch",
                batch_id,
                batch_digest(
                    batch_id=batch_id,
                    received_us=received_us,
                    writer=writer,
                    readings=readings,
                    digest=digest,
                    first_us=first_us,
                    last_us=last_us,
                ),
            )
            for batch_id, received_us, writer, readings, digest, first_us, last_us in batches
        ]
        corrections = [number for kind, number in due if kind == "correction"]
        if corrections:
            records.extend(self._corrections(corrections))
        return records

    def _corrections(self, numbers: list[int]) -> list[_Record]:
        return [
            _Record(
                "correction",
                correction_id,
                correction_digest(
                    correction_id=correction_id,
                    meter_id=meter_id,
                    ts_us=ts_us,
                    kind=kind,
                    original_value=original_value,
                    value=value,
                    author=author,
                    reason=reason,
                    recorded_us=recorded_us,
                ),
            )
            for correction_id, meter_id, ts_us, kind, original_value, value, author, reason, recorded_us in (
                _sql.corrections(self._connection, numbers=numbers)
            )
        ]

    def _add(self, records: list[_Record]) -> None:
        sealed_us = int(_sql.now(self._connection))
        seal_id, chain = next(((number, chain) for number, chain, _ in _sql.head(self._connection)), (0, NO_CHAIN))
        first = seal_id + 1
        chains: list[bytes] = []
        for record in records:
            seal_id += 1
            chain = next_chain(
                chain,
                seal_id=seal_id,
                kind=record.kind,
                ref_id=record.ref_id,
                digest=record.digest,
                sealed_us=sealed_us,
            )
            chains.append(chain)
        _sql.add(
            self._connection,
            seal_ids=list(range(first, seal_id + 1)),
            kinds=[record.kind for record in records],
            ref_ids=[record.ref_id for record in records],
            digests=[record.digest for record in records],
            chains=chains,
        )

    def _tell_head(self) -> None:
        """Once a day, and when this process begins to lead: a log kept elsewhere then holds the head too."""
        today = utc_now().astimezone(SHANGHAI).date()
        if today == self._told_on:
            return
        with self._connection.transaction():
            heads = list(_sql.head(self._connection))
        for seal_id, chain, sealed_us in heads:
            self._told_on = today
            at = from_us(sealed_us).isoformat()
            log.info("head of the seals", extra={"seal": seal_id, "head": chain.hex(), "sealed_at": at})
