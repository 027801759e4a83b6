"""The live stream tells of newly booked energy; the first page is served from this server alone."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from tests.integration.line import Line
from tests.integration.registered import Registered
from tests.integration.running import running_api
from tests.signed_in import BY_ADMINISTRATOR

pytestmark = pytest.mark.store


@pytest.fixture
def api(database_url: str) -> Iterator[str]:
    """The address of an API process of its own: a stream that does not end needs a real server."""
    with running_api(ENERMON_DATABASE_URL=database_url) as address:
        yield address


def events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The data of each `energy` event."""
    for line in lines:
        if line.startswith("data:"):
            yield json.loads(line.removeprefix("data:"))


def today() -> datetime:
    """The moment at which the day at hand began in Asia/Shanghai."""
    return datetime.now(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)


def test_stream_tells_at_once_and_again_when_energy_is_booked(
    api: str, client: TestClient, registered: Registered, database_url: str
) -> None:
    enterprise = registered.enterprise()
    gateway, unit = registered.gateway(enterprise), registered.unit(enterprise)
    line = Line(client, database_url)
    midnight = None
    # once more where the day has ended meanwhile
    while midnight != today():
        midnight = today()
        meter = registered.meter(unit_code=unit, gateway_code=gateway)
        with httpx.stream(
            "GET", f"{api}/api/v1/live?scope=area:150622", headers=BY_ADMINISTRATOR, timeout=30
        ) as stream:
            told = events(stream.iter_lines())
            assert [row["quantity"] for row in next(told)["day"]] == [None]
            line.send(gateway, [(meter, midnight - timedelta(minutes=15), 10.0), (meter, midnight, 12.0)])
            line.send(gateway, [(meter, midnight + timedelta(minutes=1), 15.0)])
            line.roll_up()
            (row,) = next(told)["day"]
    assert (row["carrier"], row["quantity"], row["quantity_unit"]) == ("electricity", 3.0, "kWh")


def test_stream_says_nothing_of_energy_that_is_booked_elsewhere(
    api: str, client: TestClient, registered: Registered, database_url: str
) -> None:
    line = Line(client, database_url)

    def book(meter: str, gateway: str, amount: float) -> None:
        line.send(gateway, [(meter, today(), 10.0), (meter, today() + timedelta(minutes=1), 10.0 + amount)])
        line.roll_up()

    owners = [registered.enterprise() for _ in range(2)]
    gateways = [registered.gateway(owner) for owner in owners]
    meters = [
        registered.meter(unit_code=registered.unit(owner), gateway_code=gateway)
        for owner, gateway in zip(owners, gateways, strict=True)
    ]
    with httpx.stream(
        "GET", f"{api}/api/v1/live?scope=enterprise:{owners[1]}", headers=BY_ADMINISTRATOR, timeout=30
    ) as stream:
        told = events(stream.iter_lines())
        assert [row["quantity"] for row in next(told)["day"]] == [None]
        book(meters[0], gateways[0], 5.0)
        book(meters[1], gateways[1], 3.0)
        assert [row["quantity"] for row in next(told)["day"]] == [3.0]


def test_stream_of_an_unknown_scope_is_refused_before_it_begins(client: TestClient) -> None:
    answer = client.get("/api/v1/live", params={"scope": "meter:nobody"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_meter")


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html"),
        ("/dual-control", "text/html"),
        ("/web/console.js", "text/javascript"),
        ("/web/dual_control.js", "text/javascript"),
        ("/web/console.css", "text/css"),
    ],
)
def test_first_page_needs_nothing_from_elsewhere(client: TestClient, path: str, media_type: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, media_type)
    sources = "'self'" if media_type == "text/html" else "'none'"
    assert answer.headers["content-security-policy"].startswith(f"default-src {sources};")
    assert "://" not in answer.text
