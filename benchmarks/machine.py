"""On what was measured, and how much of it other programs took meanwhile."""

import os
import platform
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.core.db.timescale import store_of

_PROC = Path("/proc")
TICKS_A_S = os.sysconf("SC_CLK_TCK")
_GIB_KB = 1024 * 1024
# Of /proc/stat, line cpu: user, nice, system, idle, iowait, irq, softirq, steal.
_IDLE_FIELDS = (3, 4)
_FIELDS = 8
# Of /proc/PID/stat behind the name: parent; user and system time, its own and of its children that have ended.
_PARENT, _OWN_TICKS, _CHILD_TICKS = 1, slice(11, 13), slice(13, 15)


@dataclass(frozen=True)
class Machine:
    """Hardware and versions."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    enermon: str
    fastapi: str
    uvicorn: str


def this_machine() -> Machine:
    """What this is."""
    return Machine(
        processor=_after(_PROC / "cpuinfo", "model name"),
        cores=os.cpu_count() or 0,
        memory_gib=round(int(_after(_PROC / "meminfo", "MemTotal").split()[0]) / _GIB_KB, 1),
        system=f"{platform.freedesktop_os_release()['PRETTY_NAME']}, kernel {platform.release()}",
        python=platform.python_version(),
        enermon=version("enermon"),
        fastapi=version("fastapi"),
        uvicorn=version("uvicorn"),
    )


def describe(database_url: str) -> str:
    """Which database this is."""
    with connect(database_url, role=DatabaseRole.READER, application_name="bench") as connection:
        store = store_of(connection)
    timescale = f", TimescaleDB {store.timescale_version} ({store.license})" if store.timescale_version else ""
    return f"PostgreSQL {store.postgres_version.split()[0]}{timescale}"


def _after(file: Path, name: str) -> str:
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return "unknown"


@dataclass(frozen=True, slots=True)
class Process:
    """A process: its parent, and for how many ticks it kept a processor busy."""

    parent: int
    own_ticks: int
    child_ticks: int
    """Of its children that have ended."""


def process(process_id: int) -> Process | None:
    """What /proc says of it; None when it has ended."""
    try:
        fields = (_PROC / str(process_id) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    own, child = (sum(int(ticks) for ticks in fields[of]) for of in (_OWN_TICKS, _CHILD_TICKS))
    return Process(int(fields[_PARENT]), own, child)


def processes() -> dict[int, Process]:
    """All that run, by their ids."""
    told = ((int(folder.name), process(int(folder.name))) for folder in _PROC.glob("[0-9]*"))
    return {process_id: each for process_id, each in told if each is not None}


class OtherLoad:
    """How many cores were busy with programs that are not of the benchmark."""

    def __init__(self, *process_ids: int) -> None:
        """`process_ids`: the programs of the benchmark; their children count with them."""
        self._roots = {os.getpid(), *process_ids}
        self._started_s = time.monotonic()
        self._busy, self._before = _busy_ticks(), self._our_ticks()

    def cores(self) -> float:
        """On average since the beginning."""
        passed = (time.monotonic() - self._started_s) * TICKS_A_S
        ours = sum(ticks - self._before.get(process_id, 0) for process_id, ticks in self._our_ticks().items())
        return max(0.0, (_busy_ticks() - self._busy - ours) / passed)

    def _our_ticks(self) -> dict[int, int]:
        parents: dict[int, int] = {}
        ticks: dict[int, int] = {}
        for process_id, told in processes().items():
            parents[process_id], ticks[process_id] = told.parent, told.own_ticks
        return {process_id: used for process_id, used in ticks.items() if self._is_ours(process_id, parents)}

    def _is_ours(self, process_id: int, parents: dict[int, int]) -> bool:
        while process_id:
            if process_id in self._roots:
                return True
            process_id = parents.get(process_id, 0)
        return False


def _busy_ticks() -> int:
    fields = [int(field) for field in (_PROC / "stat").read_text().split("\n", 1)[0].split()[1 : _FIELDS + 1]]
    return sum(ticks for number, ticks in enumerate(fields) if number not in _IDLE_FIELDS)
