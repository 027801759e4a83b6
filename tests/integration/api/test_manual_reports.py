"""Manual reports as they are entered, corrected, withdrawn and imported, and how they stand beside meters."""

import json
from datetime import datetime
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from tests.integration.alerted import of_enterprise
from tests.integration.clock import ask_at
from tests.integration.judged import Plant, asked
from tests.integration.line import Line
from tests.integration.registered import JUNGAR, Registered
from tests.integration.served import ADDRESS
from tests.signed_in import BY_ADMINISTRATOR, SECOND_KEY, bearer

pytestmark = pytest.mark.store

PATH = "/api/v1/manual-reports"
WHY = {"reason": "entered twice"}
QUARTER = {"start": "2026-01-01", "end": "2026-04-01"}


@pytest.fixture(autouse=True)
def in_summer(client: TestClient) -> None:
    ask_at(client, datetime.fromisoformat("2026-07-01T12:00:00+08:00"))


def report(unit: str, month: str = "2026-03", **given: Any) -> dict[str, Any]:
    entry = {"unit_code": unit, "carrier": "raw_coal", "month": month, "value": 100.0, "unit_of_measure": "t"}
    return entry | {"document": "GB-0117"} | given


def entered(client: TestClient, unit: str, month: str = "2026-03", **given: Any) -> dict[str, Any]:
    answer = client.post(PATH, json=report(unit, month, **given))
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["data"][0])


def faults(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {fault["field"]: fault["code"] for fault in answer.json()["errors"]}


def test_what_is_entered_is_listed_with_who_when_and_the_paper(client: TestClient, registered: Registered) -> None:
    enterprise = registered.enterprise()
    unit = registered.unit(enterprise)
    posted = entered(client, unit, value=0.1255, unit_of_measure="万t")
    (row,) = client.get(PATH, params={"unit": unit}).json()["data"]
    assert row == {name: value for name, value in posted.items() if name != "created"}
    assert (row["enterprise"], row["quantity"], row["quantity_unit"]) == (enterprise, 1255.0, "t")
    assert (row["value"], row["unit_of_measure"], row["document"], row["version"]) == (0.1255, "万t", "GB-0117", 1)
    assert row["recorded_by"]
    assert row["counts"] is True
    assert row["by_meter"] == {
        "meters": 0,
        "quantity": None,
        "coverage": None,
        "difference_percent": None,
        "is_apart": None,
    }
    again = client.post(PATH, json=report(unit, value=0.1255, unit_of_measure="万t")).json()
    assert (again["created"], again["unchanged"]) == (0, 1)
    one = client.get(f"{PATH}/{row['id']}").json()
    assert {name: one[name] for name in row} == row
    assert unit in one["names"]["unit"]


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"month": "2026-07"}, {"month": "month_not_over"}),
        ({"carrier": "coffee"}, {"carrier": "unknown"}),
        ({"unit_code": "U-none"}, {"unit_code": "unknown"}),
        ({"unit_of_measure": "kWh"}, {"unit_of_measure": "bad_unit_of_measure"}),
        ({"unit_of_measure": "t/h"}, {"unit_of_measure": "bad_unit_of_measure"}),
        ({"value": -1.0}, {"value": "greater_than_equal"}),
        ({"flow": "sub"}, {"flow": "literal_error"}),
        ({"document": None}, {"document": "string_type"}),
    ],
)
def test_what_cannot_be_is_refused_by_field(
    client: TestClient, registered: Registered, given: dict[str, Any], refused: dict[str, str]
) -> None:
    unit = registered.unit(registered.enterprise())
    assert faults(client.post(PATH, json=report(unit, **given))) == refused
    assert client.get(PATH).json()["data"] == []


def test_what_changes_an_earlier_report_waits_for_a_second_person(client: TestClient, registered: Registered) -> None:
    unit = registered.unit(registered.enterprise())
    alone = TestClient(client.app, base_url=ADDRESS, headers=BY_ADMINISTRATOR)
    number = alone.post(PATH, json=report(unit)).json()["data"][0]["id"]
    for asking in (
        alone.patch(f"{PATH}/{number}", json={"value": 90.0}),
        alone.post(PATH, json=report(unit, value=90.0)),
        alone.delete(f"{PATH}/{number}", params=WHY),
    ):
        assert asking.status_code == 202, asking.text
        assert asking.json()["effect"]["since"] == "2026-03-01T00:00:00+08:00"
    assert [row["value"] for row in client.get(PATH, params={"versions": True}).json()["data"]] == [100.0]


def test_of_several_that_wait_the_first_that_is_confirmed_stands(client: TestClient, registered: Registered) -> None:
    unit = registered.unit(registered.enterprise())
    alone = TestClient(client.app, base_url=ADDRESS, headers=BY_ADMINISTRATOR)
    number = alone.post(PATH, json=report(unit)).json()["data"][0]["id"]
    waiting = [
        asking.json()["proposal_id"]
        for asking in (
            alone.post(PATH, json=report(unit, value=90.0)),
            alone.post(PATH, json=report(unit, value=80.0)),
            alone.patch(f"{PATH}/{number}", json={"value": 70.0}),
            alone.delete(f"{PATH}/{number}", params=WHY),
        )
    ]
    second = TestClient(client.app, base_url=ADDRESS, headers=bearer(SECOND_KEY))
    answers = [second.post(f"/api/v1/proposals/{each}/confirm") for each in (waiting[1], *waiting)]
    told = [(answer.status_code, answer.json().get("code")) for answer in answers]
    late = (409, "report_superseded")
    assert told == [(200, None), late, (409, "proposal_over"), late, late]
    assert [row["value"] for row in client.get(PATH, params={"versions": True}).json()["data"]] == [100.0, 80.0]
    states = {row["proposal_id"]: row["state"] for row in client.get("/api/v1/proposals").json()["data"]}
    assert [states[each] for each in waiting] == ["refused", "confirmed", "refused", "refused"]


def test_a_correction_and_a_withdrawal_are_further_versions(client: TestClient, registered: Registered) -> None:
    unit = registered.unit(registered.enterprise())
    number = entered(client, unit)["id"]
    corrected = client.patch(f"{PATH}/{number}", json={"value": 90.0, "reason": "digits swapped"})
    assert corrected.status_code == 200, corrected.text
    (row,) = client.get(PATH).json()["data"]
    assert (row["value"], row["version"], row["reason"], row["document"]) == (90.0, 2, "digits swapped", "GB-0117")
    versions = client.get(PATH, params={"versions": True}).json()["data"]
    assert [(each["version"], each["value"], each["counts"]) for each in versions] == [
        (1, 100.0, False),
        (2, 90.0, True),
    ]
    assert client.patch(f"{PATH}/{number}", json={"value": 80.0}).json()["code"] == "report_superseded"
    assert client.delete(f"{PATH}/{row['id']}").status_code == 422
    assert client.delete(f"{PATH}/{row['id']}", params={"reason": "of another unit"}).status_code == 204
    assert client.get(PATH).json()["data"] == []
    last = client.get(PATH, params={"versions": True}).json()["data"][-1]
    assert (last["withdrawn"], last["value"], last["reason"]) == (True, None, "of another unit")


def test_where_there_is_no_meter_a_report_counts_and_every_answer_says_so(
    client: TestClient, registered: Registered, line: Line
) -> None:
    plant = Plant(registered, line, unit={})
    plant.uses("2026-03-01", "2026-03-02", {("electricity", "input"): 1000.0})
    line.roll_up()
    bare = registered.unit(plant.enterprise)
    entered(client, bare)
    entered(client, bare, carrier="electricity", value=3000.0, unit_of_measure="kWh")
    for scope in (f"enterprise:{plant.enterprise}", f"area:{JUNGAR}", "area:150000"):
        rows = asked(client, "energy", scope=scope, bucket="month", total=True, **QUARTER)
        for found in (rows["data"], rows["total"]):
            of_march = {row["carrier"]: row for row in found if row["start"].startswith("2026-03")}
            assert of_march["electricity"]["quantity"] == 4000.0
            assert of_march["electricity"]["manual"] == {"quantity": 3000.0, "share": 0.75, "reports": 1}
            assert (of_march["raw_coal"]["quantity"], of_march["raw_coal"]["coverage"]) == (100.0, None)
            assert of_march["raw_coal"]["manual"] == {"quantity": 100.0, "share": 1.0, "reports": 1}
        assert rows["manual_left_out"] == 0
        answer = asked(client, "energy/balance", scope=scope, bucket="total", explain=True, **QUARTER)
        (balance,) = answer["data"]
        assert balance["calorific"]["consumption_tce"] == pytest.approx(71.43 + 4 * 0.1229, abs=1e-9)
        assert balance["manual"]["calorific_tce"] == pytest.approx(71.43 + 3 * 0.1229, abs=1e-9)
        share = (71.43 + 3 * 0.1229) / (71.43 + 4 * 0.1229)
        assert balance["manual"]["shares"]["calorific"] == pytest.approx(share, abs=1e-12)
        assert [each["carrier"] for each in balance["manual"]["of"]] == ["electricity", "raw_coal"]
        assert balance["manual"]["reports"] == 2
        terms = [(term["carrier"], term["quantity"], term["manual"]) for term in balance["explained"]["terms"]]
        assert terms == [("electricity", 1000.0, False), ("electricity", 3000.0, True), ("raw_coal", 100.0, True)]
    months = asked(client, "energy/activity", enterprise=plant.enterprise, start="2026-03-01", end="2026-04-01")["data"]
    assert [(row["carrier"], row["manual"]) for row in months] == [
        ("electricity", False),
        ("electricity", True),
        ("raw_coal", True),
    ]
    by_meter = asked(client, "energy", scope=f"enterprise:{plant.enterprise}", by="meter", bucket="month", **QUARTER)
    assert [row["quantity"] for row in by_meter["data"] if row["quantity"] is not None] == [1000.0]
    (by_unit,) = [
        row
        for row in asked(client, "energy/balance", by="unit", bucket="month", **QUARTER)["data"]
        if row["unit"] == bare
    ]
    assert by_unit["manual"]["shares"]["equivalent"] == 1.0


def test_a_month_is_never_divided(client: TestClient, registered: Registered) -> None:
    enterprise = registered.enterprise()
    entered(client, registered.unit(enterprise))
    days = asked(client, "energy", scope=f"enterprise:{enterprise}", bucket="day", **QUARTER)
    assert (days["data"], days["manual_left_out"]) == ([], 1)
    part = {"start": "2026-01-01", "end": "2026-03-31", "bucket": "total"}
    assert asked(client, "energy/balance", scope=f"enterprise:{enterprise}", **part)["manual_left_out"] == 1
    before = {"start": "2026-01-01", "end": "2026-03-01", "bucket": "total"}
    assert asked(client, "energy/balance", scope=f"enterprise:{enterprise}", **before)["manual_left_out"] == 0


def test_its_own_heat_value_goes_before_the_table(client: TestClient, registered: Registered) -> None:
    enterprise = registered.enterprise()
    entered(client, registered.unit(enterprise))
    registered.heat_value(enterprise, "raw_coal", 20.0, "2026-03")
    (row,) = asked(client, "energy", scope=f"enterprise:{enterprise}", bucket="total", **QUARTER)["data"]
    assert row["tce_calorific"] == pytest.approx(100 * 20 / 29.3076, abs=1e-9)


def test_a_file_is_imported_as_others_are(client: TestClient, registered: Registered) -> None:
    unit = registered.unit(registered.enterprise())
    text = (
        "unit_code,carrier,flow,month,value,unit_of_measure,document\n"
        f"{unit},raw_coal,input,2026-01,12.5,t,GB-1\n"
        f"{unit},raw_coal,,2026-02,13,t,GB-2\n"
    )
    imported = client.post("/api/v1/import/manual-reports", content=text.encode(), headers={"Content-Type": "text/csv"})
    assert (imported.status_code, imported.json()["created"]) == (200, 2), imported.text
    listed = client.get(PATH, params={"unit": unit, "order": "-period"}).json()["data"]
    assert [(row["month"], row["flow"], row["document"]) for row in listed] == [
        ("2026-02", "input", "GB-2"),
        ("2026-01", "input", "GB-1"),
    ]
    template = client.get("/api/v1/import/manual-reports/template")
    assert template.text.splitlines()[0].lstrip("\ufeff").startswith("unit_code,carrier,flow,month,value")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ('"value": NaN', "finite_number"),
        ('"value": -Infinity', "finite_number"),
        ('"value": 1e400', "finite_number"),
        ('"value": 1000000000001', "less_than_equal"),
        ('"value": "5"', "float_type"),
        ('"value": true', "float_type"),
        ('"value": -1e-300', "greater_than_equal"),
        ('"month": "2026-13"', "bad_month"),
        ('"month": "0001-01"', "bad_month"),
        ('"month": "2099-12"', "month_not_over"),
    ],
)
def test_numbers_that_are_none_are_refused(client: TestClient, registered: Registered, written: str, code: str) -> None:
    entry = json.dumps(report(registered.unit(registered.enterprise())))
    body = f"{entry[:-1]}, {written}}}"
    answer = client.post(PATH, content=body.encode(), headers={"Content-Type": "application/json"})
    assert list(faults(answer).values()) == [code]


def test_what_is_sent_twice_is_written_once(client: TestClient, registered: Registered) -> None:
    unit = registered.unit(registered.enterprise())
    first = entered(client, unit)
    again = client.post(PATH, json=report(unit)).json()
    assert (again["created"], again["unchanged"], again["data"][0]["id"]) == (0, 1, first["id"])
    several = client.post(PATH, json=[report(unit), report(unit, value=3.0), report(unit, flow="output")])
    assert faults(several) == {"1.unit_code": "repeated_manual_report"}
    line = f"{unit},raw_coal,input,2026-01,12.5,t,GB-1\n"
    text = f"unit_code,carrier,flow,month,value,unit_of_measure,document\n{line}{line}"
    sent = client.post("/api/v1/import/manual-reports", content=text.encode(), headers={"Content-Type": "text/csv"})
    assert [(fault["line"], fault["code"]) for fault in sent.json()["errors"]] == [(3, "repeated_in_file")]
    assert client.get(PATH, params={"versions": True}).json()["data"] == [
        {name: value for name, value in first.items() if name != "created"}
    ]


def test_what_was_withdrawn_is_entered_again_as_a_change_and_holds_its_unit(
    client: TestClient, registered: Registered
) -> None:
    unit = registered.unit(registered.enterprise())
    assert client.delete(f"{PATH}/{entered(client, unit)['id']}", params=WHY).status_code == 204
    alone = TestClient(client.app, base_url=ADDRESS, headers=BY_ADMINISTRATOR)
    assert alone.post(PATH, json=report(unit)).status_code == 202
    assert entered(client, unit)["version"] == 3
    kept = client.delete(f"/api/v1/units/{unit}")
    assert (kept.status_code, kept.json()["code"]) == (409, "in_use")


def test_of_another_enterprise_nothing_is_entered_seen_or_changed(
    client: TestClient, registered: Registered, database: psycopg.Connection
) -> None:
    own, other = registered.enterprise(), registered.enterprise()
    theirs = registered.unit(other)
    number = entered(client, theirs)["id"]
    works = TestClient(client.app, base_url=ADDRESS, headers=bearer(of_enterprise(database, own)))
    assert faults(works.post(PATH, json=report(theirs, "2026-02"))) == {"unit_code": "unknown"}
    for asking in (works.get(f"{PATH}/{number}"), works.delete(f"{PATH}/{number}", params=WHY)):
        assert (asking.status_code, asking.json()["code"]) == (404, "unknown_manual_report")
    assert works.get(PATH, params={"versions": True}).json()["data"] == []
    assert works.post(PATH, json=report(registered.unit(own))).json()["created"] == 1
    assert len(client.get(PATH, params={"versions": True}).json()["data"]) == 2
