"""How much processor time a piece of work takes: of this thread, and of its session in the database."""

import os
import time
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import psycopg

_PROC = Path("/proc")
_SERVER = "postgres"
_TICKS_A_S = os.sysconf("SC_CLK_TCK")

Effort = Callable[[], float]
"""Seconds of work done so far; only differences tell anything."""


def effort_of(connection: psycopg.Connection) -> Effort:
    """What this thread and the session of this connection do from now on.

    On a busy machine time passes without work being done, so it says little. Of a database on another machine only the
    time is known that this thread waits for it; that counts, then.
    """
    session = _session(connection)
    if session is None:
        return time.monotonic
    return lambda: time.thread_time() + _session_s(session)


def _session(connection: psycopg.Connection) -> Path | None:
    """Where the system tells of the session's process; None where it is not on this machine."""
    address = connection.info.hostaddr
    if address and not ip_address(address).is_loopback:
        return None
    told = _PROC / str(connection.info.backend_pid) / "stat"
    try:
        is_server = told.read_text().partition("(")[2].startswith(_SERVER)
    except OSError:
        return None
    return told if is_server else None


def _session_s(told: Path) -> float:
    """User and system time of a process; 0 when it has ended, as its work then ends too."""
    try:
        columns = told.read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(columns[11]) + int(columns[12])) / _TICKS_A_S
