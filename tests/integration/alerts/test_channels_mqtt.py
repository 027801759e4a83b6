"""Alerts by MQTT through a real broker: each enterprise on its own topic, acknowledged or told why not."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from services.alerts.channels.contract import DeliveryFailed, Destination, Rendered
from services.alerts.channels.mqtt import MqttChannel
from services.alerts.notify.render import render
from services.core.mqtt_address import parse_mqtt_url
from services.up.embedded import embedded_installed
from services.up.stack import embedded_broker
from tests.integration.ports import free_port, home_in
from tests.integration.simulators.test_broker import MOSQUITTO, Mosquitto
from tests.unit.alerts.notify.contents import MESSAGE_ID, content

CREDIT_CODE = "91150100MA0MXXXX1K"
TOPIC = f"enermon/v1/enterprises/{CREDIT_CODE}/alerts"
TO = Destination(address=CREDIT_CODE)
ANSWER_S = 10.0

native = pytest.mark.skipif(MOSQUITTO is None, reason="SKIPPED: mosquitto is not installed, no real broker to try with")

Messages = queue.Queue[mqtt.MQTTMessage]


@contextmanager
def subscribed(port: int, topic: str) -> Iterator[Messages]:
    """What an enterprise gets that listens at this topic."""
    messages: Messages = queue.Queue()
    granted: queue.Queue[int] = queue.Queue()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="enterprise")
    client.on_message = lambda _c, _u, message: messages.put(message)
    client.on_subscribe = lambda _c, _u, _m, reasons, _p: granted.put(int(reasons[0].value))
    client.on_connect = lambda client, *_: client.subscribe(topic, 1)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        assert granted.get(timeout=ANSWER_S) == 1
        yield messages
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path, "allow_anonymous true")
    broker.start()
    yield broker
    broker.kill()


@contextmanager
def sending(url: str, *, timeout_s: float = ANSWER_S) -> Iterator[MqttChannel]:
    channel = MqttChannel(parse_mqtt_url(url), timeout_s=timeout_s)
    try:
        yield channel
    finally:
        channel.close()


@pytest.fixture
def message() -> Rendered:
    return render(content(), message_id=MESSAGE_ID)


@native
def test_an_alert_reaches_the_topic_of_its_enterprise(mosquitto: Mosquitto, message: Rendered) -> None:
    with subscribed(mosquitto.port, TOPIC) as messages, sending(mosquitto.url) as channel:
        channel.send(TO, message)
        got = messages.get(timeout=ANSWER_S)
    assert (got.topic, got.payload, got.qos, got.retain) == (TOPIC, message.payload, 1, False)


@native
def test_one_connection_is_kept_for_all_messages(
    mosquitto: Mosquitto, message: Rendered, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    connect = mqtt.Client.connect

    def counted(client: mqtt.Client, host: str, port: int, keepalive: int) -> MQTTErrorCode:
        made.append(host)
        return connect(client, host, port, keepalive)

    with subscribed(mosquitto.port, TOPIC) as messages, sending(mosquitto.url) as channel:
        monkeypatch.setattr(mqtt.Client, "connect", counted)
        for _ in range(200):
            channel.send(TO, message)
        got = [messages.get(timeout=ANSWER_S).payload for _ in range(200)]
    assert got == [message.payload] * 200
    assert made == ["127.0.0.1"]


@native
def test_a_message_that_nobody_listens_for_is_sent_again_later(mosquitto: Mosquitto, message: Rendered) -> None:
    with sending(mosquitto.url) as channel:
        with pytest.raises(DeliveryFailed, match=f"nobody has subscribed to {TOPIC}") as caught:
            channel.send(TO, message)
        assert not caught.value.permanent
        with subscribed(mosquitto.port, TOPIC) as messages:
            channel.send(TO, message)
            assert messages.get(timeout=ANSWER_S).payload == message.payload


@native
def test_what_the_broker_does_not_allow_is_told(tmp_path: Path, message: Rendered) -> None:
    rights = tmp_path / "acl"
    rights.write_text("topic write enermon/v1/+/ack\n", "utf-8")
    broker = Mosquitto(tmp_path, "allow_anonymous true", f"acl_file {rights}", "user root")
    broker.start()
    try:
        with (
            sending(broker.url) as channel,
            pytest.raises(DeliveryFailed, match="the broker refused the message: Not authorized") as caught,
        ):
            channel.send(TO, message)
    finally:
        broker.kill()
    assert not caught.value.permanent


@native
def test_after_the_broker_was_away_the_next_attempt_is_taken(mosquitto: Mosquitto, message: Rendered) -> None:
    with sending(mosquitto.url) as channel:
        with subscribed(mosquitto.port, TOPIC) as messages:
            channel.send(TO, message)
            messages.get(timeout=ANSWER_S)
        mosquitto.kill()
        with pytest.raises(DeliveryFailed) as caught:
            channel.send(TO, message)
        assert not caught.value.permanent
        mosquitto.start()
        with subscribed(mosquitto.port, TOPIC) as messages:
            channel.send(TO, message)
            assert messages.get(timeout=ANSWER_S).payload == message.payload
            assert messages.empty()


@native
def test_a_wrong_password_does_not_show(tmp_path: Path, message: Rendered) -> None:
    broker = Mosquitto(tmp_path, "allow_anonymous false")
    broker.start()
    try:
        with (
            sending(f"mqtt://enermon:s3cret@127.0.0.1:{broker.port}") as channel,
            pytest.raises(
                DeliveryFailed, match=rf"broker 127\.0\.0\.1:{broker.port}: refused: Not authorized"
            ) as caught,
        ):
            channel.send(TO, message)
    finally:
        broker.kill()
    assert not caught.value.permanent
    assert "s3cret" not in caught.value.detail


def test_a_broker_that_is_not_there_is_tried_again(message: Rendered) -> None:
    with (
        sending(f"mqtt://127.0.0.1:{free_port()}") as channel,
        pytest.raises(DeliveryFailed, match="not reachable") as caught,
    ):
        channel.send(TO, message)
    assert not caught.value.permanent


def test_an_address_cannot_reach_another_topic(message: Rendered) -> None:
    with (
        sending("mqtt://127.0.0.1:1") as channel,
        pytest.raises(DeliveryFailed, match="not a credit code") as caught,
    ):
        channel.send(Destination(address="+/alerts"), message)
    assert caught.value.permanent


@pytest.mark.skipif(not embedded_installed(), reason="SKIPPED: the embedded broker is not installed")
def test_a_broker_of_mqtt_311_takes_alerts_too(tmp_path: Path, message: Rendered) -> None:
    broker = embedded_broker(home_in(tmp_path))
    broker.start()
    try:
        with subscribed(broker.port or 0, TOPIC) as messages, sending(broker.url()) as channel:
            channel.send(TO, message)
            channel.send(TO, message)
            got = [messages.get(timeout=ANSWER_S).payload for _ in range(2)]
    finally:
        broker.stop()
    assert got == [message.payload] * 2
