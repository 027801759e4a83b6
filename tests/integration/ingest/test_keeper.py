"""Ingest sees to what it keeps of rejected readings: every ten minutes, and at once when much was rejected."""

from datetime import datetime

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from services.core.settings import Settings
from services.ingest.mqtt.keeper import AGAIN_S, KEEP_EVERY_S, Keeper
from tests.integration.line import Line, quarters
from tests.integration.registered import Registered

START = datetime(2026, 3, 1, 8, 0, tzinfo=SHANGHAI)


@pytest.fixture
def gateway(client: TestClient, registered: Registered, database_url: str) -> str:
    """A gateway that has sent 30 readings of an unknown meter."""
    code = registered.gateway(registered.enterprise())
    Line(client, database_url).send(code, quarters("nobody", START, map(float, range(30))))
    return code


@pytest.fixture
def keeper() -> Keeper:
    return Keeper(Settings(rejected_most_readings=20))


def dropped(database: psycopg.Connection) -> list[tuple[str, str, str, int]]:
    return database.execute("SELECT gateway_code, kind, reason, dropped FROM dropped_count ORDER BY kind").fetchall()


def test_cap_holds_every_ten_minutes(
    gateway: str, keeper: Keeper, client: TestClient, database: psycopg.Connection, database_url: str
) -> None:
    keeper.work(lambda: database, now_s=1000.0)
    assert dropped(database) == [(gateway, "rejected_reading", "cap", 10)]
    Line(client, database_url).send(gateway, quarters("nobody", START, map(float, range(5))))
    keeper.work(lambda: database, now_s=1001.0)
    assert dropped(database) == [(gateway, "rejected_reading", "cap", 10)]
    keeper.work(lambda: database, now_s=1000.0 + KEEP_EVERY_S)
    assert dropped(database) == [(gateway, "rejected_reading", "cap", 15)]


def test_cap_holds_at_once_when_much_was_rejected(
    gateway: str, keeper: Keeper, client: TestClient, database: psycopg.Connection, database_url: str
) -> None:
    keeper.work(lambda: database, now_s=1000.0)
    Line(client, database_url).send(gateway, quarters("nobody", START, map(float, range(11))))
    keeper.note_rejected(rows=11, size=0)
    keeper.work(lambda: database, now_s=1001.0)
    assert dropped(database) == [(gateway, "rejected_reading", "cap", 21)]


def test_what_was_turned_away_is_counted_once(keeper: Keeper, database: psycopg.Connection) -> None:
    for _ in range(3):
        keeper.note_turned_away("G-1")
    keeper.work(lambda: database, now_s=1000.0)
    keeper.work(lambda: database, now_s=1100.0)
    assert dropped(database) == [("G-1", "message", "flood", 3)]


def test_what_is_too_old_goes_on_at_once_though_no_gateway_alone_has_much_of_it(
    registered: Registered, database: psycopg.Connection
) -> None:
    owner = registered.enterprise()
    gateways = [registered.gateway(owner) for _ in range(2)]
    for gateway in gateways:
        database.execute(
            "INSERT INTO rejected_reading (gateway_code, meter_code, ts_text, value_text, code, detail, received_at) "
            "SELECT %s, 'nobody', '', '', 'unknown_meter', '', now() - interval '10 years' "
            "FROM generate_series(1, 25001)",
            [gateway],
        )
    keeper = Keeper(Settings())
    for now_s, left in ((1000.0, 2), (1000.0 + AGAIN_S, 0)):
        keeper.work(lambda: database, now_s=now_s)
        assert database.execute("SELECT count(*) FROM rejected_reading").fetchone() == (left,)
    assert dropped(database) == [(gateway, "rejected_reading", "age", 25001) for gateway in sorted(gateways)]
