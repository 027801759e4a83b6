"""Accounts and keys are slowed down each for itself; who says nothing of itself, by its peer."""

from collections.abc import Iterator

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.access.accounts import add_key
from services.api.access.role import Role
from services.api.guard.pace import RequestPace
from tests.integration.served import api
from tests.signed_in import add_with_key, bearer

pytestmark = pytest.mark.store

CARRIERS = "/api/v1/carriers"
FIRST, SECOND, THIRD, OTHER = (bearer(f"enk_of-the-tests-number-{n}-of-four") for n in range(4))


@pytest.fixture
def slow(database: psycopg.Connection, database_url: str) -> Iterator[TestClient]:
    """An API with 20 requests of an account at once, 10 of a key, 2 of a stranger, and a clock that stands still."""
    account = add_with_key(database, "ordos", Role.AUDITOR, key=key_of(FIRST))
    for header in (SECOND, THIRD):
        add_key(database, account, "more", key_of(header), created_by="tests")
    add_with_key(database, "baotou", Role.AUDITOR, key=key_of(OTHER))
    with api(database_url=database_url) as client:
        client.app.state.pace = RequestPace(per_s=2, clock=lambda: 0.0)  # type: ignore[attr-defined]
        del client.headers["Authorization"]
        yield client


def key_of(header: dict[str, str]) -> str:
    return header["Authorization"].removeprefix("Bearer ")


def statuses(client: TestClient, times: int, by: dict[str, str]) -> list[int]:
    return [client.get(CARRIERS, headers=by).status_code for _ in range(times)]


def test_keys_and_accounts_have_each_their_bucket(slow: TestClient) -> None:
    assert statuses(slow, 12, FIRST) == [200] * 10 + [429] * 2
    assert statuses(slow, 9, SECOND) == [200] * 9
    assert statuses(slow, 2, THIRD) == [200, 429]
    assert statuses(slow, 1, OTHER) == [200]


def test_who_says_nothing_of_itself_is_slowed_by_its_peer_and_slows_nobody_else(slow: TestClient) -> None:
    assert statuses(slow, 3, {}) == [401, 401, 429]
    assert slow.get("/").status_code == 429
    assert slow.get("/health/live").status_code == 200
    assert statuses(slow, 1, FIRST) == [200]


def test_answers_say_what_is_left_and_when_to_come_again(slow: TestClient) -> None:
    first = slow.get(CARRIERS, headers=FIRST)
    assert first.headers["ratelimit-policy"] == '"account";q=20;w=10'
    assert first.headers["ratelimit"] == '"account";r=19;t=0'
    assert slow.head(CARRIERS, headers=FIRST).headers["ratelimit"] == '"account";r=18;t=0'
    statuses(slow, 8, FIRST)
    refused = slow.get(CARRIERS, headers=FIRST)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_fast")
    assert refused.headers["ratelimit"] == '"key";r=0;t=1'
    assert refused.headers["retry-after"] == "1"
