"""A gateway that sends by HTTP: with its own credential, its own readings, and nothing else."""

import base64
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.api.access.rules import OPEN, RIGHT_OF
from tests.integration.access.requests import REQUESTS
from tests.integration.registered import Registered

pytestmark = pytest.mark.store


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture
def owner(registered: Registered) -> str:
    return registered.enterprise()


@pytest.fixture
def gateway(registered: Registered, owner: str) -> str:
    return registered.gateway(owner)


def credential(client: TestClient, code: str) -> dict[str, str]:
    made = client.post(f"/api/v1/gateways/{code}/credentials").json()
    return basic(made["user"], made["password"])


def send(client: TestClient, gateway: str, meter: str, headers: dict[str, str], value: float = 1.0) -> Any:
    readings = [{"meter": meter, "ts": "2026-03-02T08:00:00+08:00", "value": value}]
    return client.post(
        "/api/v1/readings", params={"gateway": gateway}, json={"seq": 1, "readings": readings}, headers=headers
    )


def test_gateway_sends_its_readings_with_its_credential(
    client: TestClient, registered: Registered, owner: str, gateway: str
) -> None:
    meter = registered.meter(owner, gateway_code=gateway)
    first, second = credential(client, gateway), credential(client, gateway)
    assert send(client, gateway, meter, first).json()["stored"] == 1
    assert send(client, gateway, meter, second).json()["duplicate"] == 1


def test_gateway_sends_neither_for_another_gateway_nor_for_its_meters(
    client: TestClient, registered: Registered, owner: str, gateway: str
) -> None:
    another = registered.gateway(owner)
    meter = registered.meter(owner, gateway_code=another)
    mine = credential(client, gateway)
    for_it = send(client, another, meter, mine)
    assert (for_it.status_code, for_it.json()["code"]) == (404, "unknown_gateway")
    of_it = send(client, gateway, meter, mine).json()
    assert (of_it["stored"], [each["code"] for each in of_it["rejected"]]) == (0, ["meter_of_another_gateway"])


def test_gateway_reads_nothing_and_changes_nothing(client: TestClient, gateway: str) -> None:
    mine = credential(client, gateway)
    for operation in sorted(RIGHT_OF.keys() - {"POST /api/v1/readings"}):
        method, _, path = operation.partition(" ")
        if RIGHT_OF[operation] == OPEN:
            continue
        address = path.replace("{code}", gateway)
        answer = client.request(method, address, headers=mine)
        assert answer.status_code == 403, operation
    assert "POST readings" in REQUESTS


def test_wrong_or_revoked_password_is_nobodys(client: TestClient, gateway: str) -> None:
    mine = credential(client, gateway)
    for headers in (basic(gateway, "wrong"), basic("nobody", "x"), {"Authorization": "Basic %%%"}, basic("", "")):
        assert client.post("/api/v1/readings", params={"gateway": gateway}, headers=headers).status_code == 401
    assert send(client, gateway, "none", mine).status_code == 200
    assert client.delete(f"/api/v1/gateways/{gateway}/credentials").status_code == 204
    app = client.app
    assert isinstance(app, FastAPI)
    app.state.remembered.forget()
    assert send(client, gateway, "none", mine).status_code == 401
