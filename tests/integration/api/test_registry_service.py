"""What the API does when something is wrong with the request, the database or itself."""

import logging
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import make_url

from services.api import database as database_module
from tests.integration.served import api


@pytest.fixture(scope="module")
def unchanged(module_database_url: str) -> Iterator[TestClient]:
    """The API on one database for the tests that write nothing."""
    with api(database_url=module_database_url) as client:
        yield client


def test_the_process_lives_and_is_ready(unchanged: TestClient) -> None:
    assert unchanged.get("/health/live").json() == {"status": "ok"}
    assert unchanged.get("/health/ready").json() == {"status": "ok"}


@pytest.mark.store
def test_a_database_without_the_newest_schema_is_not_ready(client: TestClient, database: psycopg.Connection) -> None:
    database.execute("UPDATE alembic_version SET version_num = '0000'")
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert "enermon migrate" in answer.json()["detail"]


@pytest.fixture
def cut_off(database_url: str) -> Iterator[TestClient]:
    """The API with a database that is not there."""
    absent = make_url(database_url).set(database="absent").render_as_string(hide_password=False)
    with api(database_url=absent) as client:
        yield client


@pytest.mark.store
def test_without_its_database_the_api_says_so_and_lives(cut_off: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    # It answers because the database has refused, and not because it has waited for so long.
    monkeypatch.setattr(database_module, "_LONGEST_WAIT_S", float("inf"))
    assert cut_off.get("/health/live").status_code == 200
    for answer in (cut_off.get("/health/ready"), cut_off.get("/api/v1/parks"), cut_off.delete("/api/v1/parks/P-1")):
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
        assert answer.headers["retry-after"] == "5"


@pytest.mark.store
def test_a_stuck_database_is_answered(database_url: str, database: psycopg.Connection) -> None:
    database.execute(f"ALTER DATABASE {database.info.dbname} SET lock_timeout = '50ms'")
    with psycopg.connect(database_url) as other, api(database_url=database_url) as client:
        other.execute("LOCK TABLE park")
        answer = client.get("/api/v1/parks")
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")


@pytest.mark.store
def test_a_failure_inside_is_answered_with_a_number_and_logged_under_it(
    client: TestClient, database: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    database.execute("ALTER TABLE park RENAME TO lost")
    with caplog.at_level(logging.ERROR, logger="enermon.api"):
        answer = client.get("/api/v1/parks")
    body = answer.json()
    assert (answer.status_code, body["code"]) == (500, "internal")
    assert body["request_id"] == answer.headers["x-request-id"]
    assert "park" not in body["detail"]
    (record,) = [record for record in caplog.records if record.name == "enermon.api"]
    assert body["request_id"] in record.getMessage()
    assert record.exc_info is not None


def test_requests_are_logged_without_query_and_counted_by_route(
    unchanged: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="enermon.api.request"):
        answer = unchanged.get("/api/v1/parks/none%0Aforged?secret=1")
    (record,) = [record for record in caplog.records if record.name == "enermon.api.request"]
    line = record.getMessage()
    assert re.fullmatch(r"GET /api/v1/parks/none%0Aforged 422 [0-9.]+ ms [0-9a-f]{32}", line)
    assert answer.headers["x-request-id"] in line
    told = {name: getattr(record, name) for name in ("method", "route", "status")}
    assert told == {"method": "GET", "route": "/api/v1/parks/{code}", "status": 422}
    metrics = unchanged.get("/metrics").text
    assert 'enermon_api_requests_total{method="GET",route="/api/v1/parks/{code}",status="422"}' in metrics


def test_addresses_that_do_not_exist_share_one_metric(unchanged: TestClient) -> None:
    unchanged.get("/one")
    unchanged.request("BREW", "/two")
    metrics = unchanged.get("/metrics").text
    assert 'route="unmatched",status="404"' in metrics
    assert "/one" not in metrics
    assert "BREW" not in metrics


@pytest.mark.parametrize(
    ("method", "address", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/api/v1/parks/", 404, "not_found"),
        ("PUT", "/api/v1/parks", 405, "method_not_allowed"),
        ("GET", "/api/v1/parks/a%00b", 422, "invalid_parameter"),
        ("GET", "/api/v1/parks?limit=0", 422, "invalid_parameter"),
        ("GET", "/api/v1/parks?limit=1001", 422, "invalid_parameter"),
        ("GET", "/api/v1/parks?q=%00", 422, "invalid_parameter"),
        ("GET", "/api/v1/parks?cursor=x", 400, "bad_cursor"),
    ],
)
def test_errors_have_one_shape(unchanged: TestClient, method: str, address: str, status: int, code: str) -> None:
    answer = unchanged.request(method, address)
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["type"] == f"urn:enermon:problem:{code}"
    assert body["title"]
    assert body["detail"]
    assert body["instance"].startswith("/")


def test_a_refused_method_is_answered_with_those_allowed(unchanged: TestClient) -> None:
    assert unchanged.put("/api/v1/parks/P-1").headers["allow"] == "DELETE, GET, HEAD, PATCH"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{",
        b"\xff",
        b"[" * 60_000,
        b'{"code": ' + b"9" * 10_000 + b"}",
        b'{"code": NaN}',
        b'{"\\ud800": 1}',
        b'{"code": "\\ud800"}',
        b'{"code": "P-1", "name_zh": "a\\u0000", "kind": "ordinary", "area_code": "150622"}',
        b'{"code": "P-1", "name_zh": "\\ud800", "kind": "ordinary", "area_code": "150622"}',
        b'{"code": "P-1\\n", "name_zh": "a", "kind": "ordinary", "area_code": "150622"}',
        b'{"code": "P-1", "name_zh": "a", "kind": "ordinary", "area_code": 150622}',
    ],
)
def test_a_body_that_is_no_park_is_refused(unchanged: TestClient, body: bytes) -> None:
    answer = unchanged.post("/api/v1/parks", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
    assert answer.json()["errors"]


@pytest.mark.parametrize("value", [True, "6000", 0, -1, 1e-10, 1e10, 10**400, None, [], {}])
def test_a_multiplier_is_a_number_in_its_bounds(unchanged: TestClient, value: Any) -> None:
    answer = unchanged.post("/api/v1/meters", json={"multiplier": value})
    assert "multiplier" in [error["field"] for error in answer.json()["errors"]]
