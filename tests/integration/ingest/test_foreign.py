"""Foreign messages: what of them is stored, what is held beside the readings, and how that is taken in."""

from collections.abc import Iterator

import psycopg
import pytest

from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.ingest.foreign import Foreign
from services.ingest.intake import ForeignMessage, store_foreign
from services.ingest.message import Answer, UnreadableMessage
from services.ingest.registry import RegistryReader
from tests.integration.registered import Registered

pytestmark = pytest.mark.store

AT = 1_780_300_800_000_000
NOW = AT + 3_600_000_000


@pytest.fixture
def intake(database_url: str) -> Iterator[psycopg.Connection]:
    with connect(database_url, role=DatabaseRole.INGEST, application_name="test") as connection:
        yield connection


def send(
    connection: psycopg.Connection, gateway: str, *values: tuple[str, int, float, str]
) -> Answer | UnreadableMessage:
    """Store a message of (point, hour, value, flag)."""
    foreign = Foreign(
        gateway,
        None,
        [point for point, *_ in values],
        [AT + hour * 3_600_000_000 for _, hour, *_ in values],
        [value for _, _, value, _ in values],
        [flag for *_, flag in values],
    )
    known = RegistryReader().read(connection)
    (told,) = store_foreign(
        connection, known, [ForeignMessage(gateway, "test", b"{}", foreign)], now_us=NOW, writer="test"
    )
    return told


def test_unknown_points_are_kept_once_and_listed_with_what_was_seen(
    registered: Registered, intake: psycopg.Connection, database: psycopg.Connection
) -> None:
    gateway = registered.gateway(registered.enterprise())
    for _ in range(2):
        told = send(intake, gateway, ("a", 0, 1.0, ""), ("a", 1, 2.5, "received"), ("b", 0, 7.0, "fault"))
        assert isinstance(told, Answer)
        assert (told.stored, told.duplicate, told.rejected) == (0, 0, [])
    held = database.execute("SELECT point, value, flag, why FROM held_reading ORDER BY held_id").fetchall()
    assert held == [
        ("a", 1.0, "", "unknown_point"),
        ("a", 2.5, "received", "unknown_point"),
        ("b", 7.0, "fault", "unknown_point"),
    ]
    seen = database.execute("SELECT gateway_code, name, readings, last_value FROM unknown_point ORDER BY name")
    assert seen.fetchall() == [(gateway, "a", 4, 2.5), (gateway, "b", 2, 7.0)]
    counts = database.execute("SELECT reason, readings FROM foreign_count ORDER BY reason").fetchall()
    assert counts == [("fault", 2), ("good", 2), ("received", 2), ("unknown_point", 6)]


def test_message_of_an_unknown_gateway_is_kept_whole(intake: psycopg.Connection, database: psycopg.Connection) -> None:
    told = send(intake, "nobody", ("a", 0, 1.0, ""))
    assert isinstance(told, UnreadableMessage)
    assert told.code == "unknown_gateway"
    assert database.execute("SELECT code, topic, payload FROM rejected_message").fetchall() == [
        ("unknown_gateway", "test", b"{}")
    ]


def test_point_of_a_meter_is_its_reading_whichever_format_brings_it(
    registered: Registered, intake: psycopg.Connection, database: psycopg.Connection
) -> None:
    enterprise = registered.enterprise()
    gateway = registered.gateway(enterprise)
    meter = registered.meter(gateway_code=gateway, unit_code=registered.unit(enterprise))
    database.execute(
        "INSERT INTO point (gateway_code, name, meter_id, unit_of_measure)"
        " SELECT %s, name, meter_id, unit FROM meter CROSS JOIN (VALUES ('a', 'Wh'), ('b', 'kWh')) AS of (name, unit)"
        " WHERE code = %s",
        [gateway, meter],
    )
    first, again = send(intake, gateway, ("a", 0, 4500.3, "")), send(intake, gateway, ("b", 0, 4.5003, ""))
    assert isinstance(first, Answer)
    assert isinstance(again, Answer)
    assert (first.stored, again.stored, again.duplicate) == (1, 0, 1)
    assert database.execute("SELECT value FROM reading").fetchall() == [(4.5003,)]
