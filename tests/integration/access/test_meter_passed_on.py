"""A meter that passed from an enterprise of one banner to one of another: each acts on its own time alone."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.access.role import Role
from tests.integration.access.test_second_person import IN_NOVEMBER, IN_OCTOBER, SMALLER, Works, code_of
from tests.integration.line import QUARTER, Line, quarters
from tests.integration.registered import DALAD, JUNGAR, Registered
from tests.signed_in import add_with_key

pytestmark = pytest.mark.store

OF_OLD, OF_NEW, ALSO_OF_NEW, ITS_OLD = "enk_of_old", "enk_of_new", "enk_also_of_new", "enk_its_old"
PASSED_ON = "2026-11-10"
CORRECTED = {"ts": (IN_OCTOBER + 2 * QUARTER).isoformat(), "kind": "replace", "value": 2.5, "reason": "照片"}


class PassedOn(Works):
    """The works had the meter, in Jungar; since the tenth of November it is of another, in Dalad."""

    def __init__(self, client: TestClient, line: Line, registered: Registered, database: psycopg.Connection) -> None:
        super().__init__(client, line, registered)
        self.new = registered.enterprise(area_code=DALAD)
        self.new_gateway = registered.gateway(self.new)
        moved = {"unit_code": registered.unit(self.new), "gateway_code": self.new_gateway, "valid_from": PASSED_ON}
        assert self.patch(**moved, reason="转让").status_code == 200
        line.send(self.new_gateway, quarters(self.meter, IN_NOVEMBER + 5 * QUARTER, [10.0, 11.0, 12.0]))
        line.roll_up()
        for name, area, key in (("old", JUNGAR, OF_OLD), ("new", DALAD, OF_NEW), ("also", DALAD, ALSO_OF_NEW)):
            add_with_key(database, name, Role.SUPERVISOR, key=key, area=area)
        add_with_key(database, "its.old", Role.ENTERPRISE, key=ITS_OLD, enterprise=self.enterprise)

    def terms(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", f"meters/{self.meter}/terms").json()["data"]
        return found


@pytest.fixture
def passed(client: TestClient, line: Line, registered: Registered, database: psycopg.Connection) -> PassedOn:
    return PassedOn(client, line, registered, database)


def test_who_supervises_the_new_owner_does_not_change_the_time_of_the_old(passed: PassedOn) -> None:
    meter, at = f"meters/{passed.meter}", CORRECTED["ts"]
    first, second = passed.terms()
    settlement = {"from": at, "to": (IN_OCTOBER + 3 * QUARTER).isoformat(), "action": "set_aside", "reason": "停"}
    for method, path, body in (
        ("POST", f"{meter}/corrections", CORRECTED),
        ("POST", f"{meter}/acceptances", {"ts": at, "reason": "x"}),
        ("POST", f"{meter}/replacements", {"ts": at, "final_value": 2.0, "first_value": 0.0}),
        ("POST", f"{meter}/settlements", settlement),
        ("PATCH", meter, {"flow": "output"}),
        ("PATCH", meter, {"multiplier": 2.0, "valid_from": at}),
        ("PATCH", meter, SMALLER),
        ("PATCH", f"{meter}?dry_run=true", SMALLER),
        ("POST", f"{meter}/terms", {"valid_from": at, "multiplier": 2.0, "reason": "x"}),
        ("PATCH", f"{meter}/terms/{first['id']}", {"multiplier": 2.0, "reason": "x"}),
        ("PATCH", f"{meter}/terms/{second['id']}", {"valid_from": "2026-11-12", "reason": "x"}),
        ("DELETE", f"{meter}/terms/{second['id']}", None),
    ):
        answer = passed.ask(method, path, body, key=OF_NEW)
        assert code_of(answer) == (403, "outside_reach"), (method, path, body, answer.text)
    assert passed.ask("GET", "proposals").json()["data"] == []
    assert passed.terms() == [first, second]
    assert passed.of_october() == 4000.0


def test_who_supervises_the_new_owner_changes_its_own_time(passed: PassedOn) -> None:
    meter, at = f"meters/{passed.meter}", (IN_NOVEMBER + 6 * QUARTER).isoformat()
    own = passed.terms()[1]["id"]
    dated = {"multiplier": 2000.0, "valid_from": at, "reason": "互感器"}
    assert passed.ask("PATCH", f"{meter}?dry_run=true", dated, key=OF_NEW).status_code == 200
    assert passed.ask("PATCH", meter, dated, key=OF_NEW).json()["multiplier"] == 2000.0
    later = {"multiplier": 500.0, "valid_from": (IN_NOVEMBER + 7 * QUARTER).isoformat(), "reason": "x"}
    added = passed.ask("POST", f"{meter}/terms", later, key=OF_NEW).json()["id"]
    again = passed.ask("PATCH", f"{meter}/terms/{added}", {"multiplier": 600.0, "reason": "x"}, key=OF_NEW).json()
    assert (again["multiplier"], again["unit_code"]) == (600.0, passed.terms()[1]["unit_code"])
    assert passed.ask("DELETE", f"{meter}/terms/{again['id']}", key=OF_NEW).status_code == 204
    assert passed.ask("PATCH", meter, {"name_zh": "一号"}, key=OF_NEW).status_code == 200
    entry = {"ts": at, "kind": "withdraw", "reason": "x"}
    assert passed.ask("POST", f"{meter}/corrections", entry, key=OF_NEW).status_code == 201
    assert [term["multiplier"] for term in passed.terms()] == [1000.0, 1000.0, 2000.0]
    assert passed.terms()[1]["id"] == own
    assert passed.of_october() == 4000.0


def test_what_changes_the_time_of_the_old_owner_is_shown_to_those_of_it(passed: PassedOn) -> None:
    answer = passed.ask("POST", f"meters/{passed.meter}/corrections", CORRECTED)
    number = passed.proposed(answer)
    effect = answer.json()["effect"]
    assert effect["enterprises"] == [passed.enterprise]
    assert {each["enterprise"] for each in effect["changes"]} <= {passed.enterprise}
    assert passed.ask("GET", f"proposals/{number}", key=OF_OLD).status_code == 200
    for key in (OF_NEW, ALSO_OF_NEW):
        assert code_of(passed.confirm(number, key=key)) == (404, "unknown_proposal")
    assert passed.proposal(number)["state"] == "waiting"
    # The day was theirs, though the meter is another's by now.
    assert passed.confirm(number, key=OF_OLD).status_code == 201


def test_a_heat_value_is_of_those_who_burned_the_fuel_then(passed: PassedOn) -> None:
    heat = {"enterprise": passed.enterprise, "carrier": "raw_coal", "ncv_mj_per_kg": 20.0, "laboratory": "L"}
    answer = passed.ask("POST", "heat-values", heat | {"month": "2026-10", "report": "R"}, key=OF_OLD)
    passed.proposed(answer)
    assert answer.json()["effect"]["enterprises"] == [passed.enterprise]


def test_one_who_may_not_confirm_leaves_it_waiting(
    passed: PassedOn, registered: Registered, database: psycopg.Connection
) -> None:
    moved = registered.enterprise(area_code=DALAD)
    meter = registered.meter(moved)
    body = {"area_code": JUNGAR, "valid_from": (IN_NOVEMBER - timedelta(days=5)).date().isoformat()}
    assert passed.ask("POST", f"enterprises/{moved}/memberships", body).status_code == 201
    entry = {"ts": IN_OCTOBER.isoformat(), "kind": "supply", "value": 1.0, "reason": "抄表"}
    number = passed.proposed(passed.ask("POST", f"meters/{meter}/corrections", entry))
    assert code_of(passed.confirm(number, key=OF_NEW)) == (403, "outside_reach")
    assert passed.proposal(number)["state"] == "waiting"
    assert passed.confirm(number, key=OF_OLD).status_code == 201
