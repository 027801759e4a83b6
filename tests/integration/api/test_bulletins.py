"""Bulletins: issued of months that are over, by who acts on the area, as the API says it, and never changed."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.access.role import Role
from services.core.calendar import SHANGHAI
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.energy.rollup.adapt import adapt
from services.provenance.sealing import Sealing
from services.provenance.verify import verify
from tests.integration.clock import ask_at
from tests.integration.line import Line
from tests.integration.registered import JUNGAR, ORDOS, SAIHAN, Registered
from tests.signed_in import add_with_key, bearer

FEBRUARY = f"/api/v1/bulletins/{JUNGAR}/2026-02"
AT = datetime(2026, 2, 10, 8, tzinfo=SHANGHAI)
APRIL = datetime(2026, 4, 1, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)
CONSUMED = "total.calorific.consumption_tce"


class Works:
    """Works with one meter in Jungar, whose readings of an hour of February are 1000 kWh."""

    def __init__(self, client: TestClient, registered: Registered, line: Line) -> None:
        self._line = line
        self._registered, self._owner = registered, registered.enterprise()
        self._gateway = registered.gateway(self._owner)
        self._meter = registered.meter(self._owner, gateway_code=self._gateway, kind="interval", interval_s=3600)
        self.measure(1000.0)
        ask_at(client, APRIL)

    def drink(self, amount: float) -> None:
        """Water of one hour, which is no energy."""
        given = {"kind": "interval", "interval_s": 3600, "carrier": "water", "unit_of_measure": "m3"}
        meter = self._registered.meter(self._owner, gateway_code=self._gateway, **given)
        self._line.send(self._gateway, [(meter, AT, amount)])
        self._line.roll_up()

    def measure(self, *values: float, hours: int = 0) -> None:
        """One value an hour, so many hours after the first."""
        sent = [(self._meter, AT + (hours + number) * HOUR, value) for number, value in enumerate(values)]
        self._line.send(self._gateway, sent)
        self._line.roll_up()


@pytest.fixture
def works(client: TestClient, registered: Registered, line: Line) -> Works:
    return Works(client, registered, line)


def issued(client: TestClient, address: str = FEBRUARY, status: int = 201) -> dict[str, Any]:
    answer = client.post(address)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def line_of(bulletin: dict[str, Any], key: str) -> dict[str, Any]:
    (found,) = [line for line in bulletin["data"] if line["key"] == key]
    return dict(found)


def test_its_numbers_are_those_of_the_addresses_it_names(client: TestClient, works: Works) -> None:
    bulletin = issued(client)
    assert (bulletin["version"], bulletin["issued_by"], bulletin["area_code"]) == (1, "admin", JUNGAR)
    assert (bulletin["start"], bulletin["end"]) == ("2026-02-01T00:00:00+08:00", "2026-03-01T00:00:00+08:00")
    line = line_of(bulletin, CONSUMED)
    (said,) = client.get(bulletin["questions"][line["question"]]).json()["data"]
    assert line["value"] == said["calorific"]["consumption_tce"] == 0.1229
    assert line["coverage"] == said["coverage"]
    carrier = line_of(bulletin, "carriers.electricity.input.quantity")
    assert (carrier["value"], carrier["unit"], carrier["name_zh"]) == (1000.0, "kWh", "电力（购入）")
    assert {row["code"] for row in bulletin["rows"]} >= {"kgce.electricity"}
    assert {line["section"] for line in bulletin["data"]} == {
        *("total", "carriers", "dual_control", "efficiency", "alerts", "quality")
    }


def test_every_question_of_it_can_be_asked_by_anyone_who_sees_the_area(client: TestClient, works: Works) -> None:
    for name, address in issued(client)["questions"].items():
        assert client.get(address).status_code == 200, (name, address)


def test_its_digest_is_that_of_its_content(client: TestClient, works: Works) -> None:
    bulletin = issued(client)
    stored = client.get(f"{FEBRUARY}/content")
    assert hashlib.sha256(stored.content).hexdigest() == bulletin["digest"]
    assert stored.json()["data"] == bulletin["data"]


def test_issued_again_it_is_the_same_until_something_else_is_said_which_is_another_version(
    client: TestClient, works: Works
) -> None:
    first = issued(client)
    assert issued(client, status=200) == first
    works.measure(500.0, hours=1)
    second = issued(client)
    assert (second["version"], line_of(second, CONSUMED)["value"]) == (2, pytest.approx(0.18435))
    assert client.get(FEBRUARY).json() == second
    assert client.get(FEBRUARY, params={"version": 1}).json() == first
    listed = client.get("/api/v1/bulletins", params={"area": ORDOS, "total": True}).json()
    assert [(row["month"], row["version"]) for row in listed["data"]] == [("2026-02", 2), ("2026-02", 1)]
    assert listed["names"]["area"][JUNGAR]["zh"] == "准格尔旗"
    unknown = client.get(FEBRUARY, params={"version": 3})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_bulletin")


def test_what_came_later_shows_line_by_line(client: TestClient, works: Works) -> None:
    issued(client)
    assert client.get(f"{FEBRUARY}/diff").json()["changed"] == 0
    works.measure(500.0, hours=1)
    found = client.get(f"{FEBRUARY}/diff").json()
    line = line_of(found, CONSUMED)
    assert (line["state"], line["then"]) == ("changed", 0.1229)
    assert (line["change"], line["change_percent"]) == (pytest.approx(0.06145), pytest.approx(50))
    assert line_of(found, "alerts.fired")["state"] == "same"
    assert found["changed"] == sum(each["state"] != "same" for each in found["data"]) > 0


def test_a_month_beside_one_of_which_too_little_was_measured_has_no_change(client: TestClient, works: Works) -> None:
    line = line_of(issued(client, f"/api/v1/bulletins/{JUNGAR}/2026-03"), CONSUMED)
    assert (line["before"], line["value"], line["change_percent"]) == (0.1229, None, None)


def test_what_has_no_value_says_which_kind_of_gap_that_is(client: TestClient, works: Works) -> None:
    works.drink(500.0)
    bulletin = issued(client)
    water = line_of(bulletin, "carriers.water.input.tce_equivalent")
    assert (water["value"], water["gap"]) == (None, "not_applicable")
    assert line_of(bulletin, "carriers.water.input.quantity")["gap"] is None
    # no plan of 2026 is loaded, and no energy of it reported
    path, total = (line_of(bulletin, f"dual_control.{name}") for name in ("required", "total"))
    assert (path["value"], path["gap"], path["text_zh"]) == (None, "not_applicable", "该年份不属于已载入的规划")
    assert (total["value"], total["gap"]) == (None, "cannot_judge")
    march = line_of(issued(client, f"/api/v1/bulletins/{JUNGAR}/2026-03"), CONSUMED)
    assert (march["value"], march["gap"]) == (None, "missing")


def test_a_month_that_is_not_over_has_none(client: TestClient, works: Works) -> None:
    ask_at(client, APRIL - timedelta(seconds=1))
    refused = client.post(f"/api/v1/bulletins/{JUNGAR}/2026-03")
    assert (refused.status_code, refused.json()["code"]) == (422, "month_not_over")
    issued(client)


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "2026", "1999-01", "2026-01-01"])
def test_what_is_no_month_is_refused(client: TestClient, month: str) -> None:
    refused = client.get(f"/api/v1/bulletins/{JUNGAR}/{month}")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "bad_month")


def test_who_acts_on_the_area_issues_it_and_nobody_else(
    client: TestClient, works: Works, database: psycopg.Connection
) -> None:
    add_with_key(database, "jungar", Role.SUPERVISOR, key="enk_jungar", area=JUNGAR)
    add_with_key(database, "saihan", Role.SUPERVISOR, key="enk_saihan", area=SAIHAN)
    add_with_key(database, "reader", Role.AUDITOR, key="enk_reader")
    own = client.post(FEBRUARY, headers=bearer("enk_jungar"))
    assert (own.status_code, own.json()["issued_by"]) == (201, "jungar")
    for key, code in (("enk_saihan", "outside_reach"), ("enk_reader", "not_allowed")):
        refused = client.post(FEBRUARY, headers=bearer(key))
        assert (refused.status_code, refused.json()["code"]) == (403, code)
    above = client.post(f"/api/v1/bulletins/{ORDOS}/2026-02", headers=bearer("enk_jungar"))
    assert (above.status_code, above.json()["code"]) == (403, "outside_reach")
    assert client.get(FEBRUARY, headers=bearer("enk_reader")).json() == own.json()
    assert client.get("/api/v1/bulletins", headers=bearer("enk_saihan")).json()["data"] == []


def test_a_bulletin_that_was_changed_shows(
    client: TestClient, works: Works, database: psycopg.Connection, database_url: str
) -> None:
    assert issued(client)["seal"] is None
    with connect(database_url, role=DatabaseRole.ROLLUP, application_name="test-sealing") as sealing:
        adapt(sealing)
        Sealing(sealing).when_due()
    sealed = client.get(FEBRUARY).json()
    assert sealed["seal_head"] == client.get("/api/v1/seal").json()["head"]
    assert verify(database_url).well
    with pytest.raises(psycopg.Error, match="only added"):
        database.execute("UPDATE bulletin SET issued_by = 'nobody'")
    database.execute("SET session_replication_role = replica")
    forged = "replace(content, '0.1229', '0.0229')"
    database.execute(f"UPDATE bulletin SET content = {forged}, digest = sha256(convert_to({forged}, 'UTF8'))".encode())
    (told, *_) = verify(database_url).differences.told
    assert told.startswith("bulletin 1 ")
    assert "is not as it was left by entry" in told
