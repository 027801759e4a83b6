"""One message of odd readings holds up the roll-up about as long as one of good readings: a ratio, never a time."""

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from services.core.calendar import SHANGHAI
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.core.meter import Kind, meter_rule
from services.energy.booking.booking import Readings
from services.energy.rollup import windows
from services.energy.rollup.reach import RangeReach
from services.energy.rollup.service import RollUp
from tests.integration.line import QUARTER, Line, booked, to_be_booked
from tests.integration.registered import Registered

START = datetime(2025, 3, 1, 8, 0, tzinfo=SHANGHAI)
READINGS = 8_000
TIMES_AS_MUCH = 100
"""What is odd is judged one by one, and marked: some thirty times as much as what is booked in bulk. A search of all
readings for each took some hundred times that."""
MILLISECOND = timedelta(milliseconds=1)
SHAPES: dict[str, tuple[timedelta, Callable[[int], float]]] = {
    "zeros after a value": (MILLISECOND, lambda i: 0.0 if i else 5_000.0),
    "zero and value in turn": (QUARTER, lambda i: 5_000.0 + i if i % 2 else 0.0),
    "falling a little": (QUARTER, lambda i: 1e6 - i),
    "falling by halves": (QUARTER, lambda i: 1e6 / 2 ** (i % 16) + i),
    "saw-tooth": (QUARTER, lambda i: 1_000.0 + 97.0 * (i % 10)),
    "spikes": (QUARTER, lambda i: 100.0 + i + (1e5 if i % 3 == 0 else 0.0)),
}


def readings(meter: str, step: timedelta, value: Callable[[int], float]) -> list[tuple[str, datetime, float]]:
    return [(meter, START + i * step, value(i)) for i in range(READINGS)]


def roll_up_cpu_s(database_url: str) -> float:
    """CPU time of rolling up all that waits: of this process, and of the server's."""
    with connect(database_url, role=DatabaseRole.ROLLUP, application_name="test-rollup") as connection:
        rollup = RollUp(connection)
        started_s = time.process_time() + _server_cpu_s(connection)
        while rollup.once():
            pass
        return time.process_time() + _server_cpu_s(connection) - started_s


def _server_cpu_s(connection: psycopg.Connection) -> float:
    columns = Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return (int(columns[11]) + int(columns[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("shape", SHAPES)
def test_odd_readings_are_rolled_up_in_about_the_time_of_good_ones(
    shape: str, line: Line, registered: Registered, database: psycopg.Connection, database_url: str
) -> None:
    owner = registered.enterprise()
    gateway = registered.gateway(owner)
    good, odd = (registered.meter(owner, gateway_code=gateway) for _ in range(2))
    step, value = SHAPES[shape]
    line.send(gateway, readings(good, step, lambda i: 100.0 + i * step / QUARTER))
    good_s = roll_up_cpu_s(database_url)
    line.send(gateway, readings(odd, step, value))
    odd_s = roll_up_cpu_s(database_url)
    assert odd_s < TIMES_AS_MUCH * good_s
    rule = meter_rule(kind=Kind.COUNTER, unit_of_measure="kWh", carrier_unit="kWh", multiplier=1, interval_s=900)
    assert booked(database, odd) == to_be_booked(database, odd, rule).slots


def test_readings_that_all_contradict_the_stored_ones_leave_the_roll_up_nothing_to_do(
    line: Line, registered: Registered, database_url: str
) -> None:
    owner = registered.enterprise()
    gateway = registered.gateway(owner)
    meter = registered.meter(owner, gateway_code=gateway)
    line.send(gateway, readings(meter, QUARTER, lambda i: 100.0 + i))
    first_s = roll_up_cpu_s(database_url)
    answer = line.send(gateway, readings(meter, QUARTER, lambda i: 200.0 + i))
    assert (answer["stored"], len(answer["rejected"])) == (0, READINGS)
    assert roll_up_cpu_s(database_url) < first_s


def test_a_reading_after_many_that_were_set_aside_reads_them_less_than_twice(
    line: Line, registered: Registered, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = registered.enterprise()
    gateway = registered.gateway(owner)
    meter = registered.meter(owner, gateway_code=gateway)
    line.send(gateway, readings(meter, QUARTER, lambda i: 950.0 if i else 1_000.0))
    roll_up_cpu_s(database_url)
    line.send(gateway, [(meter, START + READINGS * QUARTER, 950.0)])
    read = 0

    def counted(connection: psycopg.Connection, reaches: list[RangeReach], edge_us: int) -> list[Readings]:
        nonlocal read
        at_hand = read_as_ever(connection, reaches, edge_us)
        read += sum(len(readings.times_us) for readings in at_hand)
        return at_hand

    read_as_ever = windows.read_ranges
    monkeypatch.setattr(windows, "read_ranges", counted)
    roll_up_cpu_s(database_url)
    assert READINGS < read < 2 * READINGS
