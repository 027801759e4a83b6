"""Processor time and memory of the processes of a run, from /proc."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.machine import TICKS_A_S, process, processes

_PROC = Path("/proc")

_BACKENDS = {
    "enermon-ingest": "database: storing",
    "enermon-rollup": "database: roll-up",
    "enermon": "database: API",
    "bench-peer": "database: storing",
}
OTHER_DATABASE = "database: WAL, checkpoints, others"


@dataclass(frozen=True)
class Watched:
    """The processes of a run: by part their ids, and the server whose backends are told by application name."""

    parts: Mapping[str, tuple[int, ...]]
    postmaster: int
    server_url: str


class Usage:
    """Processor seconds by part since it was made."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._before = self._read()

    def seconds(self) -> dict[str, float]:
        """By part."""
        return {part: used - self._before.get(part, 0.0) for part, used in self._read().items()}

    def _read(self) -> dict[str, float]:
        found = {part: sum(own_s(pid) for pid in pids) for part, pids in self._watched.parts.items()}
        with psycopg.connect(self._watched.server_url) as connection:
            rows = connection.execute(
                "SELECT pid, application_name FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            ).fetchall()
        told = {pid: _BACKENDS[name] for pid, name in rows if name in _BACKENDS}
        for pid, part in told.items():
            found[part] = found.get(part, 0.0) + own_s(pid)
        whole = sum(own_s(pid) for pid in (self._watched.postmaster, *children(self._watched.postmaster)))
        whole += _of_the_dead_s(self._watched.postmaster)
        found[OTHER_DATABASE] = whole - sum(used for part, used in found.items() if part in _BACKENDS.values())
        return found


def children(parent: int) -> list[int]:
    """Processes that this one has started and that still run."""
    return [process_id for process_id, told in processes().items() if told.parent == parent]


def peak_memory_mb(pid: int) -> float:
    """The most memory the process ever held, in megabytes (VmHWM). Raises ValueError when it has ended."""
    return _status_kb(pid, "VmHWM:") * 1024 / 1e6


def _status_kb(pid: int, name: str) -> int:
    for line in (_PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise ValueError(f"process {pid} tells no {name}")


def own_s(pid: int, *, with_ended: bool = False) -> float:
    """Processor seconds of a process; 0 when it has ended. `with_ended`: and of its children that have."""
    told = process(pid)
    if told is None:
        return 0.0
    return (told.own_ticks + (told.child_ticks if with_ended else 0)) / TICKS_A_S


def _of_the_dead_s(pid: int) -> float:
    told = process(pid)
    return told.child_ticks / TICKS_A_S if told else 0.0
