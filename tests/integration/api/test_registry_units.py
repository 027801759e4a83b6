"""What is known of a unit beside its meters: energy designed and approved, retrofit, capacity class, data centre."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.data.loader import DATA
from tests.integration.registered import Registered
from tests.integration.served import api

KNOWN = {
    "design_energy_tce": 182000.5,
    "approved_energy_tce": 175000.0,
    "retrofit_listed_on": "2025-03-01",
    "retrofit_due_on": "2027-12-31",
    "capacity_class": "restricted",
    "measuring_category": 2,
    "standard_racks": 3200,
}


def unit_of(client: TestClient, code: str) -> dict[str, Any]:
    body: dict[str, Any] = client.get(f"/api/v1/units/{code}").json()
    return body


def fault(answer: Any) -> tuple[str, str]:
    assert answer.status_code == 422, answer.text
    first = answer.json()["errors"][0]
    return first["field"], first["code"]


def test_unit_keeps_what_is_designed_approved_and_listed(client: TestClient, registered: Registered) -> None:
    code = registered.unit(registered.enterprise(), **KNOWN)
    assert {name: unit_of(client, code)[name] for name in KNOWN} == KNOWN


def test_unit_of_which_nothing_is_known_says_so(client: TestClient, registered: Registered) -> None:
    code = registered.unit(registered.enterprise())
    assert {name: unit_of(client, code)[name] for name in KNOWN} == dict.fromkeys(KNOWN)


@pytest.mark.store
def test_approval_changes_alone_and_can_be_taken_back(client: TestClient, registered: Registered) -> None:
    code = registered.unit(registered.enterprise(), **KNOWN)
    changed = client.patch(f"/api/v1/units/{code}", json={"approved_energy_tce": 190000, "capacity_class": None}).json()
    assert {name: changed[name] for name in KNOWN} == KNOWN | {"approved_energy_tce": 190000.0, "capacity_class": None}


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"design_energy_tce": -1}, "design_energy_tce", "greater_than_equal"),
        ({"approved_energy_tce": "many"}, "approved_energy_tce", "float_type"),
        ({"capacity_class": "allowed"}, "capacity_class", "literal_error"),
        ({"measuring_category": 4}, "measuring_category", "less_than_equal"),
        ({"standard_racks": 0}, "standard_racks", "greater_than_equal"),
        ({"standard_racks": 1.5}, "standard_racks", "int_type"),
        ({"process": "nonsense"}, "process", "unknown_process"),
        ({"process": "top_charged_coke_oven"}, "process", "unknown_process"),
        ({"retrofit_due_on": "2027-01-01"}, "retrofit_due_on", "retrofit_not_listed"),
        (
            {"retrofit_listed_on": "2025-03-01", "retrofit_due_on": "2025-03-01"},
            "retrofit_due_on",
            "retrofit_due_too_early",
        ),
        (
            {"retrofit_listed_on": "2025-03-01", "retrofit_due_on": "2028-03-02"},
            "retrofit_due_on",
            "retrofit_due_too_late",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    client: TestClient, registered: Registered, given: dict[str, Any], field: str, code: str
) -> None:
    entry = {"code": "U-1", "credit_code": registered.enterprise(), "name_zh": "焦炉"}
    assert fault(client.post("/api/v1/units", json=entry | given)) == (field, code)


def test_process_mistyped_in_a_change_is_refused_and_the_reason_names_where_the_known_ones_are(
    client: TestClient, registered: Registered
) -> None:
    code = registered.unit(registered.enterprise(), process="coking_top")
    answer = client.patch(f"/api/v1/units/{code}", json={"process": "nonsense"})
    assert fault(answer) == ("process", "unknown_process")
    reason = answer.json()["errors"][0]
    assert reason["reason"] == "nonsense is no process known here; GET /api/v1/tables/processes lists the codes"
    assert reason["reason_zh"] == "没有代码为 nonsense 的工序；可用代码见 GET /api/v1/tables/processes"
    assert unit_of(client, code)["process"] == "coking_top"
    assert client.patch(f"/api/v1/units/{code}", json={"process": "coking_stamp"}).json()["process"] == "coking_stamp"
    assert client.patch(f"/api/v1/units/{code}", json={"process": None}).json()["process"] is None


def test_unit_with_a_process_of_older_days_changes_in_its_other_fields(
    client: TestClient, registered: Registered, database: psycopg.Connection
) -> None:
    code = registered.unit(registered.enterprise())
    database.execute("UPDATE unit SET process = 'top_charged_coke_oven' WHERE code = %s", (code,))
    address = f"/api/v1/units/{code}"
    changed = client.patch(address, json={"name_zh": "二号焦炉", "process": "top_charged_coke_oven"}).json()
    assert (changed["name_zh"], changed["process"]) == ("二号焦炉", "top_charged_coke_oven")
    assert fault(client.patch(address, json={"process": "side_charged_coke_oven"})) == ("process", "unknown_process")
    assert client.patch(address, json={"process": "coking_top"}).json()["process"] == "coking_top"


def test_process_of_an_own_table_is_known_to_the_api_that_was_given_it(
    client: TestClient, registered: Registered, database_url: str, tmp_path: Path
) -> None:
    shipped = (DATA / "processes.csv").read_text("utf-8")
    own = "felt,毡,Felt,毡,Felt,t,energy,,,,own,own,yes\n"
    (tmp_path / "processes.csv").write_text(shipped + own, "utf-8")
    enterprise = registered.enterprise()
    unit = {"credit_code": enterprise, "name_zh": "制毡", "process": "felt"}
    with api(database_url=database_url, data=tmp_path) as knowing:
        assert knowing.post("/api/v1/units", json=unit | {"code": "felt-1"}).json()["process"] == "felt"
        sheet = f"code,credit_code,name_zh,process\nfelt-2,{enterprise},制毡,felt\n".encode()
        imported = knowing.post("/api/v1/import/units", content=sheet, headers={"content-type": "text/csv"})
        assert imported.json()["created"] == 1, imported.text
    assert fault(client.post("/api/v1/units", json=unit | {"code": "felt-3"})) == ("process", "unknown_process")


def test_listing_cannot_be_taken_from_under_its_date(client: TestClient, registered: Registered) -> None:
    code = registered.unit(registered.enterprise(), **KNOWN)
    answer = client.patch(f"/api/v1/units/{code}", json={"retrofit_listed_on": None})
    assert fault(answer) == ("retrofit_due_on", "retrofit_not_listed")
    assert unit_of(client, code)["retrofit_listed_on"] == "2025-03-01"


@pytest.mark.store
def test_units_are_listed_by_capacity_class(client: TestClient, registered: Registered) -> None:
    enterprise = registered.enterprise()
    restricted = registered.unit(enterprise, capacity_class="restricted")
    registered.unit(enterprise, capacity_class="permitted")
    registered.unit(enterprise)
    answer = client.get("/api/v1/units", params={"capacity_class": "restricted"}).json()
    assert [unit["code"] for unit in answer["data"]] == [restricted]


def test_file_brings_the_same_fields(client: TestClient, registered: Registered) -> None:
    header = "code,credit_code,name_zh,design_energy_tce,retrofit_listed_on,retrofit_due_on,standard_racks\n"
    row = f"U-1,{registered.enterprise()},机房,50000.5,2025-03-01,2028-03-01,3200\n"
    address, headers = "/api/v1/import/units", {"Content-Type": "text/csv"}
    mistyped = (header + row).replace("name_zh,", "name_zh,process,").replace("机房,", "机房,server_hall,")
    errors = client.post(address, content=mistyped, headers=headers).json()["errors"]
    assert [(error["line"], error["field"], error["code"]) for error in errors] == [(2, "process", "unknown_process")]
    faulty = client.post(address, content=header + row.replace("2028", "2029"), headers=headers).json()
    assert [(error["line"], error["code"]) for error in faulty["errors"]] == [(2, "retrofit_due_too_late")]
    assert client.post(address, content=header + row, headers=headers).json()["created"] == 1
    unit = unit_of(client, "U-1")
    assert (unit["design_energy_tce"], unit["retrofit_due_on"], unit["standard_racks"]) == (50000.5, "2028-03-01", 3200)


@pytest.mark.store
def test_petrochemical_is_a_trade(client: TestClient, registered: Registered) -> None:
    enterprise = registered.enterprise(trade="petrochemical")
    answer = client.get("/api/v1/enterprises", params={"trade": "petrochemical"}).json()
    assert [entry["credit_code"] for entry in answer["data"]] == [enterprise]
