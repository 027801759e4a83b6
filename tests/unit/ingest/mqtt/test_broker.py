"""The broker's answer to the subscription: ingest listens once it is granted, and says so when it is refused."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.core.mqtt_address import parse_mqtt_url
from services.ingest.mqtt.broker import BrokerSession
from services.ingest.mqtt.queue import MessageQueue

GRANTED, NOT_AUTHORISED = b"\x01", b"\x87"
CONNACK = b"\x20\x03\x00\x00\x00"
WITHIN_S = 30.0


@contextmanager
def answering(codes: bytes) -> Iterator[int]:
    """A broker (MQTT 5) that takes one connection and answers its subscription so; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(CONNACK)
                packet_id = connection.recv(4096)[2:4]
                connection.sendall(b"\x90" + bytes([3 + len(codes)]) + packet_id + b"\x00" + codes)
                while connection.recv(4096):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(server.getsockname()[1])
        thread.join(WITHIN_S)


@contextmanager
def connected(port: int, listening: threading.Event) -> Iterator[None]:
    broker = BrokerSession(
        parse_mqtt_url(f"mqtt://127.0.0.1:{port}"),
        client_id="ingest",
        shared=False,
        leaving=False,
        queue=MessageQueue(most_messages=10, most_bytes=1000),
        receive_maximum=10,
        on_listening=listening.set,
        on_status=lambda _gateway, _online: None,
        on_turned_away=lambda _topic: None,
    )
    assert broker.start(threading.Event())
    try:
        yield
    finally:
        broker.stop()


def test_listens_once_the_broker_has_taken_the_subscription() -> None:
    listening = threading.Event()
    with answering(GRANTED * 2) as port, connected(port, listening):
        assert listening.wait(WITHIN_S)


def test_refused_subscription_is_said_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    listening, said = threading.Event(), threading.Event()
    watcher = logging.Handler()
    watcher.emit = lambda record: said.set() if "refused" in record.getMessage() else None  # type: ignore[method-assign]
    logging.getLogger("ingest.broker").addHandler(watcher)
    try:
        with answering(NOT_AUTHORISED + GRANTED) as port, connected(port, listening):
            assert said.wait(WITHIN_S)
    finally:
        logging.getLogger("ingest.broker").removeHandler(watcher)
    refusal = next(record for record in caplog.records if record.getMessage() == "broker refused the subscription")
    assert (refusal.levelname, vars(refusal)["reason"]) == ("ERROR", "Not authorized")
    assert not listening.is_set()
