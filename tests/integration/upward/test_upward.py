"""What is booked arrives above once and to the last digit: the sender against this project's own server."""

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from services.cli import app
from services.core.calendar import SHANGHAI
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.ingest.necc.cipher import CipherName
from services.ingest.necc.data_code import energy_types
from services.ingest.necc.identity import DeviceIds
from services.upward import outbox
from services.upward.items import ItemCodes, energy_codes
from services.upward.outbox import UpwardPlanner
from services.upward.platform import UpwardPlatform
from services.upward.sender import UpwardSender
from tests.conftest import copy_of
from tests.integration.line import Line, quarters
from tests.integration.registered import Registered
from tests.integration.running import running, wait_until
from tests.integration.served import api

pytestmark = pytest.mark.store

KEY = "0123456789abcdef0123456789abcdef"
POWER, GAS = "0000000002330010", "0000000001150010"
FIRST = dt.date(2025, 3, 30)
START = dt.datetime(2025, 3, 30, tzinfo=SHANGHAI)
DAYS = 2
UNITS = {"023300": "MWh", "011500": "10km3"}


@dataclass
class Above:
    """A province: the server on a database of its own, behind an address that can fail by what `script` says."""

    database: psycopg.Connection
    url: str
    script: list[Callable[[], tuple[int, dict[str, str]] | None]] = field(default_factory=list)
    """For each upload of data in turn: what is answered in place of the server's answer, after it has taken it."""
    uploads: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def holding(self) -> Iterator[threading.Event]:
        """Take the next upload and do not answer it until the end."""
        taken, ended = threading.Event(), threading.Event()

        def hold() -> None:
            taken.set()
            ended.wait(60)

        self.script.append(hold)
        try:
            yield taken
        finally:
            ended.set()

    def values(self, code: str = POWER) -> list[tuple[int, str, float, str]]:
        """What it keeps, in the order in which it came: kind of period, day, value, flag."""
        return self.database.execute(
            "SELECT stat_type, to_char(ts AT TIME ZONE 'Asia/Shanghai', 'MM-DD'), value, flag FROM necc_value"
            " WHERE data_code = %s ORDER BY stat_type, ts, necc_value_id",
            [code],
        ).fetchall()


@contextmanager
def above(server_url: str, credit_code: str, cipher: CipherName) -> Iterator[Above]:
    with copy_of(server_url) as url, psycopg.connect(url, autocommit=True) as database:
        with api(database_url=url) as client:
            registered = Registered(client)
            registered.enterprise(credit_code=credit_code)
            registered.gateway(credit_code, code=DeviceIds(KEY).of(credit_code, "").gateway)
        with (
            serving(database) as (platform, port),
            running(
                "necc",
                ENERMON_DATABASE_URL=url,
                ENERMON_NECC_KEY=KEY,
                ENERMON_NECC_PORT="0",
                ENERMON_NECC_CIPHER=cipher,
                ENERMON_NECC_URL=f"http://127.0.0.1:{port}",
            ) as process,
        ):
            platform.url = f"http://127.0.0.1:{process.said('ready')[0]['port']}"
            yield platform


@contextmanager
def serving(database: psycopg.Connection) -> Iterator[tuple[Above, int]]:
    """Hands requests on to `url` of what it gives."""
    platform = Above(database, "")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told = httpx.post(platform.url + self.path, content=body, timeout=30)
            status, answer = told.status_code, told.json()
            if self.path == "/necc/data":
                platform.uploads.append(json.loads(body))
                instead = platform.script.pop(0)() if platform.script else None
                status, answer = instead or (status, answer)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield platform, server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Below:
    """This platform: an enterprise with a meter of electricity over two days."""

    registered: Registered
    line: Line
    database: psycopg.Connection
    credit_code: str
    gateway: str
    meter: str
    unit: str

    def send(self, values: list[float], first: int = 0) -> None:
        readings = quarters(self.meter, START + first * dt.timedelta(minutes=15), values)
        self.line.send(self.gateway, readings)
        self.line.roll_up()

    def states(self) -> list[tuple[str, int, int, int, str | None, str]]:
        """Item, kind of period, day of the month, version, value, state."""
        return self.database.execute(
            "SELECT item, stat_type, date_part('day', period)::integer, version, value, state FROM upward_sent"
            " ORDER BY item, stat_type, period, version"
        ).fetchall()


@pytest.fixture
def below(registered: Registered, line: Line, database: psycopg.Connection) -> Below:
    enterprise = registered.enterprise()
    unit, gateway = registered.unit(enterprise), registered.gateway(enterprise)
    meter = registered.meter(
        gateway_code=gateway, unit_code=unit, kind="interval", interval_s=900, valid_from=FIRST.isoformat()
    )
    return Below(registered, line, database, enterprise, gateway, meter, unit)


@contextmanager
def sender(
    database_url: str, register_url: str, now: list[dt.datetime], cipher: CipherName = "none"
) -> Iterator[UpwardSender]:
    """As the process has it, by a clock that is set."""
    with (
        connect(database_url, role=DatabaseRole.ALERTS, application_name="test-upward") as connection,
        httpx.Client(timeout=30) as client,
    ):
        connection.autocommit = True
        energy = energy_codes(energy_types(), outbox.nbs_codes(connection))
        planner = UpwardPlanner(ItemCodes(energy, {"input": "10", "output": "30"}, UNITS), FIRST)
        platform = UpwardPlatform(f"{register_url}/necc/register", cipher, client)
        yield UpwardSender(connection, planner, platform, poll_s=1, now=lambda: now[0])


def settle(sending: UpwardSender, now: list[dt.datetime], after: dt.timedelta = dt.timedelta(seconds=2)) -> None:
    """Let time pass, and what is due then be done."""
    now[0] += after
    while sending.turn() == 0.0:
        pass


@pytest.mark.parametrize("cipher", ["none", "sm4"])
def test_values_arrive_once_and_what_was_booked_again_as_a_second_value(
    below: Below, server_url: str, database_url: str, cipher: CipherName
) -> None:
    below.send([2.125] * 95)
    below.send([1.5] * 96, first=96)
    below.registered.unit(below.credit_code, code="U-gas")
    below.database.execute(
        "INSERT INTO manual_report (unit_id, carrier, flow, month, version, quantity_pico, value, unit_of_measure,"
        " document) SELECT unit_id, each.carrier, 'input', '2025-04-01', 1, 12345 * 10^12, 12345, each.unit, 'FP-1'"
        " FROM unit, (VALUES ('natural_gas', 'm3'), ('steam', 't')) AS each (carrier, unit) WHERE code = 'U-gas'"
    )
    now = [START + dt.timedelta(days=2, hours=8)]
    with (
        above(server_url, below.credit_code, cipher) as province,
        sender(database_url, province.url, now, cipher) as sending,
    ):
        settle(sending, now)
        # The second day is over, and the time of upload has not come.
        assert province.values() == [(1, "03-30", 0.201875, "")]
        settle(sending, now, dt.timedelta(minutes=31))
        assert province.values() == [(1, "03-30", 0.201875, ""), (1, "03-31", 0.144, "")]
        # What comes late is booked again: that day is sent again, and nothing else.
        below.send([2.125], first=95)
        settle(sending, now)
        settle(sending, now)
        assert [len(each["data"]) for each in province.uploads] == [1, 1, 1]
        assert province.values()[:2] == [(1, "03-30", 0.201875, ""), (1, "03-30", 0.204, "")]
        settle(sending, now, dt.timedelta(days=30))
        assert province.values(GAS) == [(2, "04-01", 1.2345, "manual")]
    states = below.states()
    assert [each for each in states if each[0] == POWER and each[1] == 1 and each[2] == 31] == [
        (POWER, 1, 31, 1, "0.144", "sent")
    ]
    # Of March 30 that was sent twice; of April 30 nothing was measured.
    assert [each[3:] for each in states if each[0] == POWER and each[1] == 1 and each[2] == 30] == [
        *((1, "0.201875", "sent"), (2, "0.204", "sent"), (1, None, "held"))
    ]
    assert ("steam/input", 2, 1, 1, None, "held") in states
    assert (GAS, 2, 1, 1, "1.2345", "sent") in states
    listed = CliRunner().invoke(app, ["upward", "--list"], env={"ENERMON_DATABASE_URL": database_url}).output
    steam = f"{below.credit_code} steam/input 2025-04 v1 - held, tried 0 (no data code is known for this carrier)"
    assert listed.splitlines()[0] == "waiting: 0, held: 32"
    assert steam in listed.splitlines()


def test_what_is_not_taken_is_sent_again_until_it_is(below: Below, server_url: str, database_url: str) -> None:
    below.send([2.0] * 96)
    now = [START + dt.timedelta(days=1, hours=9)]
    with above(server_url, below.credit_code, "none") as province, sender(database_url, province.url, now) as sending:
        away = province.url.replace("127.0.0.1", "127.0.0.2").rpartition(":")[0] + ":9"
        with sender(database_url, away, now) as unreached:
            settle(unreached, now)
        assert "ConnectError" in answer_of(below)
        province.script += [lambda: (503, {}), lambda: (200, {"responseCode": "1", "responseMessage": "later"})]
        settle(sending, now)
        assert answer_of(below).startswith("HTTP 503")
        settle(sending, now)
        assert len(province.uploads) == 1
        settle(sending, now, dt.timedelta(seconds=6))
        assert answer_of(below) == "1: later"
        settle(sending, now, dt.timedelta(seconds=12))
        assert answer_of(below) == "0"
        settle(sending, now, dt.timedelta(hours=2))
        assert len(province.uploads) == 3
        assert province.values() == [(1, "03-30", 0.192, "")]
    assert below.states() == [(POWER, 1, 30, 1, "0.192", "sent")]


def answer_of(below: Below) -> str:
    row = below.database.execute("SELECT answer FROM upward_sent WHERE item = %s", [POWER]).fetchone()
    assert row is not None
    return str(row[0])


def test_a_sender_that_is_killed_before_it_has_noted_sends_again_and_nothing_is_doubled(
    below: Below, server_url: str, database_url: str, tmp_path: Path
) -> None:
    below.send([2.0] * 96)
    (tmp_path / "units.csv").write_text("code,unit\n023300,MWh\n", "utf-8")
    # Days of the meter after these would be many: it measures no more.
    below.database.execute("UPDATE meter SET valid_to = '2025-03-31'")
    with above(server_url, below.credit_code, "none") as province:
        given = {
            "ENERMON_DATABASE_URL": database_url,
            "ENERMON_UPWARD_NECC_URL": f"{province.url}/necc/register",
            "ENERMON_UPWARD_NECC_SINCE": FIRST.isoformat(),
            "ENERMON_UPWARD_NECC_DICTIONARIES": str(tmp_path),
            "ENERMON_UPWARD_POLL_S": "0.2",
        }
        with province.holding() as held, running("upward", **given) as process:
            wait_until("it is at the province", held.is_set)
            process.kill()
        assert province.values() == [(1, "03-30", 0.192, "")]
        assert [each[5] for each in below.states()] == ["waiting"]
        with running("upward", **given) as process:
            process.wait_for("sent")
            assert process.stop() == 0
        assert len(province.uploads) == 2
        assert province.values() == [(1, "03-30", 0.192, "")]
    assert [each[3:] for each in below.states()] == [(1, "0.192", "sent")]
