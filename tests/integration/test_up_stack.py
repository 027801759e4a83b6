"""The private database and broker: they answer, keep out who must stay out, and come back after a crash."""

import os
import queue
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
from paho.mqtt.client import CallbackAPIVersion, Client, MQTTProtocolVersion

from services.up.errors import StartError
from services.up.mqtt_probe import Answer, ask_to_connect
from services.up.stack import Stack, embedded_stack, native_stack

ANSWER_S = 10.0
NOT_AUTHORIZED = 0x87


@pytest.fixture
def own_stack(store: str, tmp_path: Path) -> Iterator[Stack]:
    """A stack of the test's own, in a folder that only its owner may pass through."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with (native_stack if store == "native" else embedded_stack)(closed / "home") as stack:
        yield stack


@pytest.fixture
def native(store: str) -> None:
    """For what the embedded broker cannot do."""
    if store != "native":
        pytest.skip("the embedded broker has no passwords, topics rights or MQTT 5")


@contextmanager
def connected(url: str, client_id: str, *, protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv311) -> Iterator[Client]:
    """A client of the broker, connected. Raises queue.Empty when the broker does not let it in."""
    address = urlsplit(url)
    clean = None if protocol == MQTTProtocolVersion.MQTTv5 else False
    client = Client(CallbackAPIVersion.VERSION2, client_id, protocol=protocol, clean_session=clean)
    if address.username:
        client.username_pw_set(unquote(address.username), unquote(address.password or ""))
    answers: queue.Queue[bool] = queue.Queue()
    client.on_connect = lambda _c, _u, _f, reason, _p: answers.put(not reason.is_failure)
    client.connect(str(address.hostname), int(address.port or 0))
    client.loop_start()
    try:
        assert answers.get(timeout=ANSWER_S)
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def publish(client: Client, topic: str, payload: str) -> int:
    """Publish with QoS 1; gives the broker's reason code, 0 for accepted."""
    acknowledged: queue.Queue[int] = queue.Queue()
    client.on_publish = lambda _c, _u, _m, reason, _p: acknowledged.put(int(reason.value))
    client.publish(topic, payload, qos=1)
    return acknowledged.get(timeout=ANSWER_S)


def subscribe(client: Client, topic: str) -> "queue.Queue[tuple[str, bytes]]":
    """Subscribe with QoS 1; what arrives is put in the queue."""
    messages: queue.Queue[tuple[str, bytes]] = queue.Queue()
    granted: queue.Queue[int] = queue.Queue()
    client.on_message = lambda _c, _u, message: messages.put((message.topic, bytes(message.payload)))
    client.on_subscribe = lambda _c, _u, _m, reasons, _p: granted.put(int(reasons[0].value))
    client.subscribe(topic, 1)
    assert granted.get(timeout=ANSWER_S) == 1
    return messages


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    """What a query gives."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def test_database_answers_with_checksums_and_utf8(own_stack: Stack) -> None:
    assert rows(own_stack.database_url, "SELECT 1") == [(1,)]
    assert rows(own_stack.database_url, "SHOW data_checksums") == [("on",)]
    assert rows(own_stack.database_url, "SHOW server_encoding") == [("UTF8",)]
    assert rows(own_stack.database_url, "SHOW synchronous_commit") == [("on",)]


def test_database_has_timescaledb_exactly_in_the_native_store(own_stack: Stack, store: str) -> None:
    found = rows(own_stack.database_url, "SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'")
    assert found == [(1 if store == "native" else 0,)]


def test_wrong_database_password_is_refused(own_stack: Stack) -> None:
    wrong = own_stack.database_url.replace(own_stack.database.home.secret("database"), "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_killed_database_comes_back_with_what_was_committed(own_stack: Stack) -> None:
    rows(own_stack.database_url, "CREATE TABLE kept AS SELECT 42 AS answer RETURNING 1") if False else None
    with psycopg.connect(own_stack.database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    port = own_stack.database.port
    own_stack.database.kill()
    own_stack.database.start()
    assert own_stack.database.port == port
    assert rows(own_stack.database_url, "SELECT answer FROM kept") == [(42,)]


def test_database_left_running_is_taken_over(own_stack: Stack, tmp_path: Path, store: str) -> None:
    with psycopg.connect(own_stack.database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    left_running = own_stack.database.child
    assert left_running is not None
    with (native_stack if store == "native" else embedded_stack)(tmp_path / "closed" / "home") as next_stack:
        assert left_running.wait(ANSWER_S) == 0
        assert rows(next_stack.database_url, "SELECT answer FROM kept") == [(42,)]


def test_pid_file_whose_number_belongs_to_another_program_is_no_hindrance(own_stack: Stack) -> None:
    own_stack.database.stop()
    pid_file = own_stack.database.data / "postmaster.pid"
    pid_file.write_text(f"{os.getppid()}\n{own_stack.database.data}\n0\n15432\n\n127.0.0.1\n")
    if own_stack.database.account:
        os.chown(pid_file, own_stack.database.account.uid, own_stack.database.account.gid)
    own_stack.database.start()
    assert rows(own_stack.database_url, "SELECT 1") == [(1,)]


def test_taken_fixed_port_is_named_with_its_holder(own_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERMON_DATABASE_PORT", str(own_stack.database.port))
    with pytest.raises(StartError, match=rf"Port {own_stack.database.port} .* is taken by postgres \(process"):
        own_stack.database.__class__.start(_second_database(own_stack, tmp_path))


def _second_database(stack: Stack, folder: Path):  # type: ignore[no-untyped-def]
    return None


def test_message_reaches_its_subscriber(own_stack: Stack) -> None:
    own_stack.broker.allow_gateways(["GW-1"])
    with connected(own_stack.mqtt_url(), "service") as service, connected(own_stack.mqtt_url("GW-1"), "GW-1") as gateway:
        messages = subscribe(service, "enermon/v1/+/readings")
        assert publish(gateway, "enermon/v1/GW-1/readings", "{}") == 0
        assert messages.get(timeout=ANSWER_S) == ("enermon/v1/GW-1/readings", b"{}")


def test_client_hears_only_what_it_subscribed_to(own_stack: Stack) -> None:
    own_stack.broker.allow_gateways(["GW-1", "GW-2"])
    with connected(own_stack.mqtt_url(), "service") as service, connected(own_stack.mqtt_url("GW-1"), "GW-1") as first:
        subscribe(service, "enermon/v1/+/status")
        first.publish("enermon/v1/GW-1/status", "online", qos=1, retain=True).wait_for_publish(ANSWER_S)
        with connected(own_stack.mqtt_url("GW-2"), "GW-2") as second:
            messages = subscribe(second, "enermon/v1/GW-2/ack")
            assert publish(service, "enermon/v1/GW-2/ack", "[]") == 0
            assert messages.get(timeout=ANSWER_S) == ("enermon/v1/GW-2/ack", b"[]")
