"""Authorised people correct readings; the original stays, and the energy is that of the corrected readings."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from httpx import Response

from services.api.access.role import Role
from services.core.calendar import SHANGHAI
from services.core.meter import Quality
from tests.integration.line import QUARTER, Line, quarters
from tests.integration.registered import DALAD, JUNGAR, Registered
from tests.signed_in import ADMINISTRATOR, ADMINISTRATOR_KEY, SECOND, SECOND_KEY, add_with_key, bearer

START = datetime(2026, 3, 2, 8, 0, tzinfo=SHANGHAI)
MARCH = {"start": "2026-03-01", "end": "2026-04-01"}
REASON = "read from the photo of the register"

Correct = Callable[..., Response]


@pytest.fixture
def meter(registered: Registered, line: Line) -> str:
    """A counter in kWh with readings 10, 11, 95, 13, 14 at quarters of an hour, rolled up."""
    owner = registered.enterprise()
    meter = registered.meter(owner, gateway_code=registered.gateway(owner, code="G-M"))
    line.send("G-M", quarters(meter, START, [10.0, 11.0, 95.0, 13.0, 14.0]))
    line.roll_up()
    return meter


@pytest.fixture
def correct(client: TestClient, meter: str) -> Correct:
    """Corrects a reading of the meter, counted from the first."""

    def correct(quarter: int, kind: str, *, key: str = ADMINISTRATOR_KEY, **given: Any) -> Response:
        entry = {"ts": (START + quarter * QUARTER).isoformat(), "kind": kind, "reason": REASON} | given
        address = f"/api/v1/meters/{meter}/corrections"
        answer: Response = client.post(address, json=entry, headers=bearer(key))
        return answer

    return correct


def code_of(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def total(line: Line, meter: str) -> float | None:
    line.roll_up()
    return line.total(scope=f"meter:{meter}", **MARCH)


def slots(database: psycopg.Connection) -> list[tuple[float, bool]]:
    """Energy of each slot in kWh, and whether it is marked corrected."""
    rows = database.execute("SELECT quantity_pico, quality FROM energy_slot ORDER BY slot")
    return [(pico / 1e12, bool(quality & Quality.CORRECTED)) for pico, quality in rows]


@pytest.mark.store
def test_a_replaced_reading_is_booked_anew_and_the_original_stays(
    client: TestClient, line: Line, meter: str, correct: Correct, database: psycopg.Connection
) -> None:
    answer = correct(2, "replace", value=12.0, expected_value=95.0)
    assert answer.status_code == 201, answer.text
    recorded = answer.json()
    assert (recorded["original_value"], recorded["value"], recorded["author"]) == (95.0, 12.0, ADMINISTRATOR)
    assert (recorded["counts"], recorded["conflict"], recorded["stored_value"]) == (True, False, 95.0)
    assert total(line, meter) == 4.0
    assert slots(database) == [(1.0, False), (1.0, True), (1.0, True), (1.0, False)]
    assert database.execute("SELECT value FROM reading WHERE value = 95").fetchall() == [(95.0,)]
    assert client.get(f"/api/v1/meters/{meter}/corrections").json()["data"] == [recorded]


def test_revoking_brings_back_what_the_meter_gave(
    line: Line, meter: str, correct: Correct, database: psycopg.Connection
) -> None:
    before = slots(database)
    correct(2, "replace", value=12.0)
    line.roll_up()
    answer = correct(2, "revoke")
    assert (answer.status_code, answer.json()["counts"]) == (201, False)
    line.roll_up()
    assert slots(database) == before


def test_a_withdrawn_reading_does_not_count(
    line: Line, meter: str, correct: Correct, database: psycopg.Connection
) -> None:
    assert correct(2, "withdraw").json()["value"] is None
    assert total(line, meter) == 4.0
    assert slots(database) == [(1.0, False), (1.0, True), (1.0, True), (1.0, False)]


def test_a_supplied_reading_counts_beside_the_real_one_until_it_is_revoked(
    client: TestClient, line: Line, meter: str, correct: Correct
) -> None:
    correct(2, "replace", value=12.0)
    assert correct(5, "supply", value=20.0, expected_value=None).status_code == 201
    assert total(line, meter) == 10.0
    line.send("G-M", [(meter, START + 5 * QUARTER, 15.0)])
    assert total(line, meter) == 10.0
    supplied = client.get(f"/api/v1/meters/{meter}/corrections").json()["data"][0]
    assert (supplied["original_value"], supplied["stored_value"], supplied["conflict"]) == (None, 15.0, True)
    assert correct(5, "revoke").status_code == 201
    assert total(line, meter) == 5.0


@pytest.mark.store
def test_the_readings_show_original_corrected_value_and_author(
    client: TestClient, meter: str, correct: Correct
) -> None:
    correct(2, "replace", value=12.0)
    correct(3, "withdraw")
    correct(6, "supply", value=16.0)
    rows = client.get(f"/api/v1/meters/{meter}/readings").json()["data"]
    assert [row["value"] for row in rows] == [10.0, 11.0, 95.0, 13.0, 14.0, None]
    assert [row["counting_value"] for row in rows] == [10.0, 11.0, 12.0, None, 14.0, 16.0]
    assert [row["received_at"] is None for row in rows] == [False] * 5 + [True]
    told = [row["correction"] and (row["correction"]["kind"], row["correction"]["author"]) for row in rows]
    assert told == [
        None,
        None,
        ("replace", ADMINISTRATOR),
        ("withdraw", ADMINISTRATOR),
        None,
        ("supply", ADMINISTRATOR),
    ]


def test_the_pages_of_readings_hold_supplied_ones_in_their_place(
    client: TestClient, meter: str, correct: Correct
) -> None:
    correct(-1, "supply", value=9.0)
    correct(6, "supply", value=16.0)
    found: list[float] = []
    parameters: dict[str, Any] = {"limit": 2}
    while True:
        page = client.get(f"/api/v1/meters/{meter}/readings", params=parameters).json()
        found += [row["counting_value"] for row in page["data"]]
        if page["next"] is None:
            break
        parameters["cursor"] = page["next"]
    assert found == [9.0, 10.0, 11.0, 95.0, 13.0, 14.0, 16.0]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ENTERPRISE, Role.PROGRAM])
def test_only_who_has_the_right_corrects(
    correct: Correct, database: psycopg.Connection, registered: Registered, role: Role
) -> None:
    enterprise = registered.enterprise() if role is Role.ENTERPRISE else None
    add_with_key(database, "altan", role, key="enk_altan", enterprise=enterprise)
    assert code_of(correct(2, "withdraw", key="enk_altan")) == (403, "not_allowed")
    assert code_of(correct(2, "withdraw", key="enk_nobody")) == (401, "not_signed_in")
    assert database.execute("SELECT count(*) FROM correction").fetchone() == (0,)


@pytest.mark.store
def test_a_supervisor_corrects_the_meters_of_its_area_alone(correct: Correct, database: psycopg.Connection) -> None:
    add_with_key(database, "of.dalad", Role.SUPERVISOR, key="enk_dalad", area=DALAD)
    add_with_key(database, "of.jungar", Role.SUPERVISOR, key="enk_jungar", area=JUNGAR)
    assert code_of(correct(2, "withdraw", key="enk_dalad")) == (404, "unknown_meter")
    assert correct(2, "withdraw", key="enk_jungar").json()["author"] == "of.jungar"


def test_the_author_is_the_account_and_no_field_of_the_body(correct: Correct) -> None:
    answer = correct(2, "withdraw", author="someone else")
    assert code_of(answer) == (422, "invalid_body")


@pytest.mark.parametrize(
    ("quarter", "kind", "given", "refused"),
    [
        (2, "replace", {"value": 12.0, "expected_value": 94.0}, (409, "another_value_stands")),
        (2, "replace", {"value": 12.0, "expected_value": None}, (409, "another_value_stands")),
        (7, "replace", {"value": 12.0}, (409, "nothing_to_correct")),
        (7, "withdraw", {}, (409, "nothing_to_correct")),
        (2, "revoke", {}, (409, "nothing_to_correct")),
        (2, "supply", {"value": 12.0}, (409, "reading_stored")),
        (2, "replace", {}, (422, "invalid_body")),
        (2, "withdraw", {"value": 12.0}, (422, "invalid_body")),
        (2, "delete", {}, (422, "invalid_body")),
        (2, "withdraw", {"reason": " "}, (422, "invalid_body")),
        (40_000_000 // 900, "supply", {"value": 1.0}, (422, "invalid_body")),
    ],
)
def test_a_correction_that_was_thought_for_another_state_is_refused(
    correct: Correct, quarter: int, kind: str, given: dict[str, Any], refused: tuple[int, str]
) -> None:
    assert code_of(correct(quarter, kind, **given)) == refused


def test_the_same_correction_twice_is_refused(correct: Correct) -> None:
    assert correct(2, "replace", value=12.0).status_code == 201
    assert code_of(correct(2, "replace", value=12.0)) == (409, "nothing_to_correct")
    assert correct(2, "replace", value=12.5, expected_value=12.0).json()["original_value"] == 95.0


def test_a_correction_of_an_unknown_meter_is_refused(client: TestClient) -> None:
    entry = {"ts": START.isoformat(), "kind": "withdraw", "reason": REASON}
    answer = client.post("/api/v1/meters/M-0/corrections", json=entry)
    assert code_of(answer) == (404, "unknown_meter")
    assert code_of(client.get("/api/v1/meters/M-0/corrections")) == (404, "unknown_meter")


def test_the_corrections_are_listed_newest_first_by_page_and_time(
    client: TestClient, meter: str, correct: Correct
) -> None:
    for value in (12.0, 12.5, 13.0):
        correct(2, "replace", value=value)
    correct(4, "withdraw")
    first = client.get(f"/api/v1/meters/{meter}/corrections", params={"limit": 3}).json()
    assert [row["value"] for row in first["data"]] == [None, 13.0, 12.5]
    rest = client.get(f"/api/v1/meters/{meter}/corrections", params={"limit": 3, "cursor": first["next"]}).json()
    assert ([row["value"] for row in rest["data"]], rest["next"]) == ([12.0], None)
    near = {"start": (START + 4 * QUARTER).isoformat(), "end": (START + 5 * QUARTER).isoformat()}
    assert [row["kind"] for row in client.get(f"/api/v1/meters/{meter}/corrections", params=near).json()["data"]] == [
        "withdraw"
    ]


def test_the_corrections_are_ordered_by_their_readings_narrowed_by_kind_and_counted(
    client: TestClient, meter: str, correct: Correct
) -> None:
    address = f"/api/v1/meters/{meter}/corrections"
    correct(4, "withdraw")
    correct(2, "replace", value=12.0, key=SECOND_KEY)
    correct(3, "replace", value=13.5)
    correct(4, "revoke")
    asked = {"order": "ts,-id", "limit": 3, "total": True}
    first = client.get(address, params=asked).json()
    assert ([row["kind"] for row in first["data"]], first["total"]) == (["replace", "replace", "revoke"], 4)
    rest = client.get(address, params=asked | {"cursor": first["next"]}).json()
    assert ([row["kind"] for row in rest["data"]], rest["next"]) == (["withdraw"], None)
    found = client.get(address, params={"kind": "replace,withdraw", "order": "author"}).json()["data"]
    assert [(row["kind"], row["author"]) for row in found] == [
        ("replace", ADMINISTRATOR),
        ("withdraw", ADMINISTRATOR),
        ("replace", SECOND),
    ]


@pytest.mark.parametrize("table", ["reading", "stored_batch", "correction"])
@pytest.mark.parametrize("change", ["UPDATE {} SET ctid = ctid", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.store
def test_what_was_stored_is_neither_changed_nor_deleted(
    database: psycopg.Connection, meter: str, correct: Correct, table: str, change: str
) -> None:
    correct(2, "withdraw")
    column = "meter_id" if table != "stored_batch" else "batch_id"
    statement = change.format(table).replace("ctid", column)
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match=f"rows of {table} are only added"):
        database.execute(statement.encode())
