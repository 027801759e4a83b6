"""Monitors of pollution sources: what they send by HJ 212 is kept once, and answered when it is."""

import asyncio
import csv
import datetime as dt
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from services.core.calendar import to_us
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.ingest.hj212.answers import framed
from services.ingest.hj212.keep import MonitorFrame, keep_frames, missing_hours
from services.ingest.hj212.segment import read_segment
from services.ingest.hj212.stream import FrameReader
from services.ingest.message import UnreadableMessage
from services.ingest.registry import RegistryReader
from simulators.hj212.frames import SHANGHAI
from simulators.hj212.line import Line, LineFaults
from simulators.hj212.monitor import Monitor
from tests.integration.ports import free_port
from tests.integration.registered import Registered
from tests.integration.running import running

FRAMES = Path(__file__).parents[2] / "unit/ingest/hj212/frames.csv"
GAS, WATER = "01E4A7150622000000000001", "01E4A7150622000000000002"
NOW_US = to_us(dt.datetime(2026, 11, 21, 12, tzinfo=SHANGHAI))


@pytest.fixture
def intake(database_url: str) -> Iterator[psycopg.Connection]:
    with connect(database_url, role=DatabaseRole.INGEST, application_name="test") as connection:
        yield connection


def frames() -> list[MonitorFrame]:
    """All good frames of the specification."""
    with FRAMES.open(encoding="utf-8", newline="") as file:
        wire = b"".join(row["frame"].replace("\\r\\n", "\r\n").encode() for row in csv.DictReader(file))
    read = [(data, read_segment(data)) for data in FrameReader().feed(wire)]
    return [MonitorFrame(segment.mn, "127.0.0.1", data, segment) for data, segment in read]


def keep(connection: psycopg.Connection, sent: list[MonitorFrame]) -> list[UnreadableMessage | None]:
    known = RegistryReader().read(connection)
    return keep_frames(connection, known, sent, now_us=NOW_US, writer="test")


def frame_of(segment: str) -> MonitorFrame:
    read = read_segment(segment.encode())
    return MonitorFrame(read.mn, "127.0.0.1", segment.encode(), read)


@pytest.mark.store
def test_frames_of_the_specification_are_kept_once(
    registered: Registered, intake: psycopg.Connection, database: psycopg.Connection
) -> None:
    enterprise = registered.enterprise()
    for mn in (GAS, WATER, "15062200000017"):
        registered.monitor(enterprise, mn)
    for _ in range(2):
        assert set(keep(intake, frames())) == {None}
    kept = database.execute("SELECT grain, count(*) FROM emission GROUP BY grain ORDER BY grain").fetchall()
    assert kept == [("day", 3), ("hour", 2), ("minutes", 3), ("moment", 14)]
    assert database.execute("SELECT count(*) FROM emission_later").fetchone() == (0,)
    row = database.execute(
        "SELECT mean, least, greatest, mean_converted, amount, flag FROM emission"
        " WHERE grain = 'hour' AND factor = 'a21026'"
    ).fetchone()
    assert row == (18.3, 14.9, 23.7, 24.2, 4.06, "N")
    assert database.execute("SELECT flag FROM emission WHERE grain = 'day' AND factor = 'w21003'").fetchone() == ("D",)
    old = database.execute("SELECT sent_factor FROM emission WHERE factor = 'a00000' AND flag = ''").fetchone()
    assert old == ("B02",)
    points = database.execute("SELECT point FROM held_reading ORDER BY point").fetchall()
    assert points == [
        ("2011.d20105-Rtd",),
        ("2011.d20405-Rtd",),
        ("2021.SB1-RS",),
        ("2041.SB1-RT",),
        ("3020.i33201-Info",),
    ]
    assert database.execute("SELECT count(*) FROM reading").fetchone() == (0,)


def test_other_value_that_comes_later_is_kept_beside_the_first(
    registered: Registered, intake: psycopg.Connection, database: psycopg.Connection
) -> None:
    registered.monitor(registered.enterprise(), GAS)
    hour = f"QN=20261120090005511;ST=31;CN=2061;PW=1;MN={GAS};Flag=5;CP=&&DataTime=20261120080000;a21026-Cou="
    first, second = frame_of(f"{hour}4.06,a21026-Flag=N&&"), frame_of(f"{hour}4.10,a21026-Flag=S&&")
    assert keep(intake, [first, second, first, second]) == [None] * 4
    assert keep(intake, [second]) == [None]
    assert database.execute("SELECT amount, flag FROM emission").fetchall() == [(4.06, "N")]
    assert database.execute("SELECT amount, flag FROM emission_later").fetchall() == [(4.1, "S")]


def test_times_that_cannot_be_are_counted_and_not_kept(
    registered: Registered, intake: psycopg.Connection, database: psycopg.Connection
) -> None:
    registered.monitor(registered.enterprise(), GAS)
    for ts in ("20991120080000", "19991120080000"):
        keep(intake, [frame_of(f"ST=31;CN=2061;MN={GAS};CP=&&DataTime={ts};a21026-Avg=4,a21026-Max=1e999&&")])
    assert database.execute("SELECT count(*) FROM emission").fetchone() == (0,)
    counts = database.execute("SELECT reason, readings FROM foreign_count ORDER BY reason").fetchall()
    assert counts == [("infinite", 2), ("ts_in_future", 1), ("ts_out_of_range", 1)]


def test_point_that_is_a_meter_becomes_a_reading(
    registered: Registered, intake: psycopg.Connection, database: psycopg.Connection
) -> None:
    enterprise = registered.enterprise()
    gateway = registered.monitor(enterprise, WATER)
    meter = registered.meter(enterprise, gateway_code=gateway)
    point = {"name": "3020.i33201-Info", "meter": meter}
    answer = registered.client.put(f"/api/v1/gateways/{gateway}/points", json={"points": [point]})
    assert answer.status_code == 200, answer.text
    keep(intake, frames()[8:9])
    assert database.execute("SELECT value FROM reading").fetchall() == [(1043362.0,)]


def test_frame_of_an_unknown_monitor_is_kept_whole_without_its_password(
    intake: psycopg.Connection, database: psycopg.Connection
) -> None:
    (refused,) = keep(intake, [frame_of("ST=31;CN=2061;PW=hidden;MN=nobody;CP=&&&&")])
    assert refused is not None
    assert refused.code == "unknown_gateway"
    kept = database.execute("SELECT gateway_code, code, topic, payload FROM rejected_message").fetchall()
    payload = b"ST=31;CN=2061;PW=******;MN=nobody;CP=&&&&"
    assert kept == [("nobody", "unknown_gateway", "hj212 127.0.0.1", payload)]


def test_gateway_that_is_no_monitor_is_not_spoken_for(
    registered: Registered, intake: psycopg.Connection, database: psycopg.Connection
) -> None:
    enterprise = registered.enterprise()
    gateway = registered.gateway(enterprise, code="GW-1")
    sent = frame_of(f"ST=31;CN=2061;MN={gateway};CP=&&DataTime=20261120080000;a21026-Cou=4.06,a21026-Flag=N&&")
    (refused,) = keep(intake, [sent])
    assert refused is not None
    assert (refused.code, "PUT /api/v1/outlets/CODE" in refused.detail) == ("unknown_gateway", True)
    kept = database.execute("SELECT gateway_code, claimed, payload FROM rejected_message").fetchall()
    assert kept == [(None, "GW-1", sent.data)]
    counted = "SELECT (SELECT count(*) FROM emission), (SELECT count(*) FROM intake_count)"
    assert database.execute(counted).fetchone() == (0, 0)
    assert keep(intake, [replace(sent, named=True)]) == [None]
    registered.put("outlets/DA1", {"credit_code": enterprise, "name_zh": "烟囱", "medium": "gas", "gateway": gateway})
    assert keep(intake, [sent]) == [None]
    assert database.execute("SELECT amount, valid FROM emission").fetchall() == [(4.06, True)]


def test_hours_are_missing_that_are_due_and_of_which_nothing_came(
    registered: Registered, intake: psycopg.Connection
) -> None:
    enterprise = registered.enterprise()
    registered.gateway(enterprise, code=GAS)
    stop = {"start": "2026-11-20T10:00:00+08:00", "end": "2026-11-20T12:00:00+08:00", "reason": "检修"}
    outlet = {"credit_code": enterprise, "name_zh": "烟囱", "medium": "gas", "gateway": GAS}
    registered.put("outlets/DA1", outlet | {"monitored_from": "2026-11-20", "stops": [stop]})
    keep(intake, frames())
    missing: dict[str, list[dt.datetime]] = {}
    noon = dt.datetime(2026, 11, 20, 13, 30, tzinfo=SHANGHAI)
    missing_hours(intake, gateways=[GAS, WATER], from_ts=noon - dt.timedelta(days=7), to_ts=noon, into=missing)
    assert {code: [each.astimezone(SHANGHAI).hour for each in hours] for code, hours in missing.items()} == {
        GAS: [0, 1, 2, 3, 4, 5, 6, 7, 9, 12]
    }


def heard(port: int, sent: bytes, *, wait_s: float = 1.0) -> bytes:
    """What is answered to these bytes within the time."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(sent)
        line.settimeout(wait_s)
        try:
            return line.recv(4096)
        except TimeoutError:
            return b""


def test_server_keeps_all_that_troubled_lines_bring_and_answers_who_is_known(
    registered: Registered, database: psycopg.Connection, database_url: str, tmp_path: Path
) -> None:
    enterprise = registered.enterprise()
    monitors = [Monitor(f"MN{number}", st=st) for number, st in ((1, "31"), (2, "32"), (3, "31"))]
    for mn in ("MN1", "MN2", "MN3"):
        registered.monitor(enterprise, mn)
    registered.gateway(enterprise, code="guarded")
    secret = tmp_path / "monitors.csv"
    secret.write_text("mn,gateway,password,key\nguarded,,654321,\n", encoding="utf-8")
    secret.chmod(0o600)
    start = dt.datetime(2026, 1, 5, tzinfo=SHANGHAI)
    settings = {"ENERMON_DATABASE_URL": database_url, "ENERMON_HJ212_PORT": "0", "ENERMON_HJ212_MONITORS": str(secret)}

    async def speak(port: int) -> list[Line]:
        lines = [
            Line(
                "127.0.0.1",
                port,
                wait_s=2.0,
                faults=LineFaults(0.4, 0.3, 0.1, 0.1, 0.3, 0.05, seed=number),
            )
            for number in range(len(monitors))
        ]
        await asyncio.gather(
            *(
                line.send_all(monitor.frames(start, start + dt.timedelta(hours=12)))
                for line, monitor in zip(lines, monitors, strict=True)
            )
        )
        return lines

    with running("hj212", **settings) as server:
        port = server.said("ready")[0]["port"]
        for line in asyncio.run(speak(port)):
            assert (line.counts.answered, line.counts.unanswered) == (line.counts.frames, [])
        stranger = "QN=20260105010000000;ST=31;CN=9015;PW=1;MN={};Flag=9;CP=&&&&"
        assert heard(port, framed(stranger.format("nobody")), wait_s=0.5) == b""
        assert heard(port, framed(stranger.format("guarded")), wait_s=0.5) == b""
        right = stranger.replace("PW=1", "PW=654321")
        assert b"CN=9013" in heard(port, framed(right.format("guarded")), wait_s=10)
        assert server.stop() == 0
        assert "654321" not in "".join(server.lines)
    kept = database.execute(
        "SELECT gateway.code, grain, count(DISTINCT ts), count(*) FROM emission JOIN gateway USING (gateway_id)"
        " GROUP BY 1, 2 ORDER BY 1, 2"
    ).fetchall()
    assert kept == [
        ("MN1", "hour", 12, 60),
        ("MN1", "minutes", 72, 360),
        ("MN2", "hour", 12, 36),
        ("MN2", "minutes", 72, 216),
        ("MN3", "hour", 12, 60),
        ("MN3", "minutes", 72, 360),
    ]
    assert database.execute("SELECT count(*) FROM emission_later").fetchone() == (0,)
    codes = database.execute("SELECT code, gateway_code, claimed FROM rejected_message ORDER BY code").fetchall()
    assert codes == [("not_admitted", None, "guarded"), ("unknown_gateway", "nobody", None)]
    told = registered.client.get("/api/v1/rejected-messages", params={"claimed": "guarded"}).json()["data"]
    assert [(each["code"], each["gateway"], each["claimed"]) for each in told] == [("not_admitted", None, "guarded")]
    speaks = registered.client.get("/api/v1/monitors", params={"gateway": ["guarded", "MN1"]}).json()["data"]
    assert {each["gateway"]: each["unproven"] for each in speaks} == {"MN1": 0, "guarded": 1}
    states = database.execute("SELECT gateway_code, connected, frames >= 84, bad_crc > 0 FROM monitor_state ORDER BY 1")
    assert states.fetchall() == [
        ("MN1", False, True, True),
        ("MN2", False, True, True),
        ("MN3", False, True, True),
        ("guarded", False, False, False),
    ]


def test_nothing_is_lost_or_doubled_when_the_server_dies(
    registered: Registered, database: psycopg.Connection, database_url: str
) -> None:
    registered.monitor(registered.enterprise(), "MN1")
    start, hours = dt.datetime(2026, 1, 5, tzinfo=SHANGHAI), 24
    port = free_port()
    settings = {"ENERMON_DATABASE_URL": database_url, "ENERMON_HJ212_PORT": str(port)}
    line = Line("127.0.0.1", port, wait_s=1.0, tries=200, faults=LineFaults(split=0.3, joined=0.3, seed=5))
    frames_sent = Monitor("MN1").frames(start, start + dt.timedelta(hours=hours))
    with ThreadPoolExecutor(1) as sending:
        with running("hj212", **settings) as first:
            sent = sending.submit(asyncio.run, line.send_all(frames_sent))
            while line.counts.answered < 40 and not sent.done():
                time.sleep(0.01)
            first.kill()
        with running("hj212", **settings):
            counts = sent.result(timeout=120)
    assert (counts.answered, counts.unanswered) == (169, [])
    assert counts.connections > 1
    kept = database.execute(
        "SELECT grain, count(*) FROM emission WHERE factor = 'a21026' GROUP BY grain ORDER BY grain"
    )
    assert kept.fetchall() == [("day", 1), ("hour", 24), ("minutes", 144)]
    assert database.execute("SELECT count(*) FROM emission_later").fetchone() == (0,)
