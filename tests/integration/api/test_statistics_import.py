"""Reported numbers from files: new versions, and faults by line."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.integration.reporting import listed, versions

HEADER = ("owner", "kind", "period", "value", "unit", "price_base", "note")


def sheet(*rows: Sequence[object]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows([HEADER, *rows])
    return stream.getvalue().encode()


def imported(client: TestClient, body: bytes, *, dry_run: bool = False) -> Any:
    return client.post(
        "/api/v1/import/statistics",
        params={"dry_run": dry_run},
        content=body,
        headers={"Content-Type": "text/csv"},
    )


@pytest.mark.store
def test_file_adds_versions_and_counts_those_that_say_something_new(client: TestClient) -> None:
    rows = [
        ("area:150600", "gdp", "2024", "4.5e7", "10k CNY", "2020", ""),
        ("area:150600", "gdp", "2025", "47000000.5", "10k CNY", "2020", ""),
    ]
    assert imported(client, sheet(*rows), dry_run=True).json()["error_count"] == 0
    assert listed(client) == []
    assert imported(client, sheet(*rows)).json()["created"] == 2
    assert imported(client, sheet(rows[0], (*rows[1][:3], "46000000", *rows[1][4:]))).json()["created"] == 1
    assert versions(client) == [(1, 45_000_000.0), (1, 47_000_000.5), (2, 46_000_000.0)]


def test_units_of_the_field_are_read_in_files_too(client: TestClient) -> None:
    rows = [("area:150600", "gdp", "2025", "0.00045", "亿元", "2020", "")]
    assert imported(client, sheet(*rows)).json()["created"] == 1
    assert versions(client) == [(1, 4.5)]


def test_faulty_rows_of_a_file_are_named_by_line(client: TestClient) -> None:
    row = ("area:150600", "gdp", "2024", "1", "10k CNY", "2020", "")
    answer = imported(client, sheet(row, ("area:150600", "gdp", "2025", "1", "USD", "2020", ""), row))
    assert (answer.status_code, answer.json()["code"]) == (422, "import_refused")
    assert [(error["line"], error["field"], error["code"]) for error in answer.json()["errors"]] == [
        (3, "unit", "wrong_unit"),
        (4, "owner", "repeated_number_in_file"),
    ]
    reason = "owner, kind, period and price_base together (area:150600 gdp 2024 2020) stand in line 2 too"
    assert answer.json()["errors"][1]["reason"] == reason
    assert listed(client) == []


def test_value_too_small_to_be_is_refused_in_a_file_too(client: TestClient) -> None:
    row = ("area:150600", "gdp", "2024", "1e-320", "10k CNY", "2020", "")
    errors = imported(client, sheet(row), dry_run=True).json()["errors"]
    assert [(error["line"], error["field"], error["code"]) for error in errors] == [(2, "value", "bad_magnitude")]


def test_template_can_be_imported_as_it_is(client: TestClient) -> None:
    template = client.get("/api/v1/import/statistics/template")
    assert imported(client, template.content).json()["created"] == 1
