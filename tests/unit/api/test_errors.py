"""Errors on the wire, without a database."""

from collections.abc import Iterator

import psycopg
import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from psycopg_pool import PoolTimeout

from services.api.errors import answer_errors_of
from services.api.guard.bodies import BodyRule, BodyRules


@pytest.fixture
def client() -> TestClient:
    """A small app with the errors and limits of the real one."""
    app = FastAPI()
    answer_errors_of(app)
    files = BodyRule(prefix="/files", most_bytes=5000, kinds=(), read_late=True)
    otherwise = BodyRule(prefix="", most_bytes=1000, kinds=())
    app.add_middleware(BodyRules, rules=[files], otherwise=otherwise)

    @app.get("/cancelled")
    def cancelled() -> None:
        raise psycopg.errors.QueryCanceled("canceling SELECT secret")

    @app.get("/gone")
    def gone() -> None:
        raise psycopg.OperationalError("host db.internal, SELECT secret")

    @app.get("/no-connection-left")
    def no_connection_left() -> None:
        raise PoolTimeout

    @app.post("/echo")
    @app.post("/files")
    async def length(request: Request) -> int:
        return len(await request.body())

    return TestClient(app)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/cancelled", "database_timeout"),
        ("/gone", "database_unavailable"),
        ("/no-connection-left", "database_unavailable"),
    ],
)
def test_a_database_that_fails_is_answered_without_its_secrets(client: TestClient, address: str, code: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert "secret" not in answer.text
    assert "db.internal" not in answer.text


def pieces(total_bytes: int) -> Iterator[bytes]:
    for start in range(0, total_bytes, 100):
        yield b"x" * min(100, total_bytes - start)


@pytest.mark.parametrize(("address", "limit_bytes"), [("/echo", 1000), ("/files", 5000)])
def test_a_body_may_be_as_long_as_its_limit(client: TestClient, address: str, limit_bytes: int) -> None:
    for body in (b"x" * limit_bytes, pieces(limit_bytes)):
        assert client.post(address, content=body).json() == limit_bytes
    for body in (b"x" * (limit_bytes + 1), pieces(limit_bytes + 1)):
        answer = client.post(address, content=body)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert str(limit_bytes) in answer.json()["detail"]


@pytest.mark.parametrize("length", ["9" * 30, "1001"])
def test_a_body_announced_as_too_long_is_not_read(client: TestClient, length: str) -> None:
    answer = client.post("/echo", content=b"x", headers={"Content-Length": length})
    assert answer.status_code == 413
