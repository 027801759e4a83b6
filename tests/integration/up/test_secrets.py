"""No secret of a running `enermon up` is seen in a process list, a log or an error answer."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from services.core.db.connections import connect
from services.ingest.broker_users import SERVICE_USERS, derived_password
from services.up.home import Home
from services.up.stack import Stack
from tests.integration.ports import free_port, home_in
from tests.integration.running import wait_until

pytestmark = pytest.mark.store

READY_S, STOP_S = 120.0, 60.0
MAIL_PASSWORD = "hidden-mail-password-6f1e"
GIVEN_KEY = "enk_hidden-key-that-is-nobodys-2b7c"
NEW_PASSWORD = "hidden horses in the rain 83c0"
GIVEN_COOKIE = "hidden-cookie-that-is-nobodys-9d04"


class ProcessList(threading.Thread):
    """Looks at the command lines of all processes again and again, as any user of the machine can."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: set[str] = set()
        self.over = threading.Event()

    def run(self) -> None:
        """Look until it is over."""
        while not self.over.wait(0.05):
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue


@dataclass
class Running:
    """An `enermon up` with the simulated region, and what was seen of it."""

    home: Path
    process: subprocess.Popen[str]
    url: str
    printed: list[str]
    process_list: ProcessList
    answers: list[str] = field(default_factory=list)
    given: set[str] = field(default_factory=set)
    """What it has given out since: of sessions, keys and gateways."""

    def secrets(self) -> set[str]:
        """The values of all its secrets."""
        texts = [file.read_text("utf-8") for file in (self.home / "secrets").rglob("*") if file.is_file()]
        kept = {word for text in texts for word in re.split(r"[\s,]+", text) if len(word) >= 32}
        key = Home(self.home).broker_key()
        kept |= {self.first_password(), NEW_PASSWORD} | self.given
        return kept | {derived_password(key, user) for user in SERVICE_USERS} | {MAIL_PASSWORD, GIVEN_KEY, GIVEN_COOKIE}

    def first_password(self) -> str:
        """That of the first administrator, which is shown once and kept nowhere."""
        shown = re.findall(r"with the password (\S+)", "".join(self.printed))
        assert len(shown) == 1
        return str(shown[0])

    def logs(self) -> dict[str, str]:
        """The text of all its logs, those of database and broker among them."""
        files = [file for file in self.home.rglob("*") if file.is_file() and ".log" in file.name]
        return {str(file.relative_to(self.home)): file.read_text("utf-8", "replace") for file in files}

    def children(self, end: str) -> list[int]:
        """The processes that it has started whose command line ends so."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                status, command = (entry / "status").read_text(), (entry / "cmdline").read_bytes()
            except OSError:
                continue
            words = command.rstrip(b"\0").replace(b"\0", b" ").decode()
            if f"PPid:\t{self.process.pid}\n" in status and words.endswith(end):
                found.append(int(entry.name))
        return found


@contextmanager
def started(folder: Path, store: str, *options: str, **secret_files: str) -> Iterator[Running]:
    """An `enermon up` with these secrets in files, until it says where it is; stopped at the end."""
    port = free_port()
    settings = {"ENERMON_HOME": str(home_in(folder / "home").path), "ENERMON_STORE": store}
    for name, secret in secret_files.items():
        file = folder / name
        file.write_text(f"{secret}\n")
        file.chmod(0o600)
        settings[f"ENERMON_{name}_FILE"] = str(file)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENERMON_")}
    process_list = ProcessList()
    process_list.start()
    process = subprocess.Popen(
        [sys.executable, "-m", "services.up", *options],
        env={**kept, **settings, "ENERMON_API_PORT": str(port), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    output, printed = process.stdout, list[str]()
    threading.Thread(target=lambda: printed.extend(output), daemon=True).start()
    try:
        wait_until(
            "it is open or over",
            lambda: any("Open http" in line for line in printed) or process.poll() is not None,
            within_s=READY_S,
            said=lambda: printed,
        )
        assert process.poll() is None, "".join(printed)
        yield Running(folder / "home", process, f"http://127.0.0.1:{port}", printed, process_list)
    finally:
        process_list.over.set()
        process.send_signal(signal.SIGINT)
        process.wait(STOP_S)


@pytest.fixture(scope="module")
def running(store: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Ready, and then hurt in many ways."""
    mail = f"smtp://enermon:{MAIL_PASSWORD}@127.0.0.1:{free_port()}"
    with started(tmp_path_factory.mktemp("secrets"), store, "--history-days", "0", SMTP_URL=mail) as seen:
        hurt(seen)
        yield seen


def hurt(running: Running) -> None:
    """Ask what is refused, with secrets in it, and end parts, the broker and the database under the others."""
    ask(running)
    be_given(running)
    for part in ("ingest", "alerts"):
        for process in running.children(part):
            os.kill(process, signal.SIGKILL)
    for process in running.children("mosquitto.conf"):
        os.kill(process, signal.SIGKILL)
    postmaster = next(running.home.glob("postgres*/postmaster.pid")).read_text().split()[0]
    os.kill(int(postmaster), signal.SIGQUIT)
    ask(running)
    wait_until("the database is back", lambda: is_ready(running), within_s=READY_S)
    wait_until("parts are back", lambda: "".join(running.printed).count("ready ingest") > 1, within_s=READY_S)
    ask(running)
    refuse_wrong_passwords(running)


def be_given(running: Running) -> None:
    """Sign in, change the first password, and have a key and a gateway's password made."""
    place = f"{running.url}/api/v1"
    origin = {"Origin": running.url}
    with httpx.Client(timeout=30, headers=origin) as client:
        signed_in = client.post(f"{place}/session", json={"name": "admin", "password": running.first_password()})
        change = {"old_password": running.first_password(), "new_password": NEW_PASSWORD}
        changed = client.post(f"{place}/session/password", json=change, headers=of_session(running, signed_in))
        key = client.post(f"{place}/session/keys", json={"name": "hidden"}, headers=of_session(running, changed))
        running.given.add(key.json()["key"])
        by_key = {"Authorization": f"Bearer {key.json()['key']}"}
        gateway = client.get(f"{place}/gateways", headers=by_key).json()["data"][0]["code"]
        made = client.post(f"{place}/gateways/{gateway}/credentials", json={}, headers=by_key)
        running.given.add(made.json()["password"])


def of_session(running: Running, answer: httpx.Response) -> dict[str, str]:
    """The headers of a browser that was answered so, of which the secrets are noted."""
    cookies = dict(re.findall(r"(__Host-[\w-]+)=([\w-]+)", ", ".join(answer.headers.get_list("set-cookie"))))
    token = str(answer.json()["csrf_token"])
    running.given |= {token, *cookies.values()}
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), "X-CSRF-Token": token}


def is_ready(running: Running) -> bool:
    try:
        return httpx.get(f"{running.url}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def ask(running: Running) -> None:
    """Wrong keys, cookies and passwords, in every place where one may be sent; answers are kept."""
    place = f"{running.url}/api/v1"
    hidden = {"password": MAIL_PASSWORD, "secret": GIVEN_KEY, "name": GIVEN_COOKIE}
    with httpx.Client(timeout=30) as client:
        for headers in (
            {"Authorization": f"Bearer {GIVEN_KEY}"},
            {"Authorization": f"Basic {GIVEN_KEY}"},
            {"Cookie": f"__Host-enermon={GIVEN_COOKIE}"},
        ):
            for method, path in (("GET", "/enterprises"), ("POST", "/session"), ("POST", "/readings"), ("GET", "/no")):
                answer = client.request(method, place + path, headers=headers, json=hidden)
                running.answers.append(answer.text + str(answer.headers))


def refuse_wrong_passwords(running: Running) -> None:
    """The database is asked with a wrong password, and a statement with a secret in it fails there."""
    remembered = (running.home / "remembered.json").read_text()
    port = re.search(r'"database_port": "(\d+)"', remembered)
    assert port is not None
    with pytest.raises(psycopg.OperationalError) as refused:
        connect(f"postgresql://enermon:{GIVEN_KEY}@127.0.0.1:{port[1]}/enermon", role=None, application_name="nobody")
    running.answers.append(str(refused.value))


def found_in(text: str, secrets: set[str]) -> list[str]:
    """The beginnings of the secrets that stand in a text."""
    return [f"{secret[:6]}…" for secret in sorted(secrets) if secret in text]


def test_there_are_secrets_and_only_their_owner_can_read_them(running: Running) -> None:
    assert len(running.given) >= 2 * 2 + 1 + 2
    assert len(running.secrets()) >= len(SERVICE_USERS) + 6
    folder = running.home / "secrets"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in folder.iterdir()} == {
        file.name: "0o600" for file in folder.iterdir()
    }


def test_no_secret_is_in_the_process_list(running: Running) -> None:
    seen = running.process_list.seen
    assert any(f"-D {running.home}" in line or "initdb" in line for line in seen)
    assert any(line.rstrip().endswith("enermon ingest") for line in seen)
    assert any("enermon account first" in line for line in seen)
    assert any("enermon-sim fleet" in line for line in seen)
    assert found_in("\n".join(seen), running.secrets()) == []


def test_no_secret_is_in_a_log_or_on_the_screen(running: Running, store: str) -> None:
    logs = running.logs()
    assert {"database.log", "api.log", "ingest.log", "alerts.log"} <= {Path(name).name for name in logs}
    assert {name: found for name, text in logs.items() if (found := found_in(text, running.secrets()))} == {}
    assert found_in("".join(running.printed), running.secrets() - {running.first_password()}) == []


def test_no_secret_is_in_an_error_answer(running: Running) -> None:
    assert len(running.answers) > 30
    assert all('"code"' in answer for answer in running.answers[:-1])
    assert found_in("\n".join(running.answers), running.secrets()) == []


def test_database_and_broker_may_be_given_by_files(stack: Stack, database_url: str, store: str, tmp_path: Path) -> None:
    with started(tmp_path, store, "--no-fleet", DATABASE_URL=database_url, MQTT_URL=stack.mqtt_url()) as running:
        assert is_ready(running)
        assert not list(running.home.glob("postgres*"))
        assert not (running.home / "mosquitto").exists()
        password = urlsplit(database_url).password
        assert password
        assert found_in("\n".join(running.process_list.seen), {password}) == []
        assert found_in("".join([*running.logs().values(), *running.printed]), {password}) == []


def test_a_file_that_others_may_read_stops_the_start_and_is_named(store: str, tmp_path: Path) -> None:
    file = tmp_path / "database"
    file.write_text(f"postgresql://enermon:{MAIL_PASSWORD}@127.0.0.1/enermon")
    file.chmod(0o644)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENERMON_")}
    ended = subprocess.run(
        [sys.executable, "-m", "services.up", "--no-fleet"],
        env={**kept, "ENERMON_HOME": str(tmp_path / "home"), "ENERMON_DATABASE_URL_FILE": str(file)},
        capture_output=True,
        text=True,
        timeout=READY_S,
        check=False,
    )
    assert ended.returncode == 1
    assert f"[bad_setting]: ENERMON_DATABASE_URL_FILE: {file} cannot be read: others may read" in ended.stderr
    assert "Traceback" not in ended.stderr
