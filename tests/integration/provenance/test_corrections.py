"""Authorised people correct readings; the original stays, and the energy is that of the corrected readings."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from httpx import Response

from services.core.calendar import SHANGHAI
from services.core.meter import Quality
from services.provenance.correctors import (
    NameTakenError,
    UnknownCorrectorError,
    add_corrector,
    list_correctors,
    revoke_corrector,
)
from tests.integration.line import QUARTER, Line, quarters
from tests.integration.registered import Registered

START = datetime(2026, 3, 2, 8, 0, tzinfo=SHANGHAI)
MARCH = {"start": "2026-03-01", "end": "2026-04-01"}
REASON = "read from the photo of the register"

Correct = Callable[..., Response]


@pytest.fixture
def token(database_url: str) -> str:
    return add_corrector(database_url, "Narisu")


@pytest.fixture
def meter(registered: Registered, line: Line) -> str:
    """A counter in kWh with readings 10, 11, 95, 13, 14 at quarters of an hour, rolled up."""
    owner = registered.enterprise()
    meter = registered.meter(owner, gateway_code=registered.gateway(owner, code="G-M"))
    line.send("G-M", quarters(meter, START, [10.0, 11.0, 95.0, 13.0, 14.0]))
    line.roll_up()
    return meter


@pytest.fixture
def correct(client: TestClient, meter: str, token: str) -> Correct:
    """Corrects a reading of the meter, counted from the first."""

    def correct(quarter: int, kind: str, *, bearer: str | None = token, **given: Any) -> Response:
        entry = {"ts": (START + quarter * QUARTER).isoformat(), "kind": kind, "reason": REASON} | given
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        answer: Response = client.post(f"/api/v1/meters/{meter}/corrections", json=entry, headers=headers)
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
    assert (recorded["original_value"], recorded["value"], recorded["author"]) == (95.0, 12.0, "Narisu")
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
    assert told == [None, None, ("replace", "Narisu"), ("withdraw", "Narisu"), None, ("supply", "Narisu")]


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


def test_only_a_holder_of_a_valid_token_corrects(
    correct: Correct, token: str, database: psycopg.Connection, database_url: str
) -> None:
    for bearer in (None, "", "wrong", token[:-1], token + "x"):
        answer = correct(2, "withdraw", bearer=bearer)
        assert code_of(answer) == (401, "not_authorised"), bearer
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    revoke_corrector(database_url, "Narisu")
    assert code_of(correct(2, "withdraw")) == (401, "not_authorised")
    assert database.execute("SELECT count(*) FROM correction").fetchone() == (0,)


def test_the_author_is_the_holder_and_no_field_of_the_body(correct: Correct) -> None:
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


def test_a_correction_of_an_unknown_meter_is_refused(client: TestClient, token: str) -> None:
    entry = {"ts": START.isoformat(), "kind": "withdraw", "reason": REASON}
    answer = client.post("/api/v1/meters/M-0/corrections", json=entry, headers={"Authorization": f"Bearer {token}"})
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
    client: TestClient, meter: str, correct: Correct, database_url: str
) -> None:
    address = f"/api/v1/meters/{meter}/corrections"
    correct(4, "withdraw")
    correct(2, "replace", value=12.0, bearer=add_corrector(database_url, "Altan"))
    correct(3, "replace", value=13.5)
    correct(4, "revoke")
    asked = {"order": "ts,-id", "limit": 3, "total": True}
    first = client.get(address, params=asked).json()
    assert ([row["kind"] for row in first["data"]], first["total"]) == (["replace", "replace", "revoke"], 4)
    rest = client.get(address, params=asked | {"cursor": first["next"]}).json()
    assert ([row["kind"] for row in rest["data"]], rest["next"]) == (["withdraw"], None)
    found = client.get(address, params={"kind": "replace,withdraw", "order": "author"}).json()["data"]
    assert [(row["kind"], row["author"]) for row in found] == [
        ("replace", "Altan"),
        ("replace", "Narisu"),
        ("withdraw", "Narisu"),
    ]


@pytest.mark.store
def test_a_name_is_given_to_one_person_only(database_url: str, token: str) -> None:
    with pytest.raises(NameTakenError):
        add_corrector(database_url, "Narisu")
    revoke_corrector(database_url, "Narisu")
    with pytest.raises(NameTakenError):
        add_corrector(database_url, "Narisu")
    with pytest.raises(UnknownCorrectorError):
        revoke_corrector(database_url, "Narisu")
    (person,) = list_correctors(database_url)
    assert person.revoked_at is not None
    assert person.valid_from - person.revoked_at < timedelta(0)


def test_the_database_holds_no_token(database: psycopg.Connection, token: str) -> None:
    row = database.execute("SELECT corrector::text FROM corrector").fetchone()
    assert row is not None
    assert token not in row[0]


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
