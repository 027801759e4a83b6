"""Seals what was stored and corrected: each committed batch and correction becomes a link of one chain.

The process that leads the roll-up seals, in a transaction of its own.
"""

import logging
import time
from datetime import date

import psycopg

from services.core.calendar import SHANGHAI, from_us
from services.core.clock import utc_now
from services.core.db.statements import Statements
from services.provenance.digest import NO_CHAIN, next_chain
from services.provenance.records import Ref, record_digests

log = logging.getLogger("rollup")

_sql = Statements.beside(__file__, "sealing.sql")

EVERY_S = 1.0
MOST = 10_000


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
            due = list(_sql.run(connection, "take_due", most=MOST))
            fresh = [(kind, ref_id) for kind, ref_id, is_sealed in due if not is_sealed]
            if fresh:
                self._add(record_digests(connection, fresh))
        return len(due)

    def _add(self, digests: dict[Ref, bytes]) -> None:
        sealed_us = int(_sql.run(self._connection, "now").scalar_one())
        head = _sql.run(self._connection, "head").first()
        seal_id, chain = (head.seal_id, head.chain) if head else (0, NO_CHAIN)
        first = seal_id + 1
        chains: list[bytes] = []
        for (kind, ref_id), digest in digests.items():
            seal_id += 1
            chain = next_chain(chain, seal_id=seal_id, kind=kind, ref_id=ref_id, digest=digest, sealed_us=sealed_us)
            chains.append(chain)
        _sql.run(
            self._connection,
            "add",
            seal_ids=list(range(first, seal_id + 1)),
            kinds=[kind for kind, _ in digests],
            ref_ids=[ref_id for _, ref_id in digests],
            digests=list(digests.values()),
            chains=chains,
        )

    def _tell_head(self) -> None:
        """Once a day, and when this process begins to lead: a log kept elsewhere then holds the head too."""
        today = utc_now().astimezone(SHANGHAI).date()
        if today == self._told_on:
            return
        with self._connection.transaction():
            head = _sql.run(self._connection, "head").first()
        if head is not None:
            self._told_on = today
            at = from_us(head.sealed_at).isoformat()
            log.info("head of the seals", extra={"seal": head.seal_id, "head": head.chain.hex(), "sealed_at": at})
