"""Connections to the broker, made by a test itself."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

ANSWER_S = 60.0

Messages = queue.Queue[tuple[str, bytes]]


@contextmanager
def connected(
    url: str, client_id: str, *, mqtt5: bool = False, clean: bool = False, messages: Messages | None = None
) -> Iterator[Client]:
    """A connected client; ``messages`` takes what a kept session delivers at once. ``clean``: no session is kept."""
    address = urlsplit(url)
    protocol = MQTTProtocolVersion.MQTTv5 if mqtt5 else MQTTProtocolVersion.MQTTv311
    client = Client(CallbackAPIVersion.VERSION2, client_id, protocol=protocol, clean_session=None if mqtt5 else clean)
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


def granted(client: Client, topic: str, *, qos: int = 1) -> int:
    """The broker's reason code for a subscription: its quality of service when it is granted."""
    answers: queue.Queue[int] = queue.Queue()
    client.on_subscribe = lambda _c, _u, _m, reasons, _p: answers.put(int(reasons[0].value))
    client.subscribe(topic, qos)
    return answers.get(timeout=ANSWER_S)


def published(client: Client, topic: str, payload: str, *, qos: int = 1, retain: bool = False) -> int:
    """The broker's reason code for a message that it acknowledges: 0 when it is accepted."""
    acknowledged: queue.Queue[int] = queue.Queue()
    client.on_publish = lambda _c, _u, _m, reason, _p: acknowledged.put(int(reason.value))
    client.publish(topic, payload, qos=qos, retain=retain)
    return acknowledged.get(timeout=ANSWER_S)


def subscribe(client: Client, topic: str, *, qos: int = 1) -> Messages:
    """What the client gets at this topic, from when the broker has granted it."""
    messages: Messages = queue.Queue()
    client.on_message = lambda _c, _u, message: messages.put((message.topic, bytes(message.payload)))
    assert granted(client, topic, qos=qos) == qos
    return messages
