"""Ingest's session at the broker is its own: nobody takes it over, and what is left in it is worked off."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from datetime import datetime, timedelta

import psycopg
import pytest

from services.core.calendar import SHANGHAI
from services.ingest.broker_users import INGEST_USER
from services.ingest.topics import READINGS, shared
from services.up.stack import Stack
from tests.integration.connecting import ANSWER_S, connected, granted, subscribe
from tests.integration.ingest.test_ingest import Gateway
from tests.integration.let_in import let_in, url_of
from tests.integration.registered import Registered
from tests.integration.running import environment_of, running

pytestmark = pytest.mark.store

NOT_GRANTED = (0x80, 0x87)
START = datetime(2026, 3, 1, 8, 0, tzinfo=SHANGHAI)


def message(meter: str, number: int) -> str:
    ts = (START + number * timedelta(minutes=15)).isoformat()
    return json.dumps({"seq": number, "readings": [{"meter": meter, "ts": ts, "value": float(number)}]})


@pytest.mark.parametrize("mqtt5", [True, False])
def test_gateway_that_calls_itself_ingest_disturbs_neither_ingest_nor_other_gateways(
    stack: Stack, store: str, registered: Registered, database_url: str, mqtt5: bool
) -> None:
    if store == "embedded":
        pytest.skip("the embedded broker knows no users: whoever takes a client id has its session")
    owner = registered.enterprise()
    good, stranger = (registered.gateway(owner) for _ in range(2))
    meter = registered.meter(owner, gateway_code=good)
    let_in(stack.broker, [good, stranger])
    with running("ingest", **environment_of(stack, database_url)) as ingest:
        gateway = Gateway(stack, good, store)
        with connected(url_of(stack, stranger), INGEST_USER, mqtt5=mqtt5) as client:
            assert granted(client, "#", qos=2) in NOT_GRANTED
            for number in range(5):
                gateway.publish(message(meter, number).encode())
                assert gateway.answer()["stored"] == 1
        gateway.publish(message(meter, 5).encode())
        assert gateway.answer()["stored"] == 1
        gateway.close()
        assert "disconnected from the broker" not in "".join(ingest.lines)


@pytest.mark.parametrize("mqtt5", [True, False])
def test_messages_of_quality_of_service_2_that_wait_in_the_session_are_stored_and_answered(
    stack: Stack, store: str, registered: Registered, database_url: str, database: psycopg.Connection, mqtt5: bool
) -> None:
    if store == "embedded":
        pytest.skip("the embedded broker keeps no session for a client that is away")
    owner = registered.enterprise()
    code = registered.gateway(owner)
    meter = registered.meter(owner, gateway_code=code)
    let_in(stack.broker, [code])
    environment = environment_of(stack, database_url)
    with connected(environment["ENERMON_MQTT_URL"], INGEST_USER, mqtt5=False) as client:
        subscribe(client, "enermon/v1/+/readings", qos=2)
    with connected(url_of(stack, code), code, mqtt5=mqtt5) as sender:
        for number in range(50):
            info = sender.publish(f"enermon/v1/{code}/readings", message(meter, number), qos=2)
        info.wait_for_publish(ANSWER_S)
    gateway = Gateway(stack, code, store)
    with running("ingest", **environment) as ingest:
        assert sorted(gateway.answer()["seq"] for _ in range(50)) == list(range(50))
        gateway.publish(message(meter, 50).encode())
        assert gateway.answer()["seq"] == 50
        assert "disconnected from the broker" not in "".join(ingest.lines)
    gateway.close()
    assert database.execute("SELECT count(*) FROM reading").fetchone() == (51,)


def test_idle_gateways_that_ask_for_the_share_of_ingest_swallow_no_message(
    stack: Stack, store: str, registered: Registered, database_url: str
) -> None:
    if store == "embedded":
        pytest.skip("the embedded broker shares no subscription")
    owner = registered.enterprise()
    good, *idle = (registered.gateway(owner) for _ in range(10))
    meter = registered.meter(owner, gateway_code=good)
    let_in(stack.broker, [good, *idle])
    environment = environment_of(stack, database_url) | {"ENERMON_INGEST_SHARE": "true"}
    with running("ingest", **environment), ExitStack() as connections:
        for code in idle:
            client = connections.enter_context(connected(url_of(stack, code), code, mqtt5=True))
            assert granted(client, shared(READINGS[0])) in NOT_GRANTED
        gateway = Gateway(stack, good, store)
        for number in range(40):
            gateway.publish(message(meter, number).encode())
        assert sorted(gateway.answer()["seq"] for _ in range(40)) == list(range(40))
        gateway.close()


def test_a_connection_that_ends_is_logged_and_so_is_the_next_one(stack: Stack, database_url: str) -> None:
    environment = environment_of(stack, database_url)
    with running("ingest", **environment) as ingest:
        with connected(environment["ENERMON_MQTT_URL"], environment["ENERMON_INGEST_CLIENT_ID"]):
            ingest.wait_for("disconnected from the broker")
        ingest.wait_for("connected again")


def test_who_leaves_a_group_stores_what_waits_for_him_and_the_others_have_all_that_comes_then(
    stack: Stack, store: str, registered: Registered, database_url: str, database: psycopg.Connection
) -> None:
    if store == "embedded":
        pytest.skip("the embedded broker shares no subscription")
    owner = registered.enterprise()
    code = registered.gateway(owner)
    meter = registered.meter(owner, gateway_code=code)
    let_in(stack.broker, [code])
    first, second = (environment_of(stack, database_url, instance=i) | {"ENERMON_INGEST_SHARE": "true"} for i in (0, 1))
    with running("ingest", **first), running("ingest", **second):
        pass
    gateway = Gateway(stack, code, store)
    for number in range(20):
        gateway.publish(message(meter, number).encode())
    with running("ingest", **first):
        assert len({gateway.answer()["seq"] for _ in range(10)}) == 10
        left = subprocess.run(
            [sys.executable, "-m", "services.cli", "ingest", "--leave"],
            env={**os.environ, **second},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert left.returncode == 0, left.stderr
        assert len({gateway.answer()["seq"] for _ in range(10)}) == 10
        for number in range(20, 30):
            gateway.publish(message(meter, number).encode())
        assert {gateway.answer()["seq"] for _ in range(10)} == set(range(20, 30))
    gateway.close()
    assert database.execute("SELECT count(*) FROM reading").fetchone() == (30,)
