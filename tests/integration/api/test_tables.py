"""The domain numbers answered by the API, and seeded into the registry's carriers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.data.seed import seed
from services.core.db.migrate import engine_of
from services.judging.data.tables import load_tables
from tests.integration.served import api


@pytest.fixture(scope="module")
def unchanged(module_database_url: str) -> Iterator[TestClient]:
    with api(database_url=module_database_url) as client:
        yield client


def rows(client: TestClient, name: str, **parameters: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/tables/{name}", params=parameters)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


def test_the_list_of_tables_says_how_much_of_each_is_unverified(unchanged: TestClient) -> None:
    listed = {table["name"]: table for table in unchanged.get("/api/v1/tables").json()["data"]}
    assert list(listed) == sorted(load_tables().by_name())
    assert (listed["co2"]["rows"], listed["co2"]["unverified"]) == (39, 29)
    assert {"value", "unit", "valid_from", "source", "place", "verified"} <= set(listed["tariff_steps"]["columns"])


def test_a_row_is_answered_with_every_column(unchanged: TestClient) -> None:
    (row,) = rows(unchanged, "standard_coal", q="kgce.coke_oven_gas")
    assert row["value"] == 0.6143
    assert (row["low"], row["high"], row["unit"]) == (0.5714, 0.6143, "kgce/m3")
    assert (row["valid_from"], row["valid_to"], row["verified"]) == ("2008-01-01", None, True)
    listed = {table["name"]: table for table in unchanged.get("/api/v1/tables").json()["data"]}
    assert list(row) == listed["standard_coal"]["columns"]


def test_the_rows_are_narrowed_to_the_unverified_ones(unchanged: TestClient) -> None:
    unverified = rows(unchanged, "parameters", verified="false")
    assert [row["code"] for row in unverified] == [
        "coverage_apart",
        "data_centre_hyperscale_racks",
        "data_centre_large_racks",
        "heat_value_step",
        "on_time_intervals",
        "on_time_margin",
        "quality_weight_accuracy",
        "quality_weight_completeness",
        "quality_weight_consistency",
        "quality_weight_timeliness",
        "quality_weight_validity",
        "total_warning_margin",
    ]


def test_a_table_is_paged_without_gap_or_repetition(unchanged: TestClient) -> None:
    codes: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = unchanged.get("/api/v1/tables/benchmarks", params={"limit": 50} | cursor).json()
        codes += [row["code"] for row in page["data"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert codes == sorted(row.code for row in load_tables().benchmarks)
    other = unchanged.get("/api/v1/tables/limits", params=cursor)
    assert (other.status_code, other.json()["code"]) == (400, "bad_cursor")


def test_a_table_that_is_not_there_is_unknown(unchanged: TestClient) -> None:
    answer = unchanged.get("/api/v1/tables/prices")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_table")


def test_every_table_can_be_read_whole(unchanged: TestClient) -> None:
    for name, known in load_tables().by_name().items():
        assert len(rows(unchanged, name, limit=1000)) == len(known)


@pytest.mark.store
def test_an_own_table_of_carriers_is_seeded(database_url: str, database: psycopg.Connection, tmp_path: Path) -> None:
    header = "code,name_zh,name_en,unit,is_energy,family,nbs_code,source,verified\n"
    (tmp_path / "carriers.csv").write_text(header + "lignite,褐煤,Lignite,t,yes,coal,05,own,yes\n", "utf-8")
    with engine_of(database_url).begin() as connection:
        seed(connection, tmp_path)
    row = database.execute("SELECT unit, family, nbs_code FROM carrier WHERE code = 'lignite'").fetchone()
    assert row == ("t", "coal", "05")
