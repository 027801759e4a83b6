"""Work that several processes share: all meters are in 16 fixed parts, and each process has some of them.

A part is a lock of the session, on the connection by which its meters are worked on. So one process alone has it, and
of one that dies the database undoes what it was at before it lets others have its parts.
"""

import logging
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import psycopg
from prometheus_client import Gauge

from services.core.db.leading import AGAIN_S, LEADING, LockKey, try_to_lead
from services.core.db.statements import Statements

log = logging.getLogger("leading")

_sql = Statements.beside(__file__, "sharing.sql")

PARTS = Gauge("enermon_parts", "Parts of the meters, of 16, that are worked on", ["role"], multiprocess_mode="livesum")

ALL_PARTS = tuple(range(16))
"""As `meter_part` of the database gives them."""


def part_of(meter_id: int) -> int:
    """The part of a meter, in either direction: the same as `meter_part`."""
    number = abs(meter_id)
    return (number ^ number >> 4 ^ number >> 8) & 15


def share_of(place: int, sharing: int) -> frozenset[int]:
    """The parts of the one at this place among so many, as evenly as can be; all have all of them between them."""
    return frozenset(part for part in ALL_PARTS if part % sharing == place)


def in_turn(parts: Sequence[int], turn: int) -> list[int]:
    """The parts, beginning each turn with another one: a backlog in one of them does not hold up the others."""
    first = turn % len(parts) if parts else 0
    return [*parts[first:], *parts[:first]]


class Share:
    """The parts of the meters that this connection has. `key` is that of the role, which all who share it hold."""

    def __init__(self, connection: psycopg.Connection, key: LockKey, *, of_parts: LockKey) -> None:
        self._connection = connection
        self._key = key
        self._family = of_parts
        self._held: frozenset[int] = frozenset()
        self._next_s = float("-inf")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        PARTS.labels(self._key.role).set(0)

    def parts(self) -> Sequence[int]:
        """The parts to work on now. To be asked for between transactions: others may get some, about each second."""
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._next_s = now_s + AGAIN_S
            self._divide()
        return sorted(self._held)

    def _divide(self) -> None:
        sharing = list(_sql.run(self._connection, "sharing", key=self._key).scalars())
        mine = share_of(sharing.index(True), len(sharing)) if True in sharing else frozenset()
        if mine == self._held:
            return
        before = self._held
        self._give_back(self._held - mine)
        self._take(mine - self._held)
        if self._held != before:
            PARTS.labels(self._key.role).set(len(self._held))
            about = {"role": self._key.role, "parts": sorted(self._held), "sharing": len(sharing)}
            log.info("parts divided", extra=about)

    def _give_back(self, parts: frozenset[int]) -> None:
        if parts:
            self._held -= parts
            _sql.run(self._connection, "give_back_parts", family=self._family, parts=sorted(parts))

    def _take(self, parts: frozenset[int]) -> None:
        if parts:
            taken = _sql.run(self._connection, "take_parts", family=self._family, parts=sorted(parts))
            self._held |= frozenset(taken.scalars())


class Alone:
    """Whether this connection is the one to do what only one of those who share a role may do."""

    def __init__(self, connection: psycopg.Connection, key: LockKey) -> None:
        self._connection = connection
        self._key = key
        self._holds = False
        self._next_s = float("-inf")

    def __enter__(self) -> Self:
        LEADING.labels(self._key.role).set(0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        LEADING.labels(self._key.role).set(0)

    def holds(self) -> bool:
        """Whether it is, from then on until the connection ends; asked for again about each second until it is."""
        now_s = time.monotonic()
        if not self._holds and now_s >= self._next_s:
            self._next_s = now_s + AGAIN_S
            self._holds = try_to_lead(self._connection, self._key)
            if self._holds:
                LEADING.labels(self._key.role).set(1)
                log.info("leading", extra={"role": self._key.role})
        return self._holds
