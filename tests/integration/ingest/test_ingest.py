"""Ingest on the real broker: what is answered is stored, once; what is not stored is not answered."""

import json
import queue
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
from fastapi.testclient import TestClient
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from services.core.calendar import SHANGHAI
from services.up.stack import Stack
from tests.integration.let_in import let_in, url_of
from tests.integration.registered import Registered
from tests.integration.running import Process, environment_of, running, wait_until

pytestmark = pytest.mark.store

START = datetime(2026, 3, 1, 8, 0, tzinfo=SHANGHAI)
ANSWER_WITHIN_S = 60.0


class Gateway:
    """A gateway as docs/mqtt.md describes it: publishes, and listens for its answers."""

    def __init__(self, stack: Stack, code: str, store: str) -> None:
        self.code = code
        self.answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._sent = 0
        address = urlsplit(url_of(stack, code))
        protocol = MQTTProtocolVersion.MQTTv5 if store == "native" else MQTTProtocolVersion.MQTTv311
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=code, protocol=protocol)
        if address.password:
            self._client.username_pw_set(code, unquote(address.password))
        self._client.on_message = self._take
        subscribed: queue.Queue[bool] = queue.Queue()
        self._client.on_connect = lambda client, *_: client.subscribe(f"enermon/v1/{code}/ack", 1)
        self._client.on_subscribe = lambda *_: subscribed.put(True)
        self._client.connect(address.hostname or "", address.port or 1883)
        self._client.loop_start()
        subscribed.get(timeout=ANSWER_WITHIN_S)

    def _take(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        for answer in json.loads(message.payload):
            self.answers.put(answer)

    def publish(self, payload: bytes, *, named: str = "") -> None:
        """Send raw bytes, QoS 1, in the format that is named, and wait for the broker's word."""
        topic = f"enermon/v1/{self.code}/readings{named and f'/{named}'}"
        self._client.publish(topic, payload, qos=1).wait_for_publish(ANSWER_WITHIN_S)

    def publish_to(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send to any topic."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(ANSWER_WITHIN_S)

    def listen(self, topic: str) -> queue.Queue[tuple[str, bytes]]:
        """What comes to this topic from now on."""
        came: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._client.message_callback_add(
            topic, lambda _c, _u, message: came.put((message.topic, bytes(message.payload)))
        )
        self._client.subscribe(topic, 1)
        return came

    def say(self, status: str) -> None:
        """Say online or offline."""
        self._client.publish(f"enermon/v1/{self.code}/status", status, qos=1, retain=True).wait_for_publish(
            ANSWER_WITHIN_S
        )

    def send(self, **message: Any) -> int:
        """Send a message with the next number."""
        self._sent += 1
        self.publish(json.dumps({"seq": self._sent} | message).encode())
        return self._sent

    def answer(self) -> dict[str, Any]:
        """The next answer."""
        return self.answers.get(timeout=ANSWER_WITHIN_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def meter(registered: Registered, stack: Stack, database: psycopg.Connection) -> str:
    """A registered meter, whose gateway may connect."""
    code = registered.meter()
    let_in(stack.broker, [gateway_of(code, database)])
    return code


def gateway_of(meter: str, database: psycopg.Connection) -> str:
    row = database.execute(
        "SELECT gateway.code FROM meter JOIN gateway USING (gateway_id) WHERE meter.code = %s", [meter]
    ).fetchone()
    assert row is not None
    return str(row[0])


@pytest.fixture
def gateway(stack: Stack, store: str, meter: str, database: psycopg.Connection) -> Iterator[Gateway]:
    device = Gateway(stack, gateway_of(meter, database), store)
    yield device
    device.close()


@pytest.fixture
def environment(stack: Stack, database_url: str) -> dict[str, str]:
    """What an ingest process is told."""
    return environment_of(stack, database_url)


@pytest.fixture
def ingest(environment: dict[str, str]) -> Iterator[Process]:
    with running("ingest", **environment) as process:
        yield process


def stored(database: psycopg.Connection) -> list[tuple[datetime, float]]:
    return database.execute("SELECT ts, value FROM reading ORDER BY ts").fetchall()


def reading(meter: str, quarter: int, value: float) -> dict[str, Any]:
    return {"meter": meter, "ts": (START + quarter * timedelta(minutes=15)).isoformat(), "value": value}


def test_format_is_a_level_of_the_topic_and_one_that_is_unknown_is_recorded(
    ingest: Process, gateway: Gateway, meter: str, database: psycopg.Connection
) -> None:
    payload = json.dumps({"seq": 7, "readings": [reading(meter, 0, 10.5)]}).encode()
    gateway.publish(payload, named="pigeon")
    refused = gateway.answer()
    assert (refused["seq"], [each["code"] for each in refused["rejected"]]) == (7, ["bad_topic"])
    gateway.publish(payload, named="enermon")
    assert gateway.answer() == {"seq": 7, "stored": 1, "duplicate": 0, "rejected": []}
    assert stored(database) == [(START, 10.5)]
    kept = database.execute("SELECT gateway_code, topic, code, payload FROM rejected_message").fetchall()
    assert kept == [(gateway.code, f"enermon/v1/{gateway.code}/readings/pigeon", "bad_topic", payload)]


def test_both_forms_are_stored_and_answered(
    ingest: Process, gateway: Gateway, meter: str, database: psycopg.Connection
) -> None:
    first = gateway.send(readings=[reading(meter, 0, 10.5), reading(meter, 1, 11.5)])
    assert gateway.answer() == {"seq": first, "stored": 2, "duplicate": 0, "rejected": []}
    second = gateway.send(ts=int((START + timedelta(minutes=30)).timestamp() * 1000), values={meter: 12})
    assert gateway.answer() == {"seq": second, "stored": 1, "duplicate": 0, "rejected": []}
    assert [value for _, value in stored(database)] == [10.5, 11.5, 12.0]


def test_message_sent_again_is_answered_again_and_stored_once(
    ingest: Process, gateway: Gateway, meter: str, database: psycopg.Connection
) -> None:
    for duplicate in (0, 1, 1):
        gateway.send(readings=[reading(meter, 0, 10.5)])
        answer = gateway.answer()
        assert (answer["stored"], answer["duplicate"]) == (1 - duplicate, duplicate)
    assert len(stored(database)) == 1


def test_faulty_readings_are_rejected_by_name_and_kept_and_the_others_stored(
    ingest: Process, gateway: Gateway, meter: str, registered: Registered, database: psycopg.Connection
) -> None:
    other = registered.meter()
    good = reading(meter, 0, 1.0)
    late = (datetime.now(SHANGHAI) + timedelta(minutes=11)).isoformat()
    faulty = {
        "unknown_meter": {**good, "meter": "nobody\x00"},
        "meter_of_another_gateway": {**good, "meter": other},
        "missing_field": {"code": meter, "time": good["ts"], "val": 1.0},
        "not_a_number": {**good, "value": "ten"},
        "infinite": {**good, "value": float("inf")},
        "ts_without_offset": {**good, "ts": "2026-03-01T08:15:00"},
        "ts_in_future": {**good, "ts": late},
        "conflict": {**good, "value": 2.0},
    }
    gateway.send(readings=[good, *faulty.values()])
    answer = gateway.answer()
    assert (answer["stored"], sorted(r["code"] for r in answer["rejected"])) == (1, sorted(faulty))
    rows = database.execute("SELECT code FROM rejected_reading ORDER BY code").fetchall()
    assert [code for (code,) in rows] == sorted(faulty)


def test_undecodable_and_too_large_messages_are_kept_answered_and_hold_up_nothing(
    ingest: Process, gateway: Gateway, meter: str, database: psycopg.Connection
) -> None:
    gateway.publish(b"\x00\xff garbage")
    gateway.publish(b'{"seq": 6, "values": {"E01": 12,5}}')
    gateway.publish(b'{"seq": 7}')
    gateway.publish(json.dumps({"seq": 8, "ts": 0, "values": {f"M{i}": 1 for i in range(10_001)}}).encode())
    gateway.send(readings=[reading(meter, 0, 1.0)])
    answers = [gateway.answer() for _ in range(5)]
    codes = {(a["seq"], a["rejected"][0]["code"]) for a in answers if a["rejected"]}
    assert codes == {(None, "undecodable"), (6, "undecodable"), (7, "undecodable"), (8, "too_large")}
    assert [a["stored"] for a in answers if not a["rejected"]] == [1]
    kept = database.execute("SELECT code, payload FROM rejected_message ORDER BY message_id").fetchall()
    assert [code for code, _ in kept] == ["undecodable"] * 3 + ["too_large"]
    assert bytes(kept[0][1]) == b"\x00\xff garbage"


def test_message_full_of_unknown_meters_is_answered_and_holds_up_nobody(
    ingest: Process, gateway: Gateway, meter: str
) -> None:
    gateway.send(ts=1767197700000, values={f"UNKNOWN-METER-{i:040}": 1 for i in range(9_999)} | {"\ud800": 1})
    gateway.send(readings=[reading(meter, 0, 1.0)])
    first, second = gateway.answer(), gateway.answer()
    assert first["rejected"][-1] == {"code": "and_more", "detail": "9800 more readings were rejected"}
    assert second["stored"] == 1


def test_meter_that_utf_8_cannot_spell_is_rejected_and_answered(ingest: Process, gateway: Gateway, meter: str) -> None:
    gateway.send(readings=[reading("\ud800", 0, 1.0), reading(meter, 0, 1.0)])
    answer = gateway.answer()
    assert (answer["stored"], [r["meter"] for r in answer["rejected"]]) == (1, ["\\ud800"])


def test_meter_registered_a_moment_ago_is_known(
    ingest: Process, gateway: Gateway, meter: str, registered: Registered, database: psycopg.Connection
) -> None:
    gateway.send(readings=[reading("M-NEW", 0, 1.0)])
    assert [r["code"] for r in gateway.answer()["rejected"]] == ["unknown_meter"]
    unit = database.execute(
        "SELECT unit.code FROM unit JOIN meter USING (unit_id) WHERE meter.code = %s", [meter]
    ).fetchone()
    assert unit is not None
    registered.meter(code="M-NEW", unit_code=unit[0], gateway_code=gateway.code)
    gateway.send(readings=[reading("M-NEW", 0, 1.0)])
    assert gateway.answer()["stored"] == 1


def test_messages_sent_while_ingest_was_killed_are_stored_when_it_is_back(
    environment: dict[str, str], gateway: Gateway, meter: str, database: psycopg.Connection, store: str
) -> None:
    if store == "embedded":
        pytest.skip("the embedded broker keeps no session for a client that is away: gateways send again")
    with running("ingest", **environment) as first:
        gateway.send(readings=[reading(meter, 0, 0.0)])
        gateway.answer()
        first.kill()
    for quarter in range(1, 6):
        gateway.send(readings=[reading(meter, quarter, float(quarter))])
    with running("ingest", **environment):
        assert sum(gateway.answer()["stored"] for _ in range(5)) == 5
    assert [value for _, value in stored(database)] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_database_that_goes_away_is_waited_for_and_nothing_is_answered_meanwhile(
    ingest: Process, gateway: Gateway, meter: str, stack: Stack, database_url: str
) -> None:
    gateway.send(readings=[reading(meter, 0, 0.0)])
    gateway.answer()
    stack.database.kill()
    try:
        number = gateway.send(readings=[reading(meter, 1, 1.0)])
        ingest.wait_for("database not available, waiting")
        assert gateway.answers.empty()
    finally:
        stack.database.start()
    assert gateway.answer() == {"seq": number, "stored": 1, "duplicate": 0, "rejected": []}


def test_several_processes_share_the_messages_and_store_each_once(
    stack: Stack, database_url: str, gateway: Gateway, meter: str, database: psycopg.Connection, store: str
) -> None:
    if store == "embedded":
        pytest.skip("the embedded broker speaks MQTT 3.1.1: no $share")
    one, other = (environment_of(stack, database_url, instance=i) | {"ENERMON_INGEST_SHARE": "true"} for i in (0, 1))
    with running("ingest", **one), running("ingest", **other):
        for number in range(40):
            gateway.send(readings=[reading(meter, number + i, float(number + i)) for i in range(5)])
        answers = [gateway.answer() for _ in range(40)]
    assert sorted(a["seq"] for a in answers) == list(range(1, 41))
    assert sum(a["stored"] for a in answers) == len(stored(database)) == 44
    assert sum(a["duplicate"] for a in answers) == 40 * 5 - 44


def test_full_queue_stops_taking_and_drops_nothing(
    environment: dict[str, str], gateway: Gateway, meter: str, database: psycopg.Connection
) -> None:
    small = environment | {"ENERMON_INGEST_QUEUE_MESSAGES": "3", "ENERMON_INGEST_QUEUE_BYTES": "1000000"}
    with running("ingest", **small):
        for number in range(60):
            gateway.send(readings=[reading(meter, number, float(number))])
        assert sum(gateway.answer()["stored"] for _ in range(60)) == 60
    assert len(stored(database)) == 60


def test_what_a_gateway_says_of_itself_is_kept(
    ingest: Process, gateway: Gateway, meter: str, database: psycopg.Connection
) -> None:
    def kept() -> bool | None:
        row = database.execute("SELECT online FROM gateway_state WHERE gateway_code = %s", [gateway.code]).fetchone()
        return None if row is None else row[0]

    gateway.say("online")
    wait_until("it is kept as online", lambda: kept() is True)
    gateway.say("offline")
    wait_until("it is kept as offline", lambda: kept() is False)
    assert database.execute("SELECT count(*) FROM gateway_state").fetchone() == (1,)


def test_ingest_leaves_when_told_to(environment: dict[str, str], meter: str) -> None:
    with running("ingest", **environment) as process:
        assert process.stop() == 0


def test_message_of_another_format_is_read_by_the_profile_and_answered_after_the_commit(
    client: TestClient, gateway: Gateway, meter: str, ingest: Process, database: psycopg.Connection
) -> None:
    document = {
        "topics": ["{kind}/up"],
        "emit": [{"point": "{kind}", "value": "/v"}],
        "time": {"at": "/t", "format": "epoch_ms", "missing": "received"},
        "ack": {"topic": "y/{gateway}/{kind}", "payload": '{{"res": 1, "t": {/t}}}'},
    }
    client.put("/api/v1/profiles/mine", json={"document": document})
    client.put(f"/api/v1/gateways/{gateway.code}/profile", json={"profile": "mine"})
    client.put(f"/api/v1/gateways/{gateway.code}/points", json={"points": [{"name": "dev", "meter": meter}]})
    heard = gateway.listen(f"y/{gateway.code}/#")
    at_ms = int(START.timestamp() * 1000)
    gateway.publish_to(f"x/{gateway.code}/dev/up", json.dumps({"v": 5, "t": at_ms}).encode())
    assert heard.get(timeout=ANSWER_WITHIN_S) == (f"y/{gateway.code}/dev", b'{"res": 1, "t": %d}' % at_ms)
    assert database.execute("SELECT value, ts FROM reading").fetchall() == [(5.0, START)]
    gateway.publish_to(f"x/{gateway.code}/status", b"online")
    wait_until(
        "the example is kept",
        lambda: database.execute("SELECT reason FROM foreign_example").fetchall() == [("topic",)],
        within_s=ANSWER_WITHIN_S,
    )


def test_message_without_a_time_that_the_broker_had_kept_is_left_out(
    client: TestClient,
    gateway: Gateway,
    meter: str,
    environment: dict[str, str],
    database: psycopg.Connection,
) -> None:
    document = {"topics": ["last"], "emit": [{"point": "E", "value": "/v"}], "time": {"missing": "received"}}
    client.put("/api/v1/profiles/mine", json={"document": document})
    client.put(f"/api/v1/gateways/{gateway.code}/profile", json={"profile": "mine"})
    client.put(f"/api/v1/gateways/{gateway.code}/points", json={"points": [{"name": "E", "meter": meter}]})
    topic = f"x/{gateway.code}/last"

    def counts() -> dict[str, int]:
        return dict(database.execute("SELECT reason, readings FROM foreign_count").fetchall())

    try:
        with running("ingest", **environment) as process:
            gateway.publish_to(topic, b'{"v": 7}', retain=True)
            wait_until("it is stored as it comes", lambda: counts() == {"received": 1}, within_s=ANSWER_WITHIN_S)
            process.stop()
        with running("ingest", **environment):
            wait_until("it is left out", lambda: counts().get("retained", 0) > 0, within_s=ANSWER_WITHIN_S)
        assert database.execute("SELECT value FROM reading").fetchall() == [(7.0,)]
    finally:
        gateway.publish_to(topic, b"", retain=True)
