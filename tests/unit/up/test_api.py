"""Whether what answers at the API's port is the API that was started."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from services.up.api import ApiAddress
from services.up.home import Home
from services.up.parts import API, REGION
from services.up.running import RunningPart


@contextmanager
def _answering(status: int, instance: str | None) -> Iterator[int]:
    """A server that answers so at every address; its port."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            if instance is not None:
                self.send_header("X-Enermon-Instance", instance)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "instance", "ready"),
    [(200, "ours", True), (200, "another", False), (200, None, False), (503, "ours", False)],
)
def test_api_is_ready_when_it_answers_200_with_its_own_word(status: int, instance: str | None, ready: bool) -> None:
    with _answering(status, instance) as port:
        assert ApiAddress("127.0.0.1", port, instance="ours").answers_ready() is ready


def test_api_that_does_not_answer_is_not_ready() -> None:
    with _answering(200, "ours") as port:
        pass
    assert not ApiAddress("127.0.0.1", port, instance="ours").answers_ready()


def test_api_that_listens_everywhere_is_reached_on_loopback() -> None:
    assert ApiAddress("0.0.0.0", 8000, instance="ours").url == "http://127.0.0.1:8000"
    assert ApiAddress("::1", 8001, instance="ours").url == "http://[::1]:8001"


def _running(home: Path, part: str, *, code: str, port: int = 1) -> RunningPart:
    place = Home(home)
    place.prepare()
    return RunningPart(
        {"api": API, "region": REGION}[part],
        argv=[sys.executable, "-c", code],
        env={},
        home=place,
        api=ApiAddress("127.0.0.1", port, instance="ours"),
    )


def test_api_that_runs_while_another_answers_at_its_port_is_not_ready(tmp_path: Path) -> None:
    with _answering(200, "another") as port:
        running = _running(tmp_path, "api", code="import signal; signal.pause()", port=port)
        running.start()
        assert running.look() is None
        assert not running.ready
        running.stop()


def test_part_that_may_not_start_yet_stays_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.up.running.FIRST_PAUSE_S", 0.0)
    running = _running(tmp_path, "region", code="raise SystemExit(3)")
    running.start()
    first = running.child
    assert first is not None
    assert first.wait(60.0) == 3
    ending = running.look(may_start=False)
    assert ending is not None
    assert ending.how == "exit code 3"
    assert running.look(may_start=False) is None
    assert running.child is first
    running.look(may_start=True)
    assert running.child is not first
    running.stop()
