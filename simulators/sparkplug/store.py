"""What an edge node keeps on its disk: values that no host can have yet, and the number of its session.

Delivery is QoS 0, and nothing answers. So what was sent is kept for some seconds more: a host that goes without a word
is known to be gone only then, and what was on its way is sent again as history.
"""

import sqlite3
from pathlib import Path
from typing import NamedTuple

_TABLES = """
CREATE TABLE IF NOT EXISTS kept (
    id INTEGER PRIMARY KEY, device TEXT, metric TEXT, at_ms INTEGER, value REAL, sent_ms INTEGER
);
CREATE TABLE IF NOT EXISTS session (one INTEGER PRIMARY KEY CHECK (one = 1), bd_seq INTEGER);
"""


class KeptValue(NamedTuple):
    """A value of a metric of a device at a time in ms since 1970; `id` orders them as they were taken."""

    id: int
    device: str
    metric: str
    at_ms: int
    value: float


class EdgeStore:
    """Opened on a file, or in memory without one."""

    def __init__(self, file: Path | None) -> None:
        self._database = sqlite3.connect(file or ":memory:", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(_TABLES)

    def next_bd_seq(self) -> int:
        """The number of a new session, 0 to 255, kept over restarts."""
        row = self._database.execute("SELECT bd_seq FROM session").fetchone()
        bd_seq = 0 if row is None else (int(row[0]) + 1) % 256
        self._database.execute("INSERT OR REPLACE INTO session VALUES (1, ?)", [bd_seq])
        return bd_seq

    def keep(self, values: list[tuple[str, str, int, float]]) -> list[KeptValue]:
        """Keep values (device, metric, ms, value) that are not sent yet."""
        self._database.execute("BEGIN")
        kept = []
        for each in values:
            cursor = self._database.execute("INSERT INTO kept (device, metric, at_ms, value) VALUES (?, ?, ?, ?)", each)
            kept.append(KeptValue(int(cursor.lastrowid or 0), *each))
        self._database.execute("COMMIT")
        return kept

    def sent(self, values: list[KeptValue], *, now_ms: int) -> None:
        """Note that these went out now."""
        self._database.executemany("UPDATE kept SET sent_ms = ? WHERE id = ?", [(now_ms, each.id) for each in values])

    def forget(self, *, sent_before_ms: int) -> None:
        """Forget what went out long enough ago."""
        self._database.execute("DELETE FROM kept WHERE sent_ms < ?", [sent_before_ms])

    def doubt(self) -> None:
        """The host is gone: what was sent last counts as not sent."""
        self._database.execute("UPDATE kept SET sent_ms = NULL WHERE sent_ms IS NOT NULL")

    def waiting(self, most: int) -> list[KeptValue]:
        """The oldest values that are not sent."""
        rows = self._database.execute(
            "SELECT id, device, metric, at_ms, value FROM kept WHERE sent_ms IS NULL ORDER BY id LIMIT ?", [most]
        )
        return [KeptValue(*row) for row in rows]

    def count(self) -> int:
        """How many values are not sent."""
        return int(self._database.execute("SELECT count(*) FROM kept WHERE sent_ms IS NULL").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._database.close()
