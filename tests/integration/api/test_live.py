"""The live stream tells of newly booked energy."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.access.accounts import disable
from services.api.access.reach import EVERYTHING
from services.api.access.role import Role
from services.api.database import Database
from services.api.live.state import state_of
from services.api.routes import live
from services.core.calendar import SHANGHAI
from services.core.clock import utc_now
from services.judging.data.tables import load_tables
from tests.integration.alerted import Raised
from tests.integration.line import Line
from tests.integration.ports import free_port
from tests.integration.registered import DALAD, JUNGAR, Registered
from tests.integration.running import running_api, wait_until
from tests.integration.served import serving
from tests.signed_in import BY_ADMINISTRATOR, add_with_key, bearer

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


def next_energy(told: Iterator[dict[str, Any]], quantity: float) -> dict[str, Any]:
    """The event that tells of this much energy today; those before it tell of readings, gateways or the time."""
    return next(state for state in told if [row["quantity"] for row in state["day"]] == [quantity])


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
            state = next_energy(told, 3.0)
    (row,) = state["day"]
    assert (row["carrier"], row["quantity"], row["quantity_unit"]) == ("electricity", 3.0, "kWh")
    consumed = state["consumption"]["day"]
    assert consumed["tce_calorific"] == pytest.approx(3 * 0.1229 / 1000)
    assert (consumed["coverage"], consumed["tce_equivalent"] > consumed["tce_calorific"]) == (row["coverage"], True)
    assert state["readings"]["last_minute"] == 3
    assert state["readings"]["last_message_at"][:10] == midnight.date().isoformat()
    assert state["gateways"] == {"gateways": 1, "online": 0, "offline": 0, "unknown": 1, "silent": 0}
    assert state["alerts"] == {"firing": 0, "severe": 0, "warning": 0, "notice": 0, "changed_at": None}


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
        quantities: list[Any] = []
        while quantities[-1:] != [[3.0]]:
            quantities.append([row["quantity"] for row in next(told)["day"]])
        assert [each for each in quantities[:-1] if each != [None]] == []


def computed(address: str) -> int:
    """How many states the API has computed for streams."""
    text = httpx.get(f"{address}/metrics", headers=BY_ADMINISTRATOR).text
    (count,) = re.findall(r"^enermon_api_stream_states_total (\d+)", text, re.MULTILINE)
    return int(count)


def test_many_streams_of_one_scope_cost_what_one_does(
    client: TestClient, registered: Registered, database_url: str
) -> None:
    enterprise = registered.enterprise()
    gateway = registered.gateway(enterprise)
    meter = registered.meter(unit_code=registered.unit(enterprise), gateway_code=gateway)
    line = Line(client, database_url)
    with (
        running_api(ENERMON_DATABASE_URL=database_url, ENERMON_API_ACCOUNT_STREAMS="150") as address,
        ExitStack() as open_streams,
        httpx.Client(limits=httpx.Limits(max_connections=200), timeout=60) as reader,
    ):
        asked: dict[str, Any] = {"url": f"{address}/api/v1/live?scope=area:150622", "headers": BY_ADMINISTRATOR}
        streams = [open_streams.enter_context(reader.stream("GET", **asked)) for _ in range(150)]
        told = [events(stream.iter_lines()) for stream in streams]
        assert [next(each)["day"][0]["quantity"] for each in told] == [None] * 150
        before = computed(address)
        line.send(gateway, [(meter, today(), 10.0), (meter, today() + timedelta(minutes=1), 15.0)])
        line.roll_up()
        for each in told:
            next_energy(each, 5.0)
        # twice where the roll-up tells of two batches, and each 15 s for what else there is to tell
        assert computed(address) - before <= 10
        refused = httpx.get(**asked)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
        assert refused.headers["retry-after"] == "10"
        streams[0].close()
        wait_until("a place is free", lambda: opened(reader, **asked))


def test_stream_tells_nothing_more_to_an_account_that_was_shut_out(
    client: TestClient, registered: Registered, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "IDENTIFIED_S", -1.0)
    gateway = registered.gateway(enterprise := registered.enterprise())
    meter = registered.meter(unit_code=registered.unit(enterprise), gateway_code=gateway)
    line, port, key = Line(client, database_url), free_port(), "enk_of-an-auditor-of-the-tests"
    with psycopg.connect(database_url) as connection:
        account = add_with_key(connection, "auditor", Role.AUDITOR, key=key)
    with (
        serving(client.app, port),
        httpx.stream("GET", f"http://127.0.0.1:{port}/api/v1/live", headers=bearer(key), timeout=60) as stream,
    ):
        lines = stream.iter_lines()
        assert len(next(events(lines))["day"]) == 1
        with psycopg.connect(database_url) as connection:
            disable(connection, account, now=utc_now())
        client.app.state.remembered.forget()  # type: ignore[attr-defined]
        line.send(gateway, [(meter, today(), 10.0), (meter, today() + timedelta(minutes=1), 15.0)])
        line.roll_up()
        told = [text for text in lines if text.startswith(("event", "data"))]
    assert told[0] == "event: error"
    assert json.loads(told[1].removeprefix("data:"))["code"] == "not_signed_in"
    assert len(told) == 2


def opened(reader: httpx.Client, **asked: Any) -> bool:
    with reader.stream("GET", **asked) as stream:
        return stream.status_code == 200


def test_stream_of_an_unknown_scope_is_refused_before_it_begins(client: TestClient) -> None:
    answer = client.get("/api/v1/live", params={"scope": "meter:nobody"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_meter")


def test_stream_tells_of_gateways_and_alerts_of_its_scope(
    database: psycopg.Connection, registered: Registered, raised: Raised, database_url: str
) -> None:
    owners = [registered.enterprise(), registered.enterprise(area_code=DALAD)]
    gateways = [registered.gateway(owner) for owner in owners]
    for owner, gateway in zip(owners, gateways, strict=True):
        unit = registered.unit(owner)
        registered.meter(unit_code=unit, gateway_code=gateway)
        raised.alert(subject_code=unit, enterprise_code=owner, area_code=JUNGAR if owner == owners[0] else DALAD)
    heard = "INSERT INTO gateway_state (gateway_code, online, last_message_at) VALUES (%s, %s, now())"
    database.execute(heard, [gateways[0], True])
    database.execute(heard, [gateways[1], False])
    whole = Database(database_url).within(EVERYTHING)
    factors = load_tables().factors

    def told(scope: str) -> tuple[int, int, int]:
        state = state_of(whole, scope, factors, now=utc_now())
        return state["gateways"]["online"], state["gateways"]["offline"], state["alerts"]["firing"]

    scopes = ("area:150000", f"area:{DALAD}", f"enterprise:{owners[0]}")
    assert [told(scope) for scope in scopes] == [(1, 1, 2), (0, 1, 1), (1, 0, 1)]
    whole.close()
