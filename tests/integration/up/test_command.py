"""`enermon up` as a person runs it: it starts, says so, is stopped or killed, and leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.integration.ports import free_port, home_in
from tests.signed_in import bearer

pytestmark = pytest.mark.store

READY_S = 120.0
STOP_S = 60.0


@dataclass
class Up:
    """A running `enermon up` without simulated region."""

    process: subprocess.Popen[str]
    home: Path
    api_port: int
    lines: list[str]

    def text(self) -> str:
        """What it has printed."""
        return "\n".join(self.lines)


def _eventually(true: Callable[[], bool], *, within_s: float) -> bool:
    deadline, moment = time.monotonic() + within_s, threading.Event()
    while not true():
        if time.monotonic() > deadline:
            return False
        moment.wait(0.05)
    return True


def _processes_of(home: Path) -> list[str]:
    """Command lines of processes that were started for this home."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment, command = (entry / "environ").read_bytes(), (entry / "cmdline").read_bytes()
            folder = str((entry / "cwd").readlink())
        except OSError:
            continue
        if f"ENERMON_HOME={home}\0".encode() in environment or folder.startswith(f"{home}/"):
            found.append(command.replace(b"\0", b" ").decode())
    return found


def _environment(home: Path, store: str, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENERMON_")}
    return {**kept, "ENERMON_HOME": str(home), "ENERMON_STORE": store, "PYTHONUNBUFFERED": "1", **settings}


def _begin(home: Path, store: str, *options: str, port: int, **settings: str) -> Up:
    process = subprocess.Popen(
        [sys.executable, "-m", "services.up", *options],
        env=_environment(home, store, **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    up = Up(process, home, port, [])
    assert process.stdout is not None
    output = process.stdout
    threading.Thread(target=lambda: up.lines.extend(line.rstrip() for line in output), daemon=True).start()
    return up


def _start(home: Path, store: str) -> Up:
    port = free_port()
    up = _begin(home, store, "--no-fleet", port=port, ENERMON_API_PORT=str(port))
    _await_address(up)
    return up


def _await_address(up: Up) -> None:
    opened = _eventually(lambda: "Open http" in up.text() or up.process.poll() is not None, within_s=READY_S)
    assert opened, up.text()
    assert up.process.poll() is None, up.text()


def key_of(home: Path) -> dict[str, str]:
    """The header with the key of the first administrator."""
    return bearer((home / "secrets" / "administrator.key").read_text().strip())


@pytest.fixture(scope="module")
def up(store: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`enermon up`, ready; the tests of this file leave it running."""
    running = _start(tmp_path_factory.mktemp("up") / "home", store)
    yield running
    running.process.terminate()
    running.process.wait(STOP_S)


def test_every_part_is_named_when_ready_then_the_address(up: Up) -> None:
    ready = re.findall(r"^ready (\w+)", up.text(), re.MULTILINE)
    assert ready[:3] == ["database", "migrations", "broker"]
    assert sorted(ready[3:]) == ["alerts", "api", "ingest", "quality", "rollup"]
    assert f"Open http://127.0.0.1:{up.api_port}   打开 http://127.0.0.1:{up.api_port}" in up.text()
    assert httpx.get(f"http://127.0.0.1:{up.api_port}/health/ready").status_code == 200


def test_first_account_is_shown_once_with_a_key_that_its_owner_alone_can_read(up: Up) -> None:
    file = up.home / "secrets" / "administrator.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert re.search(r"Sign in as admin with the password \S{12,} ", up.text())
    me = httpx.get(f"http://127.0.0.1:{up.api_port}/api/v1/areas", headers=key_of(up.home))
    assert me.status_code == 200
    assert httpx.get(f"http://127.0.0.1:{up.api_port}/api/v1/areas").status_code == 401


def _database_as(home: Path, user: str) -> psycopg.Connection:
    """The private database, by the password that this home has for the user."""
    password = (home / "secrets" / f"{'database' if user == 'enermon' else user}.password").read_text().strip()
    port = json.loads((home / "remembered.json").read_text())["database_port"]
    return psycopg.connect(f"postgresql://{user}:{password}@127.0.0.1:{port}/enermon", autocommit=True)


def test_each_part_comes_to_the_database_by_a_login_of_its_own(up: Up) -> None:
    with _database_as(up.home, "enermon") as owner:
        rows = owner.execute(
            "SELECT DISTINCT split_part(application_name, '-', 2), usename FROM pg_stat_activity"
            " WHERE application_name LIKE 'enermon%' AND pid <> pg_backend_pid()"
        )
        found = {(str(name), str(user)) for name, user in rows}
    of_parts = {(name, f"enermon_{name}") for name in ("ingest", "rollup", "quality", "alerts")}
    assert found >= of_parts | {("retention", "enermon_ingest"), ("", "enermon_api"), ("up", "enermon_reader")}
    assert {user for _, user in found} == {f"enermon_{name}" for name in (*dict(of_parts), "api", "reader")}


def test_no_part_is_given_the_password_of_the_owner(up: Up) -> None:
    password = (up.home / "secrets" / "database.password").read_bytes().strip()
    environments = {entry: _environment_of(entry) for entry in _started_by(up.process.pid)}
    assert sum(b"ENERMON_DATABASE_URL=postgresql://enermon_" in each for each in environments.values()) == 5
    assert [entry for entry, each in environments.items() if password in each] == []


@pytest.mark.parametrize("part", ["api", "ingest", "rollup", "quality", "alerts", "admit", "reader"])
@pytest.mark.parametrize(
    "attack", ["COPY (SELECT 1) TO PROGRAM 'id'", "SET ROLE enermon", "SELECT * FROM pg_authid", "DROP TABLE reading"]
)
def test_the_login_of_a_part_cannot_become_more_than_it_is(up: Up, part: str, attack: str) -> None:
    with _database_as(up.home, f"enermon_{part}") as login:
        login.execute("RESET ROLE")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            login.execute(attack.encode())


def _started_by(parent: int) -> list[Path]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"PPid:\t{parent}\n" in (entry / "status").read_text():
                found.append(entry)
    return found


def _environment_of(process: Path) -> bytes:
    with suppress(OSError):  # of the database's user, or gone
        return (process / "environ").read_bytes()
    return b""


def test_embedded_store_says_what_it_lacks(up: Up, store: str) -> None:
    assert ("without TimescaleDB" in up.text()) == (store == "embedded")
    assert ("knows no users" in up.text()) == (store == "embedded")


def test_second_start_on_the_same_home_is_refused_and_the_first_goes_on(up: Up, store: str) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "services.up", "--no-fleet"],
        env=_environment(up.home, store),
        capture_output=True,
        text=True,
        timeout=READY_S,
        check=False,
    )
    assert second.returncode == 1
    assert f"already runs on this home ({up.home}), as process {up.process.pid}" in second.stderr
    assert up.process.poll() is None


def test_taken_api_port_is_named_with_its_holder(up: Up, store: str, tmp_path: Path) -> None:
    other = subprocess.run(
        [sys.executable, "-m", "services.up", "--no-fleet"],
        env=_environment(tmp_path / "other", store, ENERMON_API_PORT=str(up.api_port)),
        capture_output=True,
        text=True,
        timeout=READY_S,
        check=False,
    )
    assert other.returncode == 1
    assert re.search(rf"Port {up.api_port} \(ENERMON_API_PORT\) is taken by \S+ \(process \d+\)", other.stderr)


def test_part_that_dies_is_reported_with_its_log_and_started_again(up: Up) -> None:
    os.kill(int(_parts(up, "ingest")[0].name), signal.SIGKILL)
    assert _eventually(lambda: up.text().count("ready ingest") == 2, within_s=READY_S), up.text()
    assert re.search(r"ended ingest +killed by SIGKILL; again in 1 s\. Log: \S+ingest\.log", up.text())


def _parts(up: Up, name: str) -> list[Path]:
    """The processes of a part, in /proc."""
    return [entry for entry in Path("/proc").glob("[0-9]*") if _is_part(entry, up.process.pid, name)]


def _is_part(entry: Path, parent: int, name: str) -> bool:
    try:
        status, command = (entry / "status").read_text(), (entry / "cmdline").read_bytes()
    except OSError:
        return False
    return f"PPid:\t{parent}\n" in status and command.rstrip(b"\0").endswith(name.encode())


def test_killed_up_leaves_nothing_running_goes_on_with_its_data_and_stops_on_interrupt(
    store: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    first = _start(home, store)
    assert len(_processes_of(home)) >= 5
    live = f"http://127.0.0.1:{first.api_port}/api/v1/live"
    key = key_of(home)
    with httpx.stream(
        "GET", live, params={"scope": "area:150000"}, headers=key
    ) as watching:  # which does not end by itself
        assert watching.status_code == 200
        first.process.kill()
        first.process.wait()
        assert _eventually(lambda: not _processes_of(home), within_s=STOP_S), _processes_of(home)
    made = (home / "logs" / "initdb.log").stat().st_mtime
    second = _start(home, store)
    assert "Sign in as" in first.text()
    assert "Sign in as" not in second.text()
    assert (home / "logs" / "initdb.log").stat().st_mtime == made
    second.process.send_signal(signal.SIGINT)
    assert second.process.wait(STOP_S) == 0
    assert _eventually(lambda: not _processes_of(home), within_s=STOP_S), _processes_of(home)


class _OtherApi(BaseHTTPRequestHandler):
    """Another installation's API, as far as `enermon up` asks it."""

    asked: list[str]

    def do_GET(self) -> None:
        """Ready, but another instance."""
        self.asked.append(f"GET {self.path}")
        self.send_response(200)
        self.send_header("X-Enermon-Instance", "another")
        self.end_headers()
        self.wfile.write(b'{"status": "ok"}')

    def do_POST(self) -> None:
        """What must never come here."""
        self.asked.append(f"POST {self.path}")
        self.send_error(500)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what was asked is kept."""


@contextmanager
def _other_api_takes_the_port(up: Up) -> Iterator[list[str]]:
    """Another program answers at the port from before the API, which has just been started, can listen there."""
    assert _eventually(lambda: bool(_parts(up, "api")) or up.process.poll() is not None, within_s=READY_S), up.text()
    asked: list[str] = []
    handler = type("Handler", (_OtherApi,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", up.api_port), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield asked
        finally:
            server.shutdown()
            up.process.terminate()
            up.process.wait(STOP_S)


def test_api_whose_port_another_takes_meanwhile_goes_to_a_free_one_and_all_are_told_that(
    store: str, tmp_path: Path
) -> None:
    home = home_in(tmp_path / "home")
    taken = free_port()
    home.remember(api_port=str(taken))
    up = _begin(home.path, store, "--history-days", "0", port=taken)
    with _other_api_takes_the_port(up) as asked:
        _await_address(up)
        assert f"api: port {taken} was taken meanwhile by" in up.text()
        ready = re.findall(r"^ready api +(\S+)", up.text(), re.MULTILINE)
        assert len(ready) == 1
        url = ready[0]
        assert url != f"http://127.0.0.1:{taken}"
        assert f"Open {url} " in up.text()
        assert home.remembered()["api_port"] == url.rpartition(":")[2]
        answer = httpx.get(f"{url}/health/ready")
        assert (answer.status_code, len(answer.headers["X-Enermon-Instance"])) == (200, 32)
        assert f"ENERMON_ALERTS_LINK={url}\0".encode() in (_parts(up, "alerts")[0] / "environ").read_bytes()
        assert f"--api {url} " in next(line for line in _processes_of(home.path) if "enermon-sim fleet" in line)
        assert len(httpx.get(f"{url}/api/v1/enterprises", headers=key_of(home.path)).json()["data"]) > 0
    assert set(asked) <= {"GET /health/ready"}


def test_fixed_api_port_that_another_takes_meanwhile_is_named_with_its_holder(store: str, tmp_path: Path) -> None:
    home, port = home_in(tmp_path / "home"), free_port()
    up = _begin(home.path, store, "--no-fleet", port=port, ENERMON_API_PORT=str(port))
    with _other_api_takes_the_port(up):
        assert up.process.wait(READY_S) == 1
        said = rf"\[port_taken\]: Port {port} \(ENERMON_API_PORT\) is taken by \S+ \(process {os.getpid()}\)"
        assert _eventually(lambda: re.search(said, up.text()) is not None, within_s=STOP_S), up.text()
    assert "ready api" not in up.text()
    assert _processes_of(home.path) == []
