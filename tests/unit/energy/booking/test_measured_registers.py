"""Measured series as the registers of meters without a rating: nothing of them is doubted, and all of it is booked."""

import csv
import lzma
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.core.meter import PICO
from services.energy.booking.counter import book_counter
from tests.unit.energy.booking.counter_story import counter_rule

CHECKOUT = Path(__file__).parents[4]
DATA = Path(os.environ.get("ENERMON_SHARED", CHECKOUT.parent / "shared")) / "data"
MOST_READINGS = 12_000

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"SKIPPED, NOT CHECKED ON REAL INPUT: {DATA} is absent")

Amounts = dict[str, list[tuple[int, float]]]
"""By series the moment in seconds, and what was used up to it."""


def rows(file: str) -> Iterator[dict[str, str]]:
    with lzma.open(DATA / file, "rt", encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def steel() -> Amounts:
    return {"usage": [(900 * i, float(row["Usage_kWh"])) for i, row in enumerate(rows("steel_15min.csv.xz"))]}


def estate() -> Amounts:
    found: Amounts = {}
    for row in rows("estate_hourly.csv.xz"):
        at_s = int(datetime.fromisoformat(row["utc"]).replace(tzinfo=UTC).timestamp())
        found.setdefault(f"{row['building']} {row['medium']}", []).append((at_s, float(row["kwh"])))
    return found


def columns(file: str, interval_s: int) -> Amounts:
    found: Amounts = {}
    for i, row in enumerate(rows(file)):
        for name, value in row.items():
            if name != "utc" and value:
                found.setdefault(name, []).append((i * interval_s, float(value)))
    return found


SERIES = {
    "steel": (900, steel),
    "estate": (3600, estate),
    "electricity": (3600, lambda: columns("multi_electricity_hourly.csv.xz", 3600)),
    "gas": (3600, lambda: columns("multi_gas_hourly.csv.xz", 3600)),
    "water": (60, lambda: columns("multi_water_minute.csv.xz", 60)),
}


@pytest.mark.parametrize("begin", [0.0, 1_000.0])
@pytest.mark.parametrize("of", SERIES)
def test_a_measured_register_is_booked_as_it_is(of: str, begin: float) -> None:
    interval_s, read = SERIES[of]
    for name, amounts in read().items():
        shown, values = begin, []
        for _, amount in amounts[:MOST_READINGS]:
            shown += amount
            values.append(round(shown, 4))
        times_us = [at_s * 1_000_000 for at_s, _ in amounts[:MOST_READINGS]]
        spans, marks = book_counter(times_us, values, counter_rule(interval_s=interval_s))
        assert marks == {}, name
        assert sum(span.quantity_pico for span in spans) / PICO == pytest.approx(values[-1] - values[0]), name
