"""Seals what was stored and corrected: each committed batch and correction becomes a link of one chain.

One worker of the roll-up seals, in transactions of its own: it alone holds the lock of the chain.
"""

import logging
import time
from datetime import date
from pathlib import Path

import psycopg

from services.core.calendar import SHANGHAI, from_us
from services.core.clock import utc_now
from services.core.db.statements import Statements
from services.provenance.digest import NO_CHAIN, next_chain
from services.provenance.found import Head
from services.provenance.heads import append_head
from services.provenance.records import Ref, record_digests

log = logging.getLogger("rollup")

_sql = Statements.beside(__file__, "sealing.sql")

EVERY_S = 1.0
MOST = 10_000
_AGAIN_S = 60.0
"""After which a head that could not be written is written again."""


class Sealing:
    """Seals on the connection of the roll-up, which reads times as microseconds since 1970."""

    def __init__(
        self, connection: psycopg.Connection, *, head_file: Path | None = None, head_file_every_s: float = 3600.0
    ) -> None:
        self._connection = connection
        self._next_s = 0.0
        self._told_on: date | None = None
        self._head_file = head_file
        self._head_file_every_s = head_file_every_s
        self._next_file_s = 0.0

    def when_due(self) -> None:
        """Seal what waits, at most about once a second; once a day say where the chain stands. Raises psycopg.Error."""
        now_s = time.monotonic()
        if now_s < self._next_s:
            return
        while self.once() == MOST:
            pass
        self._next_s = time.monotonic() + EVERY_S
        self._tell_head()
        self._write_head()

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
        """Once a day, and when this process begins to seal: a log kept elsewhere then holds the head too."""
        today = utc_now().astimezone(SHANGHAI).date()
        if today == self._told_on:
            return
        head = self._head()
        if head is not None:
            self._told_on = today
            at = head.sealed_at.isoformat()
            log.info("head of the seals", extra={"seal": head.seal_id, "head": head.chain.hex(), "sealed_at": at})

    def _write_head(self) -> None:
        """Write the head into the file when it is time; a disk that is away holds up nothing."""
        if self._head_file is None or time.monotonic() < self._next_file_s:
            return
        head = self._head()
        if head is None:
            return
        self._next_file_s = time.monotonic() + self._head_file_every_s
        try:
            append_head(self._head_file, head)
        except OSError as error:
            log.error("the head of the seals could not be written", extra={"reason": str(error)})
            self._next_file_s = time.monotonic() + min(_AGAIN_S, self._head_file_every_s)

    def _head(self) -> Head | None:
        with self._connection.transaction():
            head = _sql.run(self._connection, "head").first()
        return None if head is None else Head(head.seal_id, head.chain, from_us(head.sealed_at))
