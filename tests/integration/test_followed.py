"""A message can be followed by the logs, from its request or its number to its batch and to what is booked."""

import datetime as dt

import httpx
import psycopg

from services.up.stack import Stack
from tests.integration.ports import free_port
from tests.integration.registered import Registered
from tests.integration.running import Process, environment_of, running, wait_until
from tests.signed_in import BY_ADMINISTRATOR


def test_a_message_is_followed_from_its_request_to_the_slots_that_are_booked(
    stack: Stack, database_url: str, database: psycopg.Connection, registered: Registered
) -> None:
    meter = registered.meter()
    meter_id, gateway = database.execute(
        "SELECT meter_id, gateway.code FROM meter JOIN gateway USING (gateway_id) WHERE meter.code = %s", [meter]
    ).fetchone() or (0, "")
    environment = environment_of(stack, database_url) | {"ENERMON_LOG_LEVEL": "debug", "ENERMON_ROLLUP_WORKERS": "1"}
    port = free_port()
    api = Process("api", environment | {"ENERMON_API_PORT": str(port)})
    try:
        address = f"http://127.0.0.1:{port}"

        def is_ready() -> bool:
            api.require_running()
            try:
                return httpx.get(f"{address}/health/ready").status_code == 200
            except httpx.TransportError:
                return False

        wait_until("the API is ready", is_ready, said=lambda: api.lines)
        now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        answer = httpx.post(
            f"{address}/api/v1/readings",
            params={"gateway": gateway},
            json={"seq": 41, "readings": [{"meter": meter, "ts": now.isoformat(), "value": 5}]},
            headers=BY_ADMINISTRATOR,
        )
        assert answer.json()["stored"] == 1, answer.text
        api.wait_for("batch written")
    finally:
        api.kill()
    [written] = api.said("batch written")
    assert written["messages"] == [[gateway, 41, 1]]
    assert written["request"] == answer.headers["X-Request-ID"]
    assert database.execute("SELECT batch_id FROM reading").fetchall() == [(written["batch"],)]
    with running("rollup", **environment) as rollup:
        rollup.wait_for("slots booked")
    [booked] = rollup.said("slots booked")
    assert booked["meters"] == [meter_id]
    assert dt.datetime.fromisoformat(booked["first"]) <= now
    assert dt.datetime.fromisoformat(booked["last"]) <= now
