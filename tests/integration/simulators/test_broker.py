"""Simulated gateways against a real broker and a receiving side that answers badly: each reading is answered once."""

import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from simulators.broker import Broker, broker_from_url
from simulators.faults.plan import FaultPlan
from simulators.publish import Faults, Options, publish
from simulators.wire import decode_readings
from tests.integration.ports import free_port
from tests.unit.simulators.factories import counter, feed_of, registry_with, series_of

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin")

pytestmark = pytest.mark.skipif(
    MOSQUITTO is None, reason="SKIPPED: mosquitto is not installed, no real broker to try with"
)

Answers = Callable[["ReceivingSide", str, int, int, int], list[dict[str, Any]]]


class Mosquitto:
    """A broker on loopback that can be killed and started again on the same port."""

    def __init__(self, folder: Path, *extra: str) -> None:
        self.port = free_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._config = folder / "mosquitto.conf"
        lines = [f"listener {self.port} 127.0.0.1", "persistence false", "max_queued_messages 100000", *extra]
        self._config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        assert MOSQUITTO is not None
        self._process = subprocess.Popen(
            [MOSQUITTO, "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if "running" in line:
                return
        raise AssertionError(f"mosquitto ended with {self._process.wait()}")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path, "allow_anonymous true")
    broker.start()
    yield broker
    broker.kill()


def answer_all(side: "ReceivingSide", gateway: str, seq: int, stored: int, duplicate: int) -> list[dict[str, Any]]:
    return [{"seq": seq, "stored": stored, "duplicate": duplicate, "rejected": []}]


class ReceivingSide:
    """Stores readings by meter and time as the service does, and answers as `answers` says."""

    def __init__(self, url: str, answers: Answers = answer_all, *, user: str = "", password: str = "") -> None:
        self.stored: dict[tuple[str, int], float] = {}
        self.payloads: dict[tuple[str, int], set[bytes]] = {}
        self.arrivals: Counter[tuple[str, int]] = Counter()
        self.messages = 0
        self.statuses: list[tuple[str, str]] = []
        self.said_offline = threading.Event()
        self._answers = answers
        self._subscribed = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="receiving", clean_session=False)
        if user:
            self.client.username_pw_set(user, password)
        self.client.reconnect_delay_set(min_delay=1, max_delay=1)
        self.client.on_connect = lambda client, *_: client.subscribe(
            [("enermon/v1/+/readings", 1), ("enermon/v1/+/status", 1)]
        )
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.on_message = self._take
        port = int(url.rsplit(":", 1)[1])
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self._subscribed.wait(10)

    def _take(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        _, _, gateway, topic = message.topic.split("/")
        if topic == "status":
            self.statuses.append((gateway, bytes(message.payload).decode()))
            if message.payload == b"offline":
                self.said_offline.set()
            return
        payload = bytes(message.payload)
        seq = json.loads(payload)["seq"]
        self.messages += 1
        self.arrivals[gateway, seq] += 1
        self.payloads.setdefault((gateway, seq), set()).add(payload)
        readings = decode_readings(payload)
        new = {(r.meter, r.ts): r.value for r in readings if (r.meter, r.ts) not in self.stored}
        self.stored.update(new)
        answers = self._answers(self, gateway, seq, len(new), len(readings) - len(new))
        if answers:
            client.publish(f"enermon/v1/{gateway}/ack", json.dumps(answers), qos=1)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def receiving(mosquitto: Mosquitto) -> Iterator[Callable[..., ReceivingSide]]:
    opened: list[ReceivingSide] = []

    def open_side(answers: Answers = answer_all) -> ReceivingSide:
        opened.append(ReceivingSide(mosquitto.url, answers))
        return opened[-1]

    yield open_side
    for side in opened:
        side.close()


def gateways(count: int, readings: int) -> list[Any]:
    return [feed_of(f"GW-{n}", series_of(f"E{n:02d}", readings, first=float(n))) for n in range(count)]


def truth_of(count: int, readings: int) -> dict[tuple[str, int], float]:
    found: dict[tuple[str, int], float] = {}
    for n in range(count):
        series = series_of(f"E{n:02d}", readings, first=float(n))
        found |= {
            (series.meter_code, ts): value for ts, value in zip(series.ts_ms.tolist(), series.values, strict=True)
        }
    return found


def options(broker: Broker | str, state_dir: Path, **given: Any) -> Options:
    target = broker_from_url(broker) if isinstance(broker, str) else broker
    return Options(broker=target, state_dir=state_dir, **({"resend_after_s": 0.3} | given))


Side = Callable[..., ReceivingSide]


def test_everything_is_answered_once_on_a_good_line(mosquitto: Mosquitto, receiving: Side, tmp_path: Path) -> None:
    side = receiving()
    counts = publish(gateways(30, 200), options(mosquitto.url, tmp_path / "state", resend_after_s=60.0))
    assert side.stored == truth_of(30, 200)
    assert (counts.answered, counts.stored, counts.duplicate, counts.rejected) == (6000, 6000, 0, 0)
    assert set(side.arrivals.values()) == {1}


def test_answers_that_get_lost_are_asked_for_again(mosquitto: Mosquitto, receiving: Side, tmp_path: Path) -> None:
    def lose_every_third(
        side: ReceivingSide, gateway: str, seq: int, stored: int, duplicate: int
    ) -> list[dict[str, Any]]:
        return [] if side.messages % 3 == 0 else answer_all(side, gateway, seq, stored, duplicate)

    side = receiving(lose_every_third)
    counts = publish(gateways(5, 100), options(mosquitto.url, tmp_path / "state"))
    assert side.stored == truth_of(5, 100)
    assert counts.answered == 500
    assert counts.stored + counts.duplicate == 500
    assert counts.duplicate > 0
    assert max(side.arrivals.values()) > 1
    assert all(len(payloads) == 1 for payloads in side.payloads.values())  # same seq, same content, byte for byte


def test_several_answers_in_one_publish_and_answers_given_twice(
    mosquitto: Mosquitto, receiving: Side, tmp_path: Path
) -> None:
    held: list[dict[str, Any]] = []

    def two_by_two(side: ReceivingSide, gateway: str, seq: int, stored: int, duplicate: int) -> list[dict[str, Any]]:
        held.extend(2 * answer_all(side, gateway, seq, stored, duplicate))
        if len(held) < 4:
            return []
        together, held[:] = list(held), []
        return together

    receiving(two_by_two)
    counts = publish(gateways(1, 100), options(mosquitto.url, tmp_path / "state"))
    assert (counts.answered, counts.stored) == (100, 100)
    assert counts.answers_repeated >= 10


def test_a_broker_that_dies_loses_no_reading(mosquitto: Mosquitto, receiving: Side, tmp_path: Path) -> None:
    def kill_the_broker_once(
        side: ReceivingSide, gateway: str, seq: int, stored: int, duplicate: int
    ) -> list[dict[str, Any]]:
        if side.messages == 7:
            mosquitto.kill()
            mosquitto.start()
            return []
        return answer_all(side, gateway, seq, stored, duplicate)

    side = receiving(kill_the_broker_once)
    counts = publish(gateways(4, 150), options(mosquitto.url, tmp_path / "state"))
    assert side.stored == truth_of(4, 150)
    assert counts.answered == 600
    assert counts.reconnects >= 1


def test_faults_of_the_way_lose_nothing_and_repeat_nothing_in_the_store(
    mosquitto: Mosquitto, receiving: Side, tmp_path: Path
) -> None:
    side = receiving()
    rates = {"duplicates": 0.2, "shuffle": 0.4, "late": 0.2, "lost_connection": 0.05}
    registry = registry_with([counter(f"E{n:02d}") for n in range(5)])
    faults = Faults(FaultPlan(seed=3, rates=rates), registry)
    counts = publish(gateways(5, 300), options(mosquitto.url, tmp_path / "state", faults=faults))
    assert side.stored == truth_of(5, 300)
    assert counts.stored + counts.duplicate == counts.answered >= 1500
    injected = [json.loads(line)["fault"] for line in (tmp_path / "state" / "faults.jsonl").read_text().splitlines()]
    assert set(injected) == set(rates)


def test_a_stopped_run_is_continued_by_the_next_one(mosquitto: Mosquitto, receiving: Side, tmp_path: Path) -> None:
    def none(side: ReceivingSide, gateway: str, seq: int, stored: int, duplicate: int) -> list[dict[str, Any]]:
        return answer_all(side, gateway, seq, stored, duplicate) if side.messages <= 12 else []

    side = receiving(none)
    first = publish(gateways(3, 200), options(mosquitto.url, tmp_path / "state"), until=lambda: side.messages > 20)
    assert first.answered < 600
    side.close()

    resumed = receiving()
    resumed.stored.update(side.stored)
    second = publish(gateways(3, 200), options(mosquitto.url, tmp_path / "state"))
    assert resumed.stored == truth_of(3, 200)
    assert second.answered == 600  # over both runs
    seqs = {key for each in (side, resumed) for key in each.arrivals}
    assert seqs == {(f"GW-{n}", seq) for n in range(3) for seq in range(1, 21)}


def test_gateways_say_online_and_offline(mosquitto: Mosquitto, receiving: Side, tmp_path: Path) -> None:
    side = receiving()
    publish(gateways(1, 10), options(mosquitto.url, tmp_path / "state"))
    assert side.said_offline.wait(10)
    assert side.statuses == [("GW-0", "online"), ("GW-0", "offline")]


def test_a_gateway_that_is_cut_off_leaves_its_last_will(mosquitto: Mosquitto, receiving: Side, tmp_path: Path) -> None:
    side = receiving()
    faults = Faults(FaultPlan(seed=1, rates={"lost_connection": 1.0}), registry_with([]))
    publish(gateways(1, 10), options(mosquitto.url, tmp_path / "state", faults=faults))
    assert side.said_offline.wait(10)
    assert ("GW-0", "offline") in side.statuses[1:3]


def test_each_gateway_enters_with_its_own_password(tmp_path: Path) -> None:
    assert MOSQUITTO is not None
    passwd = shutil.which("mosquitto_passwd")
    if passwd is None:
        pytest.skip("SKIPPED: mosquitto_passwd is not installed")
    users = {"GW-0": "zero", "GW-1": "one", "enermon": "service"}
    for number, (user, password) in enumerate(users.items()):
        subprocess.run([passwd, *(["-c"] if number == 0 else []), "-b", tmp_path / "users", user, password], check=True)
    (tmp_path / "acl").write_text(
        "user enermon\ntopic readwrite enermon/v1/#\n"
        "pattern write enermon/v1/%u/readings\npattern write enermon/v1/%u/status\npattern read enermon/v1/%u/ack\n",
        encoding="utf-8",
    )
    (tmp_path / "users").chmod(0o644)
    broker = Mosquitto(
        tmp_path,
        "allow_anonymous false",
        "user root",
        f"password_file {tmp_path / 'users'}",
        f"acl_file {tmp_path / 'acl'}",
    )
    broker.start()
    passwords = tmp_path / "gateways.csv"
    passwords.write_text("gateway,password\nGW-0,zero\nGW-1,one\n", encoding="utf-8")
    side = ReceivingSide(broker.url, user="enermon", password="service")
    try:
        target = broker_from_url(broker.url, passwords_file=passwords)
        counts = publish(gateways(2, 50), options(target, tmp_path / "state"))
        assert side.stored == truth_of(2, 50)
        assert counts.answered == 100
    finally:
        side.close()
        broker.kill()


SILENT_PROGRAM = """
import asyncio, sys
from amqtt.broker import Broker

async def serve():
    config = {"listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{sys.argv[1]}"}},
              "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}}
    await Broker(config).start()
    await asyncio.Event().wait()

asyncio.run(serve())
"""


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(["-m", "services.up.embedded_broker"], id="which refuses MQTT 5"),
        pytest.param(["-c", SILENT_PROGRAM], id="which does not answer MQTT 5"),
    ],
)
def test_a_broker_of_mqtt_3_1_1_is_spoken_to_in_its_version(program: list[str], tmp_path: Path) -> None:
    pytest.importorskip("amqtt", reason="SKIPPED: the embedded broker is not installed")
    port = free_port()
    process = subprocess.Popen([sys.executable, *program, str(port)], stderr=subprocess.DEVNULL)
    try:
        wait_for_listener(port)
        url = f"mqtt://127.0.0.1:{port}"
        side = ReceivingSide(url)
        broker = broker_from_url(url)
        counts = publish(gateways(3, 50), options(broker, tmp_path / "state", resend_after_s=5.0))
        side.close()
        assert broker.protocol == MQTTProtocolVersion.MQTTv311
        assert side.stored == truth_of(3, 50)
        assert counts.answered == 150
    finally:
        process.kill()
        process.wait()


def wait_for_listener(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
        else:
            return
