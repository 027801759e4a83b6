"""The private broker of `enermon up`: who may connect, who may write where, what survives its end."""

import queue
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from services.ingest.broker_users import ALERTS_USER, INGEST_USER, MOST_INGESTS, SERVICE_USERS, ingest_user
from services.up.broker_answer import refusal
from services.up.errors import StartError
from services.up.mosquitto import PrivateMosquitto
from services.up.ports import LOOPBACK
from services.up.stack import Broker, embedded_broker, native_broker
from tests.integration.connecting import ANSWER_S, Messages, connected, granted, published, subscribe
from tests.integration.let_in import let_in, password_of, url_of
from tests.integration.ports import home_in

pytestmark = pytest.mark.store

NOT_AUTHORIZED = 0x87
REFUSED_3_1_1 = 0x80
NO_SUBSCRIBER = 0x10
NOT_ALLOWED = "Not authorized"


@pytest.fixture
def broker(store: str, tmp_path: Path) -> Iterator[Broker]:
    """The broker, running, with two gateways."""
    home = home_in(tmp_path)
    private: Broker = native_broker(home) if store == "native" else embedded_broker(home)
    let_in(private, ["GW-1", "GW-2"])
    private.start()
    yield private
    private.stop()


@pytest.fixture
def mosquitto(broker: Broker, store: str) -> Broker:
    """The broker, where it is mosquitto."""
    if store != "native":
        pytest.skip("the embedded broker has no passwords, no rights, no MQTT 5 and no memory of its own")
    return broker


def _refusal(broker: Broker, user: str | None, password: str = "") -> str | None:
    assert broker.port is not None
    return refusal(host=LOOPBACK, port=broker.port, user=user, password=password)


def _password(broker: Broker, user: str) -> str:
    return unquote(urlsplit(broker.url(user)).password or "") if user in SERVICE_USERS else password_of(user)


def test_readings_of_a_gateway_reach_the_service_and_its_answer_the_gateway(broker: Broker) -> None:
    with connected(broker.url(), "service") as service, connected(url_of(broker, "GW-1"), "GW-1") as gateway:
        at_service, at_gateway = (
            subscribe(service, "enermon/v1/+/readings"),
            subscribe(gateway, "enermon/v1/GW-1/ack"),
        )
        assert published(gateway, "enermon/v1/GW-1/readings", "{}") == 0
        assert at_service.get(timeout=ANSWER_S) == ("enermon/v1/GW-1/readings", b"{}")
        assert published(service, "enermon/v1/GW-1/ack", "[]") == 0
        assert at_gateway.get(timeout=ANSWER_S) == ("enermon/v1/GW-1/ack", b"[]")


def test_gateway_hears_nothing_of_another_one(broker: Broker) -> None:
    with connected(broker.url(), "service") as service, connected(url_of(broker, "GW-1"), "GW-1") as first:
        subscribe(service, "enermon/v1/+/status")
        assert published(first, "enermon/v1/GW-1/status", "online", retain=True) == 0
        with connected(url_of(broker, "GW-2"), "GW-2") as second:
            messages = subscribe(second, "enermon/v1/GW-2/ack")
            assert published(service, "enermon/v1/GW-2/ack", "[]") == 0
            assert messages.get(timeout=ANSWER_S) == ("enermon/v1/GW-2/ack", b"[]")


def test_wrong_or_missing_password_is_refused(mosquitto: Broker) -> None:
    assert _refusal(mosquitto, "GW-1", _password(mosquitto, "GW-1")) is None
    assert _refusal(mosquitto, "GW-1", "wrong") == NOT_ALLOWED
    assert _refusal(mosquitto, "GW-2", _password(mosquitto, "GW-1")) == NOT_ALLOWED
    assert _refusal(mosquitto, "GW-3", _password(mosquitto, "GW-3")) == NOT_ALLOWED
    assert _refusal(mosquitto, None) == NOT_ALLOWED


def test_each_service_may_do_what_its_work_needs_and_no_more(mosquitto: Broker) -> None:
    for instance in range(MOST_INGESTS):
        with connected(mosquitto.url(ingest_user(instance)), "any", mqtt5=True) as ingest:
            assert published(ingest, "enermon/v1/GW-1/ack", "[]") in (0, NO_SUBSCRIBER)
            assert published(ingest, "enermon/v1/GW-1/readings", "{}") == NOT_AUTHORIZED
            assert published(ingest, "enermon/v1/enterprises/91150622MA0N0000XF/alerts", "{}") == NOT_AUTHORIZED
    with connected(mosquitto.url(ALERTS_USER), "any", mqtt5=True) as alerts:
        assert published(alerts, "enermon/v1/enterprises/91150622MA0N0000XF/alerts", "{}") in (0, NO_SUBSCRIBER)
        assert published(alerts, "enermon/v1/GW-1/ack", "[]") == NOT_AUTHORIZED
        for topic in ("#", "enermon/v1/+/readings", "enermon/v1/enterprises/+/alerts", "$CONTROL/#"):
            assert granted(alerts, topic) == NOT_AUTHORIZED


def test_client_id_of_another_ends_no_connection_but_one_of_the_same_user(mosquitto: Broker) -> None:
    ended: queue.Queue[bool] = queue.Queue()
    with connected(mosquitto.url(), "one", mqtt5=True) as service:
        service.on_disconnect = lambda *_: ended.put(True)
        with connected(url_of(mosquitto, "GW-1"), INGEST_USER, mqtt5=True):
            assert published(service, "enermon/v1/GW-1/ack", "[]") == NO_SUBSCRIBER
        assert ended.empty()
        assert _refusal(mosquitto, INGEST_USER, _password(mosquitto, INGEST_USER)) is None
        assert ended.get(timeout=ANSWER_S)


def test_gateway_may_not_write_below_another_ones_topic_nor_answer_itself(mosquitto: Broker) -> None:
    with connected(url_of(mosquitto, "GW-1"), "GW-1", mqtt5=True) as gateway:
        assert published(gateway, "enermon/v1/GW-2/readings", "{}") == NOT_AUTHORIZED
        assert published(gateway, "enermon/v1/GW-1/ack", "[]") == NOT_AUTHORIZED
        assert published(gateway, "elsewhere", "{}") == NOT_AUTHORIZED


def test_message_to_a_topic_that_is_not_the_gateways_own_is_dropped_by_the_broker(mosquitto: Broker) -> None:
    topics = [
        "/enermon/v1/GW-1/readings",
        "enermon/v1//GW-1/readings",
        "enermon/v1/GW-1/Readings",
        "enermon/v1/gw-1/readings",
        "enermon/v2/GW-1/readings",
    ]
    with connected(mosquitto.url(), "any") as ingest:
        heard = subscribe(ingest, "enermon/v1/+/readings")
        with connected(url_of(mosquitto, "GW-1"), "GW-1", mqtt5=True) as told:
            assert [published(told, topic, "{}") for topic in topics] == [NOT_AUTHORIZED] * len(topics)
        with connected(url_of(mosquitto, "GW-1"), "GW-1") as untold:
            assert [published(untold, topic, "{}") for topic in topics] == [0] * len(topics)
            assert published(untold, "enermon/v1/GW-1/readings", "{}") == 0
        assert heard.get(timeout=ANSWER_S)[0] == "enermon/v1/GW-1/readings"


def test_enterprise_reads_its_own_alerts_and_no_others(mosquitto: Broker) -> None:
    # an enterprise that is told by MQTT is a user of the broker, named by its credit code
    enterprise, other = "91150622MA0N0000XF", "91150622MA0N0001XB"
    let_in(mosquitto, ["GW-1", enterprise])
    alerts = mosquitto.url(ALERTS_USER)
    with connected(alerts, "alerts") as service, connected(url_of(mosquitto, enterprise), "erp") as reader:
        assert granted(reader, "enermon/v1/enterprises/+/alerts") == REFUSED_3_1_1
        heard = subscribe(reader, f"enermon/v1/enterprises/{enterprise}/alerts")
        assert published(service, f"enermon/v1/enterprises/{other}/alerts", "{}") == 0
        assert published(service, f"enermon/v1/enterprises/{enterprise}/alerts", '{"type": "alert.fired"}') == 0
        assert heard.get(timeout=ANSWER_S) == (
            f"enermon/v1/enterprises/{enterprise}/alerts",
            b'{"type": "alert.fired"}',
        )
        assert heard.empty()
    with connected(url_of(mosquitto, "GW-1"), "GW-1", mqtt5=True) as gateway:
        assert published(gateway, f"enermon/v1/enterprises/{enterprise}/alerts", "{}") == NOT_AUTHORIZED


def test_registered_gateway_may_connect_at_once_and_the_others_stayconnected(mosquitto: Broker) -> None:
    with connected(url_of(mosquitto, "GW-1"), "GW-1") as gateway:
        let_in(mosquitto, ["GW-1", "GW-3"])
        assert _refusal(mosquitto, "GW-3", _password(mosquitto, "GW-3")) is None
        assert _refusal(mosquitto, "GW-2", _password(mosquitto, "GW-2")) == NOT_ALLOWED
        assert published(gateway, "enermon/v1/GW-1/readings", "{}") == 0


def test_what_waits_for_the_service_survives_a_restart_of_the_broker(mosquitto: Broker) -> None:
    with connected(mosquitto.url(), "service") as service:
        subscribe(service, "enermon/v1/+/readings")
    with connected(url_of(mosquitto, "GW-1"), "GW-1") as gateway:
        for number in range(2000):
            last = gateway.publish("enermon/v1/GW-1/readings", str(number), qos=1)
        last.wait_for_publish(ANSWER_S)
    mosquitto.stop()
    mosquitto.start()
    messages: Messages = queue.Queue()
    with connected(mosquitto.url(), "service", messages=messages):
        payloads = [messages.get(timeout=ANSWER_S)[1] for _ in range(2000)]
    assert payloads == [str(number).encode() for number in range(2000)]


@pytest.mark.parametrize("restarted", [False, True])
def test_answer_waits_for_a_gateway_that_is_away_though_others_come_and_go(mosquitto: Broker, restarted: bool) -> None:
    with connected(url_of(mosquitto, "GW-1"), "GW-1") as gateway:
        assert granted(gateway, "enermon/v1/GW-1/ack") == 1
    if restarted:
        mosquitto.stop()
        mosquitto.start()
    let_in(mosquitto, ["GW-1", "GW-3"])
    with connected(mosquitto.url(), "service") as service:
        assert published(service, "enermon/v1/GW-1/ack", "[1]") == 0
        let_in(mosquitto, ["GW-1", "GW-3", "GW-4"])
        assert published(service, "enermon/v1/GW-1/ack", "[2]") == 0
    messages: Messages = queue.Queue()
    with connected(url_of(mosquitto, "GW-1"), "GW-1", messages=messages):
        assert [messages.get(timeout=ANSWER_S)[1] for _ in range(2)] == [b"[1]", b"[2]"]


def test_killed_broker_comes_back_on_its_port_with_its_users(broker: Broker) -> None:
    port = broker.port
    broker.kill()
    broker.start()
    assert broker.port == port
    assert _refusal(broker, "GW-1", _password(broker, "GW-1")) is None


def test_embedded_broker_says_at_once_that_it_does_not_know_mqtt_5(broker: Broker, store: str) -> None:
    if store != "embedded":
        pytest.skip("mosquitto knows MQTT 5")
    refused: queue.Queue[str] = queue.Queue()
    client = Client(CallbackAPIVersion.VERSION2, "GW-1", protocol=MQTTProtocolVersion.MQTTv5)
    client.will_set("enermon/v1/GW-1/status", "offline", qos=1, retain=True)
    client.on_connect = lambda _c, _u, _f, reason, _p: refused.put(str(reason))
    client.connect(LOOPBACK, int(broker.port or 0))
    client.loop_start()
    assert refused.get(timeout=ANSWER_S) == "Unsupported protocol version"
    client.loop_stop()


class _AnyoneMayConnect(socketserver.BaseRequestHandler):
    """Another installation's broker, which accepts every connection."""

    def handle(self) -> None:
        """CONNACK: accepted."""
        self.request.recv(1024)
        self.request.sendall(b"\x20\x02\x00\x00")


def test_embedded_broker_whose_port_another_takes_meanwhile_goes_to_a_free_one(tmp_path: Path, store: str) -> None:
    if store != "embedded":
        pytest.skip("what lets in anyone is not taken for mosquitto: the test after this one")
    private = embedded_broker(home_in(tmp_path))
    others: list[socketserver.ThreadingTCPServer] = []

    def take_the_port() -> None:
        if private.child is not None and not others:  # the child is started and does not listen yet
            others.append(socketserver.ThreadingTCPServer((LOOPBACK, int(private.port or 0)), _AnyoneMayConnect))
            threading.Thread(target=others[0].serve_forever, daemon=True).start()

    try:
        private.start(take_the_port)
        assert private.port != others[0].server_address[1]
        assert private.exit_code() is None
        assert _refusal(private, None) is None
    finally:
        private.stop()
        for other in others:
            other.shutdown()
            other.server_close()


def test_broker_that_lets_in_anyone_is_not_taken_for_mosquitto(
    mosquitto: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(mosquitto, PrivateMosquitto)
    monkeypatch.setattr("services.up.mosquitto.RELOAD_TIMEOUT_S", 1.0)
    own = mosquitto.port
    with socketserver.ThreadingTCPServer((LOOPBACK, 0), _AnyoneMayConnect) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        mosquitto.port = other.server_address[1]
        try:
            with pytest.raises(StartError, match="does not take the rights of its users") as refused:
                let_in(mosquitto, ["GW-3"])
            assert refused.value.code == "broker_not_ready"
        finally:
            mosquitto.port = own
            other.shutdown()
