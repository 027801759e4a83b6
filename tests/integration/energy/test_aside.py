"""What takes long is booked aside, in pieces between the batches, and ends where one great batch would have ended."""

import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import from_us, slot_floor_us, to_us
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.core.db.sharing import ALL_PARTS, part_of
from services.energy.booking.booking import rebook
from services.energy.rollup import windows
from services.energy.rollup.ranges import Bounds
from services.energy.rollup.service import RollUp
from tests.integration.energy.test_rollup_bounds import assert_booked_as_the_batch_would, odd_series, waiting_late
from tests.integration.line import QUARTER, Line, assert_every_sum_agrees, booked
from tests.integration.registered import ALWAYS, Registered

pytestmark = pytest.mark.store

ASIDE = Bounds(dirty=400, meter_readings=90, judged=40, written=300)
"""So that hardly any counter is judged in a batch."""


def rolling(connection: psycopg.Connection, bounds: Bounds = ASIDE) -> RollUp:
    return RollUp(connection, bounds)


def connected(database_url: str) -> psycopg.Connection:
    return connect(database_url, role=DatabaseRole.ROLLUP, application_name="test-rollup")


@pytest.mark.parametrize("seed", [1, 2])
def test_what_comes_while_a_meter_is_judged_aside_is_booked_too(
    line: Line,
    client: TestClient,
    registered: Registered,
    database: psycopg.Connection,
    database_url: str,
    seed: int,
) -> None:
    draw = random.Random(seed)
    owner = registered.enterprise()
    gateway = registered.gateway(owner)
    meters = [registered.meter(owner, gateway_code=gateway) for _ in range(2)]
    readings = [reading for number, meter in enumerate(meters) for reading in odd_series(meter, 10 * seed + number)]
    draw.shuffle(readings)
    pieces = [readings[at : at + 40] for at in range(0, len(readings), 40)]
    with connected(database_url) as connection:
        rollup = rolling(connection)
        for piece in pieces:
            line.send(gateway, [*piece, *piece[:3]])
            for _ in range(draw.randrange(6)):
                rollup.once()
            if draw.random() < 0.2:
                # As if it had been killed: what was under way is begun again by another.
                rollup = rolling(connection)
        change = {"multiplier": 40} | ALWAYS
        assert client.patch(f"/api/v1/meters/{meters[0]}", json=change).status_code == 200
        for _ in range(draw.randrange(9)):
            rollup.once()
        while rollup.once():
            pass
    assert_booked_as_the_batch_would(database, meters[0], multiplier=40)
    assert_booked_as_the_batch_would(database, meters[1], multiplier=1)
    assert_every_sum_agrees(database)
    assert waiting_late(database) == 0


class Gate:
    """Judging that does not end until it is opened."""

    def __init__(self) -> None:
        self.open, self.reached = threading.Event(), threading.Event()

    def rebook(self, *given: Any, **named: Any) -> Any:
        if threading.current_thread() is not threading.main_thread():
            self.reached.set()
            assert self.open.wait(60.0)
        return rebook(*given, **named)


def test_live_readings_of_others_are_booked_while_a_meter_is_judged(
    line: Line,
    registered: Registered,
    database: psycopg.Connection,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner = registered.enterprise()
    flooding, quiet = (registered.gateway(owner) for _ in range(2))
    odd = registered.meter(owner, gateway_code=flooding)
    good = registered.meter(owner, gateway_code=quiet, kind="interval")
    gate = Gate()
    monkeypatch.setattr(windows, "rebook", gate.rebook)
    line.send(flooding, odd_series(odd, 3))
    now = from_us(slot_floor_us(to_us(datetime.now(UTC))))
    with connected(database_url) as connection:
        rollup = rolling(connection)
        while not gate.reached.wait(0.01):
            assert rollup.once()
        waiting = waiting_late(database)
        for ago in (3, 2, 1):
            line.send(quiet, [(good, now - ago * QUARTER, 1.0)])
            line.send(flooding, [(odd, now - ago * QUARTER, 9_000.0)])
            while len(booked(database, good)) < 4 - ago:
                assert rollup.once()
        assert booked(database, odd) == {}
        # It stays in the queue until it is done, with what has come since.
        assert waiting_late(database) == waiting + 3
        gate.open.set()
        while rollup.once():
            pass
    assert_booked_as_the_batch_would(database, odd, multiplier=1)
    assert waiting_late(database) == 0


def test_part_that_another_worker_has_got_is_given_up(
    line: Line, registered: Registered, database: psycopg.Connection, database_url: str
) -> None:
    owner = registered.enterprise()
    gateway = registered.gateway(owner)
    odd = registered.meter(owner, gateway_code=gateway)
    line.send(gateway, odd_series(odd, 4))
    (meter_id,) = database.execute("SELECT meter_id FROM meter WHERE code = %s", [odd]).fetchall()[0]
    part, of_database = part_of(meter_id), database.execute("SELECT meter_part(%s)", [meter_id]).fetchone()
    assert (part,) == of_database
    others = [each for each in ALL_PARTS if each != part]
    with connected(database_url) as connection, connected(database_url) as other:
        left, right = rolling(connection), rolling(other)
        while not booked(database, odd):
            assert left.once()
        assert waiting_late(database) > 0
        line.send(gateway, [(odd, datetime(2024, 3, 1, tzinfo=UTC) + timedelta(hours=hour), 4.0) for hour in range(50)])
        while left.once(others):
            pass
        while right.once():
            pass
        while left.once():
            pass
    assert_booked_as_the_batch_would(database, odd, multiplier=1)
    assert_every_sum_agrees(database)


def test_parts_are_those_of_the_database(database: psycopg.Connection) -> None:
    numbers = [*range(-40, 40), 255, 4096, 123_456_789]
    told = database.execute("SELECT meter_part(abs(n)) FROM unnest(%s::integer[]) AS n", [numbers]).fetchall()
    assert [part for (part,) in told] == [part_of(number) for number in numbers]
