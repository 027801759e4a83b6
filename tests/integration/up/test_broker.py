"""The private broker of `enermon up`: who may connect, who may write where, what survives its end."""

import queue
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from services.up.errors import StartError
from services.up.mosquitto import PrivateMosquitto
from services.up.mqtt_probe import Answer, ask_to_connect
from services.up.ports import LOOPBACK
from services.up.stack import Broker, embedded_broker, native_broker
from tests.integration.ports import home_in

ANSWER_S = 60.0
NOT_AUTHORIZED = 0x87

Messages = queue.Queue[tuple[str, bytes]]


@pytest.fixture
def broker(store: str, tmp_path: Path) -> Iterator[Broker]:
    """The broker, running, with two gateways."""
    home = home_in(tmp_path)
    private: Broker = native_broker(home) if store == "native" else embedded_broker(home)
    private.allow_gateways(["GW-1", "GW-2"])
    private.start()
    yield private
    private.stop()


@pytest.fixture
def mosquitto(broker: Broker, store: str) -> Broker:
    """The broker, where it is mosquitto."""
    if store != "native":
        pytest.skip("the embedded broker has no passwords, no rights, no MQTT 5 and no memory of its own")
    return broker


@contextmanager
def _connected(url: str, client_id: str, *, mqtt5: bool = False, messages: Messages | None = None) -> Iterator[Client]:
    """A connected client; ``messages`` takes what a kept session delivers at once."""
    address = urlsplit(url)
    protocol = MQTTProtocolVersion.MQTTv5 if mqtt5 else MQTTProtocolVersion.MQTTv311
    client = Client(CallbackAPIVersion.VERSION2, client_id, protocol=protocol, clean_session=None if mqtt5 else False)
    if address.username:
        client.username_pw_set(unquote(address.username), unquote(address.password or ""))
    if messages is not None:
        client.on_message = lambda _c, _u, message: messages.put((message.topic, bytes(message.payload)))
    accepted: queue.Queue[bool] = queue.Queue()
    client.on_connect = lambda _c, _u, _f, reason, _p: accepted.put(not reason.is_failure)
    client.connect(str(address.hostname), int(address.port or 0))
    client.loop_start()
    try:
        assert accepted.get(timeout=ANSWER_S)
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def _publish(client: Client, topic: str, payload: str, *, retain: bool = False) -> int:
    """The broker's reason code for a message with QoS 1: 0 when it is accepted."""
    acknowledged: queue.Queue[int] = queue.Queue()
    client.on_publish = lambda _c, _u, _m, reason, _p: acknowledged.put(int(reason.value))
    client.publish(topic, payload, qos=1, retain=retain)
    return acknowledged.get(timeout=ANSWER_S)


def _subscribe(client: Client, topic: str) -> Messages:
    messages: Messages = queue.Queue()
    granted: queue.Queue[int] = queue.Queue()
    client.on_message = lambda _c, _u, message: messages.put((message.topic, bytes(message.payload)))
    client.on_subscribe = lambda _c, _u, _m, reasons, _p: granted.put(int(reasons[0].value))
    client.subscribe(topic, 1)
    assert granted.get(timeout=ANSWER_S) == 1
    return messages


def _answer(broker: Broker, user: str | None, password: str = "") -> Answer:
    assert broker.port is not None
    return ask_to_connect(host=LOOPBACK, port=broker.port, user=user, password=password)


def _password(broker: Broker, user: str) -> str:
    return unquote(urlsplit(broker.url(user)).password or "")


def test_readings_of_a_gateway_reach_the_service_and_its_answer_the_gateway(broker: Broker) -> None:
    with _connected(broker.url(), "service") as service, _connected(broker.url("GW-1"), "GW-1") as gateway:
        at_service, at_gateway = (
            _subscribe(service, "enermon/v1/+/readings"),
            _subscribe(gateway, "enermon/v1/GW-1/ack"),
        )
        assert _publish(gateway, "enermon/v1/GW-1/readings", "{}") == 0
        assert at_service.get(timeout=ANSWER_S) == ("enermon/v1/GW-1/readings", b"{}")
        assert _publish(service, "enermon/v1/GW-1/ack", "[]") == 0
        assert at_gateway.get(timeout=ANSWER_S) == ("enermon/v1/GW-1/ack", b"[]")


def test_gateway_hears_nothing_of_another_one(broker: Broker) -> None:
    with _connected(broker.url(), "service") as service, _connected(broker.url("GW-1"), "GW-1") as first:
        _subscribe(service, "enermon/v1/+/status")
        assert _publish(first, "enermon/v1/GW-1/status", "online", retain=True) == 0
        with _connected(broker.url("GW-2"), "GW-2") as second:
            messages = _subscribe(second, "enermon/v1/GW-2/ack")
            assert _publish(service, "enermon/v1/GW-2/ack", "[]") == 0
            assert messages.get(timeout=ANSWER_S) == ("enermon/v1/GW-2/ack", b"[]")


def test_wrong_or_missing_password_is_refused(mosquitto: Broker) -> None:
    assert _answer(mosquitto, "GW-1", _password(mosquitto, "GW-1")) is Answer.ACCEPTED
    assert _answer(mosquitto, "GW-1", "wrong") is Answer.NOT_ALLOWED
    assert _answer(mosquitto, "GW-2", _password(mosquitto, "GW-1")) is Answer.NOT_ALLOWED
    assert _answer(mosquitto, "GW-3", _password(mosquitto, "GW-3")) is Answer.NOT_ALLOWED
    assert _answer(mosquitto, None) is Answer.NOT_ALLOWED


def test_gateway_may_not_write_below_another_ones_topic_nor_answer_itself(mosquitto: Broker) -> None:
    with _connected(mosquitto.url("GW-1"), "GW-1", mqtt5=True) as gateway:
        assert _publish(gateway, "enermon/v1/GW-2/readings", "{}") == NOT_AUTHORIZED
        assert _publish(gateway, "enermon/v1/GW-1/ack", "[]") == NOT_AUTHORIZED
        assert _publish(gateway, "elsewhere", "{}") == NOT_AUTHORIZED


def test_gateway_does_not_read_what_another_one_sends(mosquitto: Broker) -> None:
    with _connected(mosquitto.url("GW-1"), "GW-1") as first, _connected(mosquitto.url("GW-2"), "GW-2") as second:
        heard = _subscribe(second, "#")
        with _connected(mosquitto.url(), "service") as service:
            at_service = _subscribe(service, "enermon/v1/+/readings")
            _publish(first, "enermon/v1/GW-1/readings", "{}")
            at_service.get(timeout=ANSWER_S)
            _publish(service, "enermon/v1/GW-2/ack", "[]")
        assert heard.get(timeout=ANSWER_S) == ("enermon/v1/GW-2/ack", b"[]")
        assert heard.empty()


def test_enterprise_reads_its_own_alerts_and_no_others(mosquitto: Broker) -> None:
    # an enterprise that is told by MQTT is a user of the broker, named by its credit code
    enterprise, other = "91150622MA0N0000XF", "91150622MA0N0001XB"
    mosquitto.allow_gateways(["GW-1", enterprise])
    with _connected(mosquitto.url(), "service") as service, _connected(mosquitto.url(enterprise), "erp") as reader:
        heard = _subscribe(reader, "enermon/v1/enterprises/+/alerts")
        assert _publish(service, f"enermon/v1/enterprises/{other}/alerts", "{}") == 0
        assert _publish(service, f"enermon/v1/enterprises/{enterprise}/alerts", '{"type": "alert.fired"}') == 0
        assert heard.get(timeout=ANSWER_S) == (
            f"enermon/v1/enterprises/{enterprise}/alerts",
            b'{"type": "alert.fired"}',
        )
        assert heard.empty()
    with _connected(mosquitto.url("GW-1"), "GW-1", mqtt5=True) as gateway:
        assert _publish(gateway, f"enermon/v1/enterprises/{enterprise}/alerts", "{}") == NOT_AUTHORIZED


def test_registered_gateway_may_connect_at_once_and_the_others_stay_connected(mosquitto: Broker) -> None:
    with _connected(mosquitto.url("GW-1"), "GW-1") as gateway:
        mosquitto.allow_gateways(["GW-1", "GW-3"])
        assert _answer(mosquitto, "GW-3", _password(mosquitto, "GW-3")) is Answer.ACCEPTED
        assert _answer(mosquitto, "GW-2", _password(mosquitto, "GW-2")) is Answer.NOT_ALLOWED
        assert _publish(gateway, "enermon/v1/GW-1/readings", "{}") == 0


def test_what_waits_for_the_service_survives_a_restart_of_the_broker(mosquitto: Broker) -> None:
    with _connected(mosquitto.url(), "service") as service:
        _subscribe(service, "enermon/v1/+/readings")
    with _connected(mosquitto.url("GW-1"), "GW-1") as gateway:
        for number in range(2000):
            last = gateway.publish("enermon/v1/GW-1/readings", str(number), qos=1)
        last.wait_for_publish(ANSWER_S)
    mosquitto.stop()
    mosquitto.start()
    messages: Messages = queue.Queue()
    with _connected(mosquitto.url(), "service", messages=messages):
        payloads = [messages.get(timeout=ANSWER_S)[1] for _ in range(2000)]
    assert payloads == [str(number).encode() for number in range(2000)]


def test_killed_broker_comes_back_on_its_port_with_its_users(broker: Broker) -> None:
    port = broker.port
    broker.kill()
    broker.start()
    assert broker.port == port
    assert _answer(broker, "GW-1", _password(broker, "GW-1")) is Answer.ACCEPTED


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
        assert _answer(private, None) is Answer.ACCEPTED
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
            with pytest.raises(StartError, match=r"GW-3 alone \(it lets in anyone\)") as refused:
                mosquitto.allow_gateways(["GW-3"])
            assert refused.value.code == "broker_not_ready"
        finally:
            mosquitto.port = own
            other.shutdown()
