"""`enermon check --settings` says what of all that the settings name answers, and ends by it."""

import json
import socket
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import app
from services.up.stack import Stack
from tests.integration.alerts.test_channels_email import PASSWORD, Mailbox, Serve, login, mailbox, serve
from tests.integration.ports import free_port
from tests.integration.running import environment_of, running

__all__ = ["mailbox", "serve"]

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


def told(code: int) -> dict[str, list[str]]:
    """Standings by name, of a run that ends with this code."""
    result = CliRunner().invoke(app, ["check", "--settings", "--json"])
    assert result.exit_code == code, result.output
    found: dict[str, list[str]] = {}
    for each in json.loads(result.stdout)["tried"]:
        assert each["standing"] == "ok" or each["mend"]
        found.setdefault(each["name"], []).append(each["standing"])
    return found


@pytest.fixture(autouse=True)
def _named(stack: Stack, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERMON_HOME", str(tmp_path))
    for name, value in environment_of(stack, database_url).items():
        monkeypatch.setenv(name, value)


def test_what_answers_is_ok_and_a_running_ingest_keeps_its_session(
    stack: Stack, database_url: str, serve: Serve, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = serve(authenticator=mailbox.authenticate, auth_require_tls=False)
    monkeypatch.setenv("ENERMON_SMTP_URL", f"smtp://{login()}@127.0.0.1:{port}")
    with running("ingest", **environment_of(stack, database_url)) as ingest:
        found = told(0)
        # an end of its session would be there by the time of a second look
        assert told(0) == found
        assert ingest.said("disconnected from the broker") == []
    for name in ("database", "schema", "rights", "clock", "broker", "mail"):
        assert found[name] == ["ok"]
    assert found["backup"] == ["warn"]
    assert mailbox.envelopes == []
    assert [password for _, password in mailbox.logins] == [PASSWORD.encode()] * 2


def test_what_does_not_answer_fails(serve: Serve, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    port = serve(authenticator=mailbox.authenticate, auth_require_tls=False)
    monkeypatch.setenv("ENERMON_SMTP_URL", f"smtp://{login('another')}@127.0.0.1:{port}")
    monkeypatch.setenv("ENERMON_MQTT_URL", f"mqtt://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ENERMON_DATABASE_URL", f"postgresql://127.0.0.1:{free_port()}/enermon")
    found = told(1)
    assert (found["database"], found["broker"], found["mail"]) == (["fail"], ["fail"], ["fail"])
    assert "schema" not in found


def test_another_server_is_taken_for_no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(server: socket.socket) -> None:
        line, _ = server.accept()
        with line:
            line.recv(100)
            line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=answer, args=(server,))
        answering.start()
        monkeypatch.setenv("ENERMON_MQTT_URL", f"mqtt://127.0.0.1:{server.getsockname()[1]}")
        assert told(1)["broker"] == ["fail"]
        answering.join()


def test_the_lines_for_people_name_settings_and_no_secret(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERMON_SMTP_URL", f"smtp://{login()}@127.0.0.1:{free_port()}")
    monkeypatch.setenv("ENERMON_SMTP_FORM", "a@example.cn")
    result = CliRunner().invoke(app, ["check", "--settings"])
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert any(line.split() == ["ENERMON_SMTP_URL", "environment", "(secret)"] for line in lines)
    assert any(line.startswith("warn  setting      nothing reads ENERMON_SMTP_FORM") for line in lines)
    assert PASSWORD not in result.output
