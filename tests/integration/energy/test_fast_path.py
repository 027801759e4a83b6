"""What is booked in bulk, meter beside meter, is what each meter's readings say, and follows the registry."""

import random
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from services.core.meter import PICO, Kind, meter_rule
from services.energy.booking.slots import SlotEnergy
from services.energy.rollup.ranges import Bounds
from tests.integration.line import QUARTER, Line, assert_every_sum_agrees, booked, rolling_up, to_be_booked
from tests.integration.registered import ALWAYS, Registered

pytestmark = pytest.mark.store

START = datetime(2026, 3, 1, 8, 0, tzinfo=SHANGHAI)
RULES: dict[str, dict[str, Any]] = {
    "COUNTER": {"kind": "counter", "multiplier": 80.0, "rated_per_hour": 90_000.0},
    "ROLLING": {"kind": "counter", "register_size": 5_100.0},
    "HOURLY": {"kind": "counter", "interval_s": 3600},
    "INTERVAL": {"kind": "interval"},
    "RATE": {"kind": "interval", "unit_of_measure": "kW", "interval_s": 1800},
    "GAUGE": {"kind": "gauge", "unit_of_measure": "kW"},
}


@pytest.fixture
def gateway(registered: Registered) -> str:
    owner = registered.enterprise()
    gateway = registered.gateway(owner)
    unit = registered.unit(owner)
    for code, given in RULES.items():
        registered.meter(owner, code=code, unit_code=unit, gateway_code=gateway, **given)
    return gateway


def odd(draw: random.Random, shown: float) -> float:
    """Mostly what is shown; now and then a fault."""
    kind = draw.random()
    if kind < 0.04:
        return draw.choice([0.0, shown - 2, 90_000.0, shown + 0.123456789])
    return shown


def scans(draw: random.Random) -> list[tuple[str, datetime, float]]:
    """Two days of readings of each meter, at odd times for some, with gaps."""
    found: list[tuple[str, datetime, float]] = []
    for code, given in RULES.items():
        step = timedelta(seconds=int(str(given.get("interval_s", 900))))
        late = timedelta(seconds=draw.choice([0, 0, 7, 400]))
        shown = 5_000.0
        for i in range(int(timedelta(days=2) / step)):
            shown = round(shown + draw.choice([0.0, 0.5, 1.25, 4.0]), 2)
            if code == "ROLLING" and shown >= 5_100:
                shown = round(shown - 5_100, 2)
            if draw.random() < 0.03:
                continue
            value = odd(draw, shown if given["kind"] == "counter" else round(draw.uniform(0, 30), 1))
            found.append((code, START + i * step + late, value))
    return found


def batch(database: psycopg.Connection, code: str) -> dict[int, SlotEnergy]:
    given: dict[str, Any] = {"unit_of_measure": "kWh", "multiplier": 1.0, "interval_s": 900} | RULES[code]
    rule = meter_rule(**{**given, "kind": Kind(given["kind"]), "carrier_unit": "kWh"})
    return to_be_booked(database, code, rule).slots


@pytest.mark.parametrize("seed", range(3))
def test_meters_booked_beside_each_other_are_booked_as_each_alone(
    line: Line, gateway: str, database: psycopg.Connection, database_url: str, seed: int
) -> None:
    draw = random.Random(seed)
    readings = sorted(scans(draw), key=lambda reading: reading[1])
    held: list[tuple[str, datetime, float]] = []
    with rolling_up(database_url) as rollup:
        while readings or held:
            size = draw.randrange(5, 60)
            now, readings = readings[:size], readings[size:]
            late = [reading for reading in now if draw.random() < 0.05]
            now = [reading for reading in now if reading not in late]
            if not readings or draw.random() < 0.2:
                now, held = now + held, []
            held += late if readings else []
            line.send(gateway, now)
            while rollup.once():
                pass
    assert_every_sum_agrees(database)
    for code in RULES:
        assert booked(database, code) == batch(database, code), code


def test_a_change_of_the_registry_counts_from_the_next_batch_on(
    line: Line, gateway: str, client: TestClient, database: psycopg.Connection, database_url: str
) -> None:
    rows = [("ROLLING", START + i * QUARTER, 100.0 + i) for i in range(30)]
    with rolling_up(database_url) as rollup:
        line.send(gateway, rows[:20])
        while rollup.once():
            pass
        change = {"multiplier": 10} | ALWAYS
        assert client.patch("/api/v1/meters/ROLLING", json=change).status_code == 200
        line.send(gateway, rows[20:])
        while rollup.once():
            pass
    assert [energy.quantity_pico for energy in booked(database, "ROLLING").values()] == [10 * PICO] * 29


def test_a_reading_on_the_fast_path_writes_its_own_hour_alone(
    line: Line, gateway: str, database: psycopg.Connection, database_url: str
) -> None:
    rows = [("COUNTER", START + i * QUARTER, 100.0 + i) for i in range(15)]
    written = "SELECT hour, xmin, xmax FROM energy_quarters ORDER BY hour"
    with rolling_up(database_url) as rollup:
        line.send(gateway, rows[:-1])
        while rollup.once():
            pass
        before = database.execute(written).fetchall()
        line.send(gateway, rows[-1:])
        while rollup.once():
            pass
    after = database.execute(written).fetchall()
    assert len(after) == len(before)
    assert [old == new for old, new in zip(before, after, strict=True)] == [*[True] * (len(before) - 1), False]


@pytest.mark.parametrize(("meter", "kwh"), [("INTERVAL", 936), ("COUNTER", 8 * 80)])
def test_an_hour_holds_no_more_than_its_slots_while_readings_of_it_wait(
    line: Line, gateway: str, database: psycopg.Connection, database_url: str, meter: str, kwh: int
) -> None:
    for i in reversed(range(9)):
        line.send(gateway, [(meter, START + i * QUARTER, 100.0 + i)])
    batches = 0
    with rolling_up(database_url, Bounds(dirty=1)) as rollup:
        while rollup.once():
            batches += 1
            assert_every_sum_agrees(database)
    assert batches == 9
    assert database.execute("SELECT sum(quantity_pico)::bigint FROM energy_hour").fetchone() == (kwh * PICO,)


@pytest.mark.parametrize("seed", range(3))
def test_every_sum_agrees_after_each_batch_while_others_wait(
    line: Line, gateway: str, database: psycopg.Connection, database_url: str, seed: int
) -> None:
    draw = random.Random(seed)
    readings = sorted(scans(draw), key=lambda reading: reading[1])[:300]
    with rolling_up(database_url, Bounds(dirty=12)) as rollup:
        while readings:
            size = draw.randrange(20, 60)
            now, readings = readings[:size], readings[size:]
            draw.shuffle(now)
            line.send(gateway, now)
            for _ in range(draw.randrange(4)):
                rollup.once()
                assert_every_sum_agrees(database)
        while rollup.once():
            assert_every_sum_agrees(database)
    for code in RULES:
        assert booked(database, code) == batch(database, code), code


def test_quarters_that_change_within_the_same_sum_of_their_hour_are_told(
    line: Line, gateway: str, database_url: str
) -> None:
    def roll_up_and_listen() -> list[str]:
        with psycopg.connect(database_url, autocommit=True) as listening, rolling_up(database_url) as rollup:
            listening.execute("LISTEN enermon_energy")
            while rollup.once():
                pass
            return [told.payload for told in listening.notifies(timeout=0.2) if told.payload]

    hour = int(START.timestamp())
    line.send(gateway, [("HOURLY", START + timedelta(hours=i), 5_000.0 + 4 * i) for i in range(3)])
    assert roll_up_and_listen() == [f"{hour}/{hour + 3600}"]
    line.send(gateway, [("HOURLY", START + timedelta(minutes=30), 5_003.0)])
    assert roll_up_and_listen() == [f"{hour}/{hour}"]
