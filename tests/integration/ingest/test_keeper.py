"""Ingest sees to what it keeps of rejected readings: every ten minutes, and at once when much was rejected."""

from datetime import datetime

import psycopg
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from services.core.calendar import SHANGHAI
from services.core.settings import Settings
from services.ingest.mqtt.dropping import AGAIN_S, DROP_EVERY_S, retaining, turn_of
from services.ingest.mqtt.keeper import Keeper, kept_by
from services.ingest.retention import listen_for_asking
from tests.integration.line import Line, quarters
from tests.integration.registered import Registered
from tests.integration.running import wait_until

pytestmark = pytest.mark.store

SETTINGS = Settings(rejected_most_readings=20)
START = datetime(2026, 3, 1, 8, 0, tzinfo=SHANGHAI)


@pytest.fixture
def gateway(client: TestClient, registered: Registered, database_url: str) -> str:
    """A gateway that has sent 30 readings of an unknown meter."""
    code = registered.gateway(registered.enterprise())
    Line(client, database_url).send(code, quarters("nobody", START, map(float, range(30))))
    return code


def dropped(database: psycopg.Connection) -> list[tuple[str, str, str, int]]:
    return database.execute("SELECT gateway_code, kind, reason, dropped FROM dropped_count ORDER BY kind").fetchall()


def test_cap_holds_every_ten_minutes(
    gateway: str, client: TestClient, database: psycopg.Connection, database_url: str
) -> None:
    turn = turn_of(database, kept_by(SETTINGS))
    assert turn(()) == DROP_EVERY_S
    assert dropped(database) == [(gateway, "rejected_reading", "cap", 10)]
    Line(client, database_url).send(gateway, quarters("nobody", START, map(float, range(5))))
    assert turn(()) == DROP_EVERY_S
    assert dropped(database) == [(gateway, "rejected_reading", "cap", 15)]


def test_more_than_half_of_what_is_kept_is_much(database: psycopg.Connection, database_url: str) -> None:
    keeper = Keeper(SETTINGS)
    with psycopg.connect(database_url, autocommit=True) as leader:
        listen_for_asking(leader)
        for rows in (10, 1, 10):
            keeper.note_rejected(rows=rows, size=0)
            keeper.work(lambda: database, now_s=1000.0)
            database.execute(f"NOTIFY enermon_rejected, 'after {rows}'")
        told = [notice.payload for notice in leader.notifies(timeout=120, stop_after=4)]
    assert told == ["after 10", "", "after 1", "after 10"]


def test_cap_holds_at_once_when_any_process_has_rejected_much(
    gateway: str, client: TestClient, database: psycopg.Connection, database_url: str
) -> None:
    def holds(count: int) -> bool:
        return dropped(database) == [(gateway, "rejected_reading", "cap", count)]

    with retaining(SETTINGS.model_copy(update={"database_url": SecretStr(database_url)})):
        wait_until("the cap holds", lambda: holds(10))
        Line(client, database_url).send(gateway, quarters("nobody", START, map(float, range(11))))
        elsewhere = Keeper(SETTINGS)
        elsewhere.note_rejected(rows=11, size=0)
        elsewhere.work(lambda: database, now_s=1000.0)
        wait_until("the cap holds again", lambda: holds(21))


def test_what_was_turned_away_is_counted_once_and_invented_names_together(
    database: psycopg.Connection, registered: Registered
) -> None:
    keeper, gateway = Keeper(SETTINGS), registered.gateway(registered.enterprise())
    for number in range(3):
        keeper.note_turned_away(gateway)
        keeper.note_turned_away(f"invented-{number}")
    keeper.work(lambda: database, now_s=1000.0)
    keeper.work(lambda: database, now_s=1100.0)
    assert sorted(dropped(database)) == [("", "message", "flood", 3), (gateway, "message", "flood", 3)]


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
    turn = turn_of(database, kept_by(Settings()))
    for left, next_s in ((2, AGAIN_S), (0, DROP_EVERY_S)):
        assert turn(()) == next_s
        assert database.execute("SELECT count(*) FROM rejected_reading").fetchone() == (left,)
    assert dropped(database) == [(gateway, "rejected_reading", "age", 25001) for gateway in sorted(gateways)]
