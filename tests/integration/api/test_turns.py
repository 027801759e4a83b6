"""Heavy questions at once share what one of the heaviest may take: they wait for one another, light ones for nobody."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.energy import cost as cost_of_sums
from services.api.guard import cost, turns
from services.api.turnstile import Turnstile
from services.core.calendar import SHANGHAI
from services.core.db.connections import connect
from tests.integration.clock import ask_at
from tests.integration.registered import Registered
from tests.integration.running import wait_until

HEAVY = {"start": "2026-06-01", "end": "2026-07-01", "by": "meter", "bucket": "day"}
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
LIGHT = ("areas", "enterprises", "meters", "statistics")


@pytest.fixture(autouse=True)
def heavy(client: TestClient, registered: Registered, monkeypatch: pytest.MonkeyPatch) -> Turnstile:
    """What heavy questions share, of whom two may be answered at once; the 30 sums of a meter are much."""
    registered.meter()
    ask_at(client, datetime(2026, 7, 1, 10, 0, tzinfo=SHANGHAI))
    for module in (cost, cost_of_sums):
        monkeypatch.setattr(module, "MOST_LIGHT", 29)
    monkeypatch.setattr(cost, "_LEAST_HEAVY", cost.MOST_SUMS // 2)
    shared: Turnstile = client.app.state.heavy_places  # type: ignore[attr-defined]
    return shared


@contextmanager
def held_up(database_url: str) -> Iterator[None]:
    """Whoever sums days of meters waits until the end of the block."""
    with connect(database_url, role=None, application_name="test") as connection:
        connection.execute("LOCK TABLE energy_day IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


def reading(connection: psycopg.Connection) -> int:
    """How many sessions wait for the lock."""
    found = connection.execute(_WAITING).fetchone()
    return int(found[0]) if found else 0


def asked(client: TestClient, threads: ThreadPoolExecutor, **given: Any) -> Future[httpx.Response]:
    return threads.submit(client.get, "/api/v1/energy", params=HEAVY | given)


def test_heavy_questions_wait_for_one_another_and_light_ones_for_nobody(
    client: TestClient, database_url: str, database: psycopg.Connection, heavy: Turnstile
) -> None:
    with ThreadPoolExecutor(20) as threads:
        with held_up(database_url):
            answers = [asked(client, threads) for _ in range(12)]
            wait_until("ten wait", lambda: heavy.waiting == 10)
            wait_until("two are summed", lambda: reading(database) == 2)
            # Those that wait have neither a thread of the answering ones nor a connection.
            assert [client.get(f"/api/v1/{path}").status_code for path in LIGHT * 10] == [200] * 40
            assert not any(answer.done() for answer in answers)
        found = [answer.result() for answer in answers]
    assert {answer.status_code for answer in found} == {200}
    assert {len(answer.json()["data"]) for answer in found} == {len(found[0].json()["data"])}
    assert heavy.waiting == 0
    assert heavy.enter(within_s=0, places=cost.MOST_SUMS), "all is given back"
    heavy.leave(places=cost.MOST_SUMS)


def test_who_waits_too_long_is_told_to_ask_again(
    client: TestClient, database_url: str, heavy: Turnstile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_LONGEST_WAIT_S", 0.2)
    assert heavy.enter(within_s=0, places=cost.MOST_SUMS)
    for given in ({}, {"format": "csv"}):
        refused = client.get("/api/v1/energy", params=HEAVY | given)
        assert (refused.status_code, refused.json()["code"]) == (503, "busy"), given
        assert refused.headers["Retry-After"] == "5"
        assert "ask again in a few seconds, or for less" in refused.json()["detail"]
    assert client.get("/api/v1/energy", params=HEAVY | {"bucket": "total"}).status_code == 200
    monkeypatch.setattr(turns, "_MOST_WAITING", 0)
    monkeypatch.setattr(turns, "_LONGEST_WAIT_S", 60.0)
    assert client.get("/api/v1/energy", params=HEAVY).json()["code"] == "busy"
    heavy.leave(places=cost.MOST_SUMS)
    assert client.get("/api/v1/energy", params=HEAVY).status_code == 200


def test_a_long_file_waits_for_its_turn(
    client: TestClient, registered: Registered, heavy: Turnstile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost, "MOST_LIGHT", 1)
    for number in range(3):
        registered.park(code=f"P-{number}")
    assert heavy.enter(within_s=0, places=cost.MOST_SUMS)
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(client.get, "/api/v1/parks", params={"format": "csv"})
        wait_until("it waits", lambda: heavy.waiting == 1)
        heavy.leave(places=cost.MOST_SUMS)
        assert len(answer.result().text.splitlines()) == 4
