"""Processor time and memory of the processes of a run, from /proc."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

_PROC = Path("/proc")
_TICKS_A_S = os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _SYSTEM, _CHILD_USER, _CHILD_SYSTEM = 1, 11, 12, 13, 14

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
    found = []
    for folder in _PROC.glob("[0-9]*"):
        fields = _stat(int(folder.name))
        if fields and int(fields[_PARENT]) == parent:
            found.append(int(folder.name))
    return found


def peak_memory_mb(pid: int) -> float:
    """The most memory the process ever held, in megabytes (VmHWM). Raises ValueError when it has ended."""
    return _status_kb(pid, "VmHWM:") * 1024 / 1e6


def _status_kb(pid: int, name: str) -> int:
    for line in (_PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise ValueError(f"process {pid} tells no {name}")


def own_s(pid: int) -> float:
    """Processor seconds of a process; 0 when it has ended."""
    fields = _stat(pid)
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS_A_S if fields else 0.0


def _of_the_dead_s(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[_CHILD_USER]) + int(fields[_CHILD_SYSTEM])) / _TICKS_A_S if fields else 0.0


def _stat(pid: int) -> list[str]:
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
