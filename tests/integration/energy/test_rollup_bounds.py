"""The roll-up does bounded pieces, live slots first, and ends where one great batch would have ended."""

import random
from datetime import UTC, datetime, timedelta
from itertools import count

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import DAY_US, SHANGHAI, SLOT_US, from_us, slot_floor_us, to_us
from services.core.clock import utc_now
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.core.db.sharing import ALL_PARTS
from services.core.meter import Kind, meter_rule
from services.energy.rollup.adapt import adapt
from services.energy.rollup.pace import BatchPace
from services.energy.rollup.queue import Queue
from services.energy.rollup.ranges import Bounds
from services.energy.rollup.service import RollUp
from services.ingest.message import Checked
from services.ingest.store import store
from tests.integration.line import QUARTER, Line, assert_every_sum_agrees, booked, to_be_booked
from tests.integration.registered import ALWAYS, Registered

pytestmark = pytest.mark.store

START = datetime(2024, 3, 1, 8, 0, tzinfo=SHANGHAI)
TINY = Bounds(dirty=40, slots=900, readings=60, meter_slots=400, meter_readings=20)
AN_HOUR_ON = START + 4 * QUARTER
Series = list[tuple[str, datetime, float]]


def roll_up_in_pieces(database_url: str, bounds: Bounds) -> int:
    """Roll up all there is; how many batches it took."""
    batches = 0
    with connect(database_url, role=DatabaseRole.ROLLUP, application_name="test-rollup") as connection:
        rollup = RollUp(connection, bounds)
        while rollup.once():
            batches += 1
    with psycopg.connect(database_url) as connection:
        assert_every_sum_agrees(connection)
    return batches


def odd_series(meter: str, seed: int) -> Series:
    """Weeks of a counter with gaps of days, zeros, dips, a reset, and readings at odd times."""
    draw = random.Random(seed)
    at, shown, series = START, 5000.0, []
    for _ in range(150):
        at += draw.choice([QUARTER] * 12 + [timedelta(minutes=7), timedelta(hours=5), timedelta(days=4)])
        shown += draw.uniform(0, 30)
        kind = draw.random()
        shown = draw.uniform(0, 50) if kind < 0.01 else shown
        series.append((meter, at, 0.0 if 0.01 < kind < 0.04 else shown - 20 if 0.04 < kind < 0.08 else shown))
    return series


def assert_booked_as_the_batch_would(database: psycopg.Connection, meter: str, *, multiplier: float) -> None:
    rule = meter_rule(
        kind=Kind.COUNTER, unit_of_measure="kWh", carrier_unit="kWh", multiplier=multiplier, interval_s=900
    )
    truth = to_be_booked(database, meter, rule)
    slots = {slot: energy.quantity_pico for slot, energy in booked(database, meter).items()}
    assert slots == {slot: energy.quantity_pico for slot, energy in truth.slots.items()}
    marks = database.execute(
        "SELECT ts, quality FROM reading_mark JOIN meter USING (meter_id) WHERE code = %s", [meter]
    ).fetchall()
    assert {to_us(ts): quality for ts, quality in marks} == truth.marks


def test_late_bursts_and_changed_meters_in_small_pieces_end_like_one_batch(
    line: Line, client: TestClient, registered: Registered, database: psycopg.Connection, database_url: str
) -> None:
    owner = registered.enterprise()
    gateway = registered.gateway(owner)
    meters = [registered.meter(owner, gateway_code=gateway) for _ in range(3)]
    readings = [reading for seed, meter in enumerate(meters) for reading in odd_series(meter, seed)]
    random.Random(5).shuffle(readings)
    for start in range(0, len(readings), 300):
        line.send(gateway, readings[start : start + 300])
    assert roll_up_in_pieces(database_url, TINY) > 20
    for meter in meters:
        assert_booked_as_the_batch_would(database, meter, multiplier=1)
    for meter in meters:
        change = {"multiplier": 40} | ALWAYS
        assert client.patch(f"/api/v1/meters/{meter}", json=change).status_code == 200
    assert roll_up_in_pieces(database_url, TINY) > 20
    for meter in meters:
        assert_booked_as_the_batch_would(database, meter, multiplier=40)
    assert database.execute("SELECT count(*) FROM late_slot").fetchone() == (0,)


def test_live_reading_is_booked_before_the_backlog_that_came_before_it(
    line: Line, registered: Registered, database: psycopg.Connection, database_url: str
) -> None:
    owner = registered.enterprise()
    gateway = registered.gateway(owner)
    old, live = (registered.meter(owner, gateway_code=gateway) for _ in range(2))
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    line.send(gateway, [(old, START + i * QUARTER, float(i)) for i in range(1000)])
    line.send(gateway, [(live, now - QUARTER, 1.0), (live, now, 3.0)])
    with connect(database_url, role=DatabaseRole.ROLLUP, application_name="test-rollup") as connection:
        rollup = RollUp(connection, Bounds(dirty=200))
        rollup.once()
        booked = database.execute(
            "SELECT code, sum(quantity_pico)::text FROM energy_slot JOIN meter USING (meter_id) GROUP BY code"
        ).fetchall()
        assert (live, str(2 * 10**12)) in booked
        waiting = database.execute("SELECT count(*) FROM late_slot").fetchone()
        assert waiting is not None
        assert waiting[0] >= 800
    roll_up_in_pieces(database_url, Bounds(dirty=200))
    assert_booked_as_the_batch_would(database, old, multiplier=1)
    assert_booked_as_the_batch_would(database, live, multiplier=1)


def test_years_without_a_reading_cost_no_batches(
    line: Line, client: TestClient, registered: Registered, database: psycopg.Connection, database_url: str
) -> None:
    owner = registered.enterprise()
    gateway = registered.gateway(owner)
    meter = registered.meter(owner, gateway_code=gateway)
    line.send(gateway, [(meter, START + i * QUARTER, float(i)) for i in range(200)])
    (meter_id,) = database.execute("SELECT meter_id FROM meter WHERE code = %s", [meter]).fetchall()[0]
    clock_of_2000 = to_us(datetime(2000, 1, 1, 8, 20, tzinfo=SHANGHAI))
    with connect(database_url, role=DatabaseRole.INGEST, application_name="test-ingest") as connection:
        store(connection, [Checked(gateway, 1, [meter], [meter_id], [clock_of_2000], [7.0], ())], writer="test")
    assert roll_up_in_pieces(database_url, Bounds()) == 1
    assert_booked_as_the_batch_would(database, meter, multiplier=1)
    assert client.patch(f"/api/v1/meters/{meter}", json={"multiplier": 40} | ALWAYS).status_code == 200
    # The change is judged aside, in a few pieces.
    assert roll_up_in_pieces(database_url, Bounds()) <= 40
    assert_booked_as_the_batch_would(database, meter, multiplier=40)


@pytest.mark.parametrize(("effort_s", "least", "most"), [(0.001, 3, 3), (10.0, 12, 400)])
def test_late_batch_ends_by_the_work_it_takes_and_not_by_the_clock(
    line: Line, registered: Registered, database_url: str, effort_s: float, least: int, most: int
) -> None:
    owner = registered.enterprise()
    gateway = registered.gateway(owner)
    for meter in [registered.meter(owner, gateway_code=gateway) for _ in range(12)]:
        line.send(gateway, [(meter, START + i * QUARTER, 100.0 + i % 7) for i in range(500)])
    ticks = count()
    with connect(database_url, role=DatabaseRole.ROLLUP, application_name="test-rollup") as connection:
        rollup = RollUp(connection, effort=lambda: next(ticks) * effort_s)
        batches = 0
        while rollup.once():
            batches += 1
    # Each of the twelve meters has a batch to itself, and what was not taken with the others is done aside.
    assert least <= batches <= most


def waiting_late(database: psycopg.Connection) -> int:
    row = database.execute("SELECT count(DISTINCT (meter_id, slot)) FROM late_slot").fetchone()
    assert row is not None
    return int(row[0])


def test_live_and_late_take_turns_so_that_neither_waits_for_more_than_one_batch(
    line: Line, registered: Registered, database: psycopg.Connection, database_url: str
) -> None:
    owner = registered.enterprise()
    flooding, quiet = (registered.gateway(owner) for _ in range(2))
    old = registered.meter(owner, gateway_code=flooding, kind="interval")
    live = [registered.meter(owner, gateway_code=quiet, kind="interval") for _ in range(3)]
    line.send(flooding, [(old, START + i * QUARTER, 1.0) for i in range(10_000)])
    now = from_us(slot_floor_us(to_us(datetime.now(UTC))))
    with connect(database_url, role=DatabaseRole.ROLLUP, application_name="test-rollup") as connection:
        rollup = RollUp(connection, Bounds(dirty=1_000))
        for number, meter in enumerate(live):
            line.send(quiet, [(meter, now - QUARTER, 1.0)])
            before = waiting_late(database)
            rollup.once()
            assert (len(booked(database, meter)), waiting_late(database)) == (1, before)
            rollup.once()
            assert waiting_late(database) < before, number


def test_meter_whose_readings_took_long_waits_with_what_is_late(
    line: Line, registered: Registered, database: psycopg.Connection, database_url: str
) -> None:
    owner = registered.enterprise()
    flooding, quiet = (registered.gateway(owner) for _ in range(2))
    costly = [registered.meter(owner, gateway_code=flooding) for _ in range(2)]
    good = registered.meter(owner, gateway_code=quiet, kind="interval")
    now = from_us(slot_floor_us(to_us(datetime.now(UTC))))
    ticks = count()
    with connect(database_url, role=DatabaseRole.ROLLUP, application_name="test-rollup") as connection:
        rollup = RollUp(connection, effort=lambda: next(ticks) * 10.0)
        line.send(flooding, [(meter, at, value) for meter in costly for at, value in ((START, 1.0), (AN_HOUR_ON, 0.5))])
        rollup.once()
        first = waiting_late(database)
        line.send(flooding, [(meter, now - QUARTER, 2.0) for meter in costly])
        line.send(quiet, [(good, now - QUARTER, 1.0)])
        rollup.once()
        assert len(booked(database, good)) == 1
        assert waiting_late(database) > first
        while rollup.once():
            pass
        assert waiting_late(database) == 0
    for meter in costly:
        assert_booked_as_the_batch_would(database, meter, multiplier=1)


def take_late(queue: Queue) -> list[tuple[int, int]]:
    return sorted(queue.take_late(ALL_PARTS, queue.waiting(ALL_PARTS), now_us=to_us(utc_now())).dirty)


def test_what_is_late_of_years_is_gone_through_in_order_from_where_the_last_ended(
    database: psycopg.Connection, database_url: str
) -> None:
    one, other = 1, 16
    slots = [(meter_id, START + i * QUARTER) for meter_id in (one, other) for i in range(6)]
    for meter_id, slot in random.Random(1).sample(slots, len(slots)):
        database.execute("INSERT INTO late_slot (meter_id, slot) VALUES (%s, %s)", [meter_id, slot])
    database.commit()
    with connect(database_url, role=DatabaseRole.ROLLUP, application_name="test-rollup") as connection:
        adapt(connection)
        queue = Queue(connection, Bounds(), BatchPace(4))
        taken = [take_late(queue) for _ in range(4)]
    assert [[(meter_id, (slot - to_us(START)) // SLOT_US) for meter_id, slot in found] for found in taken] == [
        [(one, 0), (one, 1), (one, 2), (one, 3)],
        [(other, 0), (other, 1), (other, 2), (other, 3)],
        [(one, 4), (one, 5), (other, 4), (other, 5)],
        [],
    ]


@pytest.mark.parametrize(
    ("days_ago", "order"),
    [
        ([190, 187, 150, 149, 148, 100], [[150, 100], [190, 187], [149, 148]]),
        ([150, 149, 10, 9, 8, 7, 6, 5], [[10, 9], [8, 7], [150, 149], [6, 5]]),
    ],
)
def test_what_is_late_is_taken_by_ten_days_and_the_newest_in_turn_while_any_are_recent(
    database: psycopg.Connection, database_url: str, days_ago: list[int], order: list[list[int]]
) -> None:
    # Ten days begin with one that can be divided by ten, of those since 1970.
    today = from_us(to_us(utc_now()) // (10 * DAY_US) * 10 * DAY_US)
    for days in days_ago:
        database.execute("INSERT INTO late_slot (meter_id, slot) VALUES (1, %s)", [today - timedelta(days=days)])
    database.commit()
    with connect(database_url, role=DatabaseRole.ROLLUP, application_name="test-rollup") as connection:
        adapt(connection)
        queue = Queue(connection, Bounds(), BatchPace(2))
        taken = [take_late(queue) for _ in order]
    assert [[(today - from_us(slot)).days for _, slot in found] for found in taken] == order
