"""The durable store of a simulated gateway: what was not answered, and how far each gateway has got.

One SQLite file holds it for all gateways of a run. A message is written together with the position of the feed
it came from, so that after a kill nothing is lost and nothing is made twice.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    gateway TEXT NOT NULL,
    seq INTEGER NOT NULL,
    payload BLOB NOT NULL,
    readings INTEGER NOT NULL,
    after_seq INTEGER NOT NULL,
    copies INTEGER NOT NULL,
    cut_after_s REAL NOT NULL,
    PRIMARY KEY (gateway, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS position (
    gateway TEXT PRIMARY KEY,
    next_seq INTEGER NOT NULL,
    cursor INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS total (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""


class StateMismatchError(Exception):
    """The state directory belongs to a run with other options."""


@dataclass(frozen=True, slots=True)
class Message:
    """A numbered message. after_seq: it may leave once the gateway has numbered its messages up to this one."""

    gateway: str
    seq: int
    payload: bytes
    readings: int
    after_seq: int
    copies: int = 1
    cut_after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Position:
    """next_seq: number of the gateway's next message; cursor: how far its feed has got, None at the very start."""

    next_seq: int
    cursor: int | None


class Outbox:
    """Changes are kept in memory until `commit`; publish only what is committed."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)
        self._new: list[Message] = []
        self._gone: list[tuple[str, int]] = []
        self._positions: dict[str, Position] = {}

    def bind(self, settings: dict[str, str]) -> None:
        """Remember what decides the content of this run; raises StateMismatchError if the file holds something else."""
        for name, value in settings.items():
            self._db.execute("INSERT OR IGNORE INTO setting (name, value) VALUES (?, ?)", (name, value))
            (kept,) = self._db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
            if kept != value:
                self._db.rollback()
                raise StateMismatchError(
                    f"the state directory was made with {name}={kept}, this run has {name}={value}: "
                    "use the same option or another --state directory"
                )
        self._db.commit()

    def remember(self, name: str, value: str) -> str:
        """The value kept under this name: the given one at the first time, that one ever after."""
        self._db.execute("INSERT OR IGNORE INTO setting (name, value) VALUES (?, ?)", (name, value))
        self._db.commit()
        (kept,) = self._db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return str(kept)

    def latest_cursor(self) -> int | None:
        """The furthest position of any gateway; None at the very start."""
        (latest,) = self._db.execute("SELECT max(cursor) FROM position").fetchone()
        return int(latest) if latest is not None else None

    def position(self, gateway: str) -> Position:
        if gateway in self._positions:
            return self._positions[gateway]
        row = self._db.execute("SELECT next_seq, cursor FROM position WHERE gateway = ?", (gateway,)).fetchone()
        return Position(row[0], row[1]) if row else Position(1, None)

    def unanswered(self, gateway: str) -> list[Message]:
        """Committed messages without answer, oldest first."""
        rows = self._db.execute(
            "SELECT gateway, seq, payload, readings, after_seq, copies, cut_after_s FROM message"
            " WHERE gateway = ? ORDER BY after_seq, seq",
            (gateway,),
        )
        return [Message(*row) for row in rows]

    def append(self, messages: Iterable[Message], *, gateway: str, position: Position) -> None:
        self._new.extend(messages)
        self._positions[gateway] = position

    def forget(self, gateway: str, seq: int) -> None:
        self._gone.append((gateway, seq))

    def totals(self) -> dict[str, int]:
        """Counts over all runs on this file."""
        return dict(self._db.execute("SELECT name, value FROM total"))

    def commit(self, totals: dict[str, int] | None = None) -> None:
        """Write everything that is pending in one transaction, and the totals with it."""
        if not (self._new or self._gone or self._positions):
            return
        with self._db:
            self._db.executemany(
                "INSERT INTO message (gateway, seq, payload, readings, after_seq, copies, cut_after_s)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(m.gateway, m.seq, m.payload, m.readings, m.after_seq, m.copies, m.cut_after_s) for m in self._new],
            )
            self._db.executemany("DELETE FROM message WHERE gateway = ? AND seq = ?", self._gone)
            self._db.executemany(
                "INSERT INTO position (gateway, next_seq, cursor) VALUES (?, ?, ?)"
                " ON CONFLICT (gateway) DO UPDATE SET next_seq = excluded.next_seq, cursor = excluded.cursor",
                [(gateway, p.next_seq, p.cursor) for gateway, p in self._positions.items()],
            )
            self._db.executemany("INSERT OR REPLACE INTO total (name, value) VALUES (?, ?)", (totals or {}).items())
        self._new.clear()
        self._gone.clear()
        self._positions.clear()

    def close(self) -> None:
        self.commit()
        self._db.close()
