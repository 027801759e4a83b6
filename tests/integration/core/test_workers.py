"""`enermon rollup` and `enermon quality` as several processes: one port, one that is killed is started again."""

import os
import signal
from pathlib import Path

import psycopg
import pytest

from services.core.workers import Workers
from services.up.stack import Stack
from tests.integration.core.told import leading, parts, told
from tests.integration.ports import free_port
from tests.integration.running import environment_of, running, wait_until

pytestmark = pytest.mark.store

PIDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'enermon-rollup'"


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[1])


def workers() -> list[int]:
    """Processes that were told to be one worker of the roll-up."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[-3:] == [b"services.cli", b"rollup", b""]:
            found.append(int(path.parent.name))
    return found


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_workers_are_counted_at_one_port_started_again_and_end_with_their_parent(
    stack: Stack, database: psycopg.Connection, database_url: str
) -> None:
    port, before = free_port(), set(workers())
    environment = environment_of(stack, database_url) | {
        "ENERMON_ROLLUP_METRICS_PORT": str(port),
        "ENERMON_ROLLUP_WORKERS": "3",
    }
    with running("rollup", **environment) as command:
        command.wait_for("sharing", times=3)
        wait_until("they have all parts", lambda: parts(port, "rollup") == 16)
        assert [leading(port, role) for role in ("rollup", "sealing")] == [1, 1]
        mine = [pid for pid in workers() if pid not in before and parent_of(pid) not in (0, 1)]
        assert len(mine) == 3
        os.kill(mine[0], signal.SIGKILL)
        command.wait_for("sharing", times=4)
        assert [(line["command"], line["worker"], line["code"]) for line in command.said("worker ended")] == [
            ("rollup", mine[0], -signal.SIGKILL)
        ]
        wait_until("they have all parts again", lambda: parts(port, "rollup") == 16)
        left = [pid for pid in workers() if pid not in before]
        command.kill()
        wait_until("all have ended", lambda: not any(map(is_running, left)), within_s=30)
    assert told(port, "enermon_parts", "rollup") is None


def test_workers_stop_when_their_parent_is_told_to(stack: Stack, database_url: str) -> None:
    environment = environment_of(stack, database_url) | {"ENERMON_QUALITY_WORKERS": "2"}
    with running("quality", **environment) as command:
        command.wait_for("sharing", times=2)
        assert command.stop() == 0


def test_a_worker_that_ends_with_an_error_ends_all_with_its_code(capfd: pytest.CaptureFixture[str]) -> None:
    stood = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        with pytest.raises(SystemExit) as ended:
            Workers("no-such-command", workers="ENERMON_WORKERS", port="ENERMON_PORT").run(2, port=0, host="")
    finally:
        for number, handler in stood.items():
            signal.signal(number, handler)
    assert ended.value.code == 2
    assert "No such command" in capfd.readouterr().err
