"""What people look for over all meters: readings by their mark, corrections, acceptances, settlements; and gateways."""

from datetime import datetime, timedelta
from typing import Any, get_args

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.intake.over_meters import MarkName
from services.core.calendar import SHANGHAI
from services.core.meter import Mark
from tests.integration.line import QUARTER, Line
from tests.integration.registered import DALAD, JUNGAR, Registered

pytestmark = pytest.mark.store

MORNING = datetime.now(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
"""Of this month or of the one before, which is not closed yet on the first days."""


class Two:
    """Meters of two enterprises, in two banners: of each the second reading is far too high."""

    def __init__(self, client: TestClient, line: Line, registered: Registered) -> None:
        self.client, self.line = client, line
        self.owners = [registered.enterprise(area_code=area) for area in (JUNGAR, DALAD)]
        self.gateways = [registered.gateway(owner) for owner in self.owners]
        self.meters = [
            registered.meter(unit_code=registered.unit(owner), gateway_code=gateway, kind="interval", rated_per_hour=10)
            for owner, gateway in zip(self.owners, self.gateways, strict=True)
        ]
        for meter, gateway in zip(self.meters, self.gateways, strict=True):
            line.send(gateway, [(meter, MORNING + n * QUARTER, 25.0 if n == 1 else 1.0) for n in range(4)])
        line.roll_up()

    def ask(self, address: str, **parameters: Any) -> Any:
        answer = self.client.get(f"/api/v1/{address}", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, meter: str, kind: str, body: dict[str, Any]) -> None:
        answer = self.client.post(f"/api/v1/meters/{meter}/{kind}", json={"reason": "看过现场", **body})
        assert answer.status_code in (200, 201), answer.text


@pytest.fixture
def two(client: TestClient, line: Line, registered: Registered) -> Two:
    return Two(client, line, registered)


def test_every_mark_can_be_asked_for() -> None:
    assert set(get_args(MarkName)) == {mark.name.lower() for mark in Mark}


def test_suspect_readings_are_listed_over_meters(two: Two) -> None:
    at = (MORNING + QUARTER).isoformat()
    both = two.ask("readings", quality="suspect,dip", total=True)
    assert both["total"] == 2
    assert [(row["meter"], row["ts"], row["value"], row["quality"]) for row in both["data"]] == [
        (meter, at, 25.0, "suspect") for meter in sorted(two.meters, reverse=True)
    ]
    (row,) = two.ask("readings", area=DALAD)["data"]
    assert (row["meter"], row["enterprise"], row["unit_of_measure"]) == (two.meters[1], two.owners[1], "kWh")
    assert two.ask("readings", quality="rollover")["data"] == []
    assert two.ask("readings", start=(MORNING + 2 * QUARTER).isoformat())["data"] == []
    first = two.ask("readings", limit=1)
    assert two.ask("readings", limit=1, cursor=first["next"])["data"] == both["data"][1:]


def test_what_was_corrected_accepted_and_settled_is_listed_over_meters(two: Two) -> None:
    at, (one, other) = MORNING + QUARTER, two.meters
    two.post(one, "corrections", {"ts": at.isoformat(), "kind": "replace", "value": 2.5})
    two.post(other, "acceptances", {"ts": at.isoformat()})
    stretch = {"from": MORNING.isoformat(), "to": at.isoformat(), "action": "set_aside"}
    two.post(other, "settlements", stretch)

    (corrected,) = two.ask("corrections")["data"]
    assert (corrected["meter"], corrected["value"], corrected["original_value"]) == (one, 2.5, 25.0)
    assert two.ask("corrections", enterprise=two.owners[1])["data"] == []
    assert two.ask("corrections", kind="supply,withdraw")["data"] == []
    assert two.ask("corrections", recorded_since=(corrected["recorded_at"]))["data"] == [corrected]
    (accepted,) = two.ask("acceptances", area=DALAD)["data"]
    assert (accepted["meter"], accepted["value"], accepted["reason"]) == (other, 25.0, "看过现场")
    assert two.ask("acceptances", end=MORNING.isoformat())["data"] == []
    (settled,) = two.ask("settlements", action="set_aside", meter=other)["data"]
    assert (settled["from"], settled["to"], settled["enterprise"]) == (stretch["from"], stretch["to"], two.owners[1])
    assert two.client.delete(f"/api/v1/meters/{other}/settlements/{settled['id']}").status_code < 300
    assert two.ask("settlements")["data"] == []
    assert [row["id"] for row in two.ask("settlements", withdrawn=True)["data"]] == [settled["id"]]


def test_gateways_say_whether_they_are_heard(two: Two, database: psycopg.Connection) -> None:
    on, gone = two.gateways
    database.execute("UPDATE gateway_state SET online = (gateway_code = %s), status_at = now()", [on])
    database.execute(
        "UPDATE gateway_state SET last_message_at = now() - interval '61 minutes' WHERE gateway_code = %s", [gone]
    )
    listed = two.ask("gateways")
    assert listed["counts"] == {"gateways": 2, "state": {"online": 1, "offline": 1, "unknown": 0}, "silent": 1}
    told = {row["code"]: (row["state"], row["silent"], row["meters"]) for row in listed["data"]}
    assert told == {on: ("online", False, 1), gone: ("offline", True, 1)}
    assert [row["code"] for row in two.ask("gateways", silent=True, state="offline,unknown")["data"]] == [gone]
    assert two.ask("gateways", area=JUNGAR)["counts"]["gateways"] == 1
    assert [row["code"] for row in two.ask("gateways", order="last_message_at")["data"]] == [gone, on]
    state = two.ask(f"gateways/{gone}/state")
    assert (state["state"], state["silent"], state["meters"]) == ("offline", True, 1)
    assert (state["code"], state["cannot_resend"], state["profile"]) == (gone, False, None)
    assert state["last_message_at"] < listed["data"][0]["last_message_at"] or on > gone


def test_a_gateway_is_not_silent_before_two_periods_of_its_meters(
    two: Two, registered: Registered, database: psycopg.Connection
) -> None:
    owner = registered.enterprise()
    daily = registered.gateway(owner)
    registered.meter(unit_code=registered.unit(owner), gateway_code=daily, kind="interval", interval_s=86_400)
    registered.gateway(owner, code="G-SPARE")
    insert = "INSERT INTO gateway_state (gateway_code, last_message_at) VALUES (%s, now() - interval '47 hours')"
    database.execute(insert, [daily])
    assert two.ask("gateways", silent=True)["data"] == []
    database.execute("UPDATE gateway_state SET last_message_at = now() - interval '49 hours'")
    silent = [row["code"] for row in two.ask("gateways", silent=True)["data"]]
    assert silent == sorted([*two.gateways, daily])
