"""While a gateway floods, others are answered in time, and what it was turned away with is counted."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from services.up.stack import Stack
from tests.integration.ingest.test_ingest import Gateway
from tests.integration.let_in import let_in, url_of
from tests.integration.registered import Registered
from tests.integration.running import Process, environment_of, running, wait_until

pytestmark = pytest.mark.store

MESSAGES = 6_000
NEVER_LONGER_S = 10.0


@pytest.fixture
def ingest(stack: Stack, database_url: str) -> Iterator[Process]:
    """Ingest with a queue that is soon full, and batches of few messages."""
    small = {"ENERMON_INGEST_QUEUE_MESSAGES": "400", "ENERMON_INGEST_BATCH_READINGS": "100"}
    environment = environment_of(stack, database_url) | small
    with running("ingest", **environment) as process:
        yield process


@contextmanager
def flooding(stack: Stack, gateway: str, meter: str) -> Iterator[None]:
    """Send as fast as the wire takes, without waiting for answers; the contract allows 20 unanswered messages."""
    address = urlsplit(url_of(stack, gateway))
    client = Client(CallbackAPIVersion.VERSION2, client_id=gateway)
    client.max_queued_messages_set(0)
    client.max_inflight_messages_set(1000)
    if address.password:
        client.username_pw_set(gateway, unquote(address.password))
    client.connect(address.hostname or "", address.port or 1883)
    client.loop_start()
    for seq in range(MESSAGES):
        message = {"seq": seq, "readings": [{"meter": meter, "ts": 1767197700000 + i, "value": i} for i in range(20)]}
        client.publish(f"enermon/v1/{gateway}/readings", json.dumps(message), qos=1)
    yield
    client.disconnect()
    client.loop_stop()


def test_others_are_answered_while_one_floods(
    ingest: Process, stack: Stack, store: str, registered: Registered, database: psycopg.Connection
) -> None:
    owner = registered.enterprise()
    gateways = [registered.gateway(owner) for _ in range(2)]
    meters = [registered.meter(owner, gateway_code=gateway) for gateway in gateways]
    let_in(stack.broker, gateways)
    quiet = Gateway(stack, gateways[0], store)
    quiet.send(ts=1767197700000, values={meters[0]: 1.0})
    quiet.answer()
    waited_s = []
    with flooding(stack, gateways[1], meters[1]):
        for number in range(20):
            sent_s = time.monotonic()
            quiet.send(ts=1767197700000 + number, values={meters[0]: 1.0})
            quiet.answer()
            waited_s.append(time.monotonic() - sent_s)
    quiet.close()
    print(f"answered within {sorted(waited_s)[10]:.2f} s (p50), {max(waited_s):.2f} s (longest)")
    assert max(waited_s) < NEVER_LONGER_S, waited_s

    def turned_away() -> int:
        row = database.execute(
            "SELECT sum(dropped)::integer FROM dropped_count WHERE gateway_code = %s AND reason = 'flood'",
            [gateways[1]],
        ).fetchone()
        return row[0] or 0 if row else 0

    wait_until("what was turned away is written down", lambda: turned_away() > 0, within_s=60)
    assert turned_away() < MESSAGES
