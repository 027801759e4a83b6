"""The services as processes of their own, as an operator runs them."""

import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

from services.ingest.broker_users import ingest_user
from services.up.stack import Stack
from tests.integration.connecting import connected
from tests.integration.let_in import url_of
from tests.integration.ports import free_port

READY_WITHIN_S = 120.0
SERVICES = (
    "services.cli",
    "services.ingest.mqtt.service",
    "services.energy.rollup.service",
    "services.quality.process.service",
    "services.alerts.service",
    "services.api.serve",
    "services.api.app",
)

# A process that has imported the services, and does nothing but fork. Each service is still a process of its own, with
# memory and environment of its own, but does not spend its first second on imports.
_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload([__name__, *SERVICES])


def _run(command: str, environment: Mapping[str, str], log: Connection) -> None:
    os.dup2(log.fileno(), sys.stderr.fileno())
    log.close()
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["enermon", command]
    from services.cli import main

    main()


class Process:
    """One running `enermon` command; its log is kept, and its words waited for."""

    def __init__(self, command: str, environment: Mapping[str, str]) -> None:
        self.lines: list[str] = []
        self._said = threading.Condition()
        ours, log = _forking.Pipe(duplex=False)
        self._process = _forking.Process(target=_run, args=(command, dict(os.environ | environment), log))
        self._process.start()
        log.close()
        threading.Thread(target=self._read, args=(ours,), daemon=True).start()

    def _read(self, log: Connection) -> None:
        with open(os.dup(log.fileno()), encoding="utf-8") as lines:
            log.close()
            for line in lines:
                with self._said:
                    self.lines.append(line)
                    self._said.notify_all()

    def wait_for(self, event: str, *, times: int = 1, within_s: float = READY_WITHIN_S) -> None:
        """Wait until the log has said `event` so many times."""
        with self._said:
            if not self._said.wait_for(lambda: len(self.said(event)) >= times, within_s):
                raise AssertionError(f"no {event!r} within {within_s} s:\n{''.join(self.lines)}")

    def said(self, event: str) -> list[dict[str, Any]]:
        """The lines of the log with this event."""
        lines = [json.loads(line) for line in list(self.lines) if line.startswith("{")]
        return [line for line in lines if line.get("event") == event]

    def require_running(self) -> None:
        """Raises AssertionError with the log where it has ended."""
        code = self._process.exitcode
        if code is not None:
            raise AssertionError(f"ended with {code}:\n{''.join(self.lines)}")

    def kill(self) -> None:
        """As a crash: SIGKILL."""
        self._process.kill()
        self._process.join()

    def stop(self) -> int:
        """As an operator: SIGTERM; the exit code."""
        self._process.terminate()
        self._process.join(30)
        code = self._process.exitcode
        assert code is not None, "still running 30 s after SIGTERM"
        return code


def stop_at_once(stack: Stack) -> None:
    """As `pg_ctl stop -m immediate` does: connections are cut, and the next start recovers."""
    server = stack.database.child
    assert server is not None
    os.kill(server.pid, signal.SIGQUIT)
    server.wait(30)


@contextmanager
def running(command: str, **environment: str) -> Iterator[Process]:
    """An `enermon` command that is ready, killed at the end if it still runs."""
    process = Process(command, environment)
    try:
        process.wait_for("ready")
        yield process
    finally:
        process.kill()


def environment_of(stack: Stack, database_url: str, *, instance: int = 0) -> dict[str, str]:
    """What services on this database are told. Ingest begins with a session of its own at the broker.

    Of a session that others had before it, ingest would be given what came for them since; one that others had at
    its side would go on to take its share. Mosquitto, which knows sessions by the user, forgets them; the embedded
    broker, which knows them by the client id, is given another one.
    """
    name = database_url.rpartition("/")[2].partition("?")[0]
    for user in map(ingest_user, range(2)):
        with connected(stack.mqtt_url(user), user, clean=True):
            pass
    user = ingest_user(instance)
    return {
        "ENERMON_DATABASE_URL": database_url,
        "ENERMON_MQTT_URL": stack.mqtt_url(user),
        "ENERMON_INGEST_INSTANCE": str(instance),
        "ENERMON_INGEST_CLIENT_ID": f"ingest-{name}-{instance}",
    }


@contextmanager
def running_api(**environment: str) -> Iterator[str]:
    """The address of an API process that is ready: a stream that does not end needs a real server."""
    port = environment.get("ENERMON_API_PORT") or str(free_port())
    address = f"http://127.0.0.1:{port}"
    process = Process("api", {"ENERMON_API_REQUESTS_PER_S": "0", **environment, "ENERMON_API_PORT": port})

    answers = ["no answer"]

    def is_ready() -> bool:
        process.require_running()
        try:
            answer = httpx.get(f"{address}/health/ready")
        except httpx.TransportError:
            return False
        answers.append(answer.text)
        return answer.status_code == 200

    try:
        wait_until("the API is ready", is_ready, said=lambda: [answers[-1], *process.lines])
        yield address
    finally:
        process.kill()


def wait_until(
    what: str, true: Callable[[], bool], *, within_s: float = 120.0, said: Callable[[], Iterable[str]] = tuple
) -> None:
    """Poll `true` until it holds. Raises AssertionError with what was waited for and what was `said` meanwhile."""
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError("\n".join([f"not within {within_s} s: {what}", *said()]))
        threading.Event().wait(0.05)


def passwords_file(stack: Stack, gateways: Iterable[str], folder: Path) -> Path | None:
    """The gateways' passwords as the operator would hand them out; None where the broker asks for none."""
    known = {code: urlsplit(url_of(stack, code)).password for code in gateways}
    if not all(known.values()):
        return None
    file = folder / "passwords.csv"
    file.write_text("gateway,password\n" + "".join(f"{c},{unquote(p or '')}\n" for c, p in known.items()), "utf-8")
    return file
