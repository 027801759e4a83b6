"""What a change of a meter would do to the sums, told without writing any: its readings booked under both rules."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import psycopg

from services.core.calendar import DAY_US, OPEN_START_US, SHANGHAI_US, Grain, floor, from_us, to_us
from services.core.db.statements import Statements
from services.core.meter import Mark
from services.energy.booking.booking import book
from services.energy.booking.slots import SlotEnergy
from services.energy.booking.steps import UNIT_OF_MARK
from services.energy.rollup.adapt import TimeParameter, adapted
from services.energy.rollup.meters import RolledMeter

_sql = Statements.beside(__file__, "preview.sql")

MOST_READINGS = 40_000
"""So many are booked twice within a second or two; quarter hours of a year."""
_MARGIN_US = 7 * DAY_US


@dataclass(frozen=True, slots=True)
class ReadingsFrom:
    """Readings of a meter in order of time, as corrected."""

    times_us: Sequence[int]
    values: Sequence[float]
    complete: bool
    """Whether these are all there are from the moment asked for on."""
    unit_before: int = 0
    """Of a counter the unit in which its register was before these, as a power of a thousand of its own."""


class SumChange(NamedTuple):
    """The quantity of a unit and flow in a month before and after, in 1e-12 of the carrier's unit."""

    month: datetime
    unit_id: int
    enterprise_id: int
    flow: str
    before_pico: int
    after_pico: int


def readings_from(connection: psycopg.Connection, meter_id: int, *, changed_us: int) -> ReadingsFrom:
    """The readings that tell what a change from `changed_us` on does: those from a week before its month on."""
    with adapted(connection):
        rows = _sql.run(
            connection,
            "readings",
            meter_id=meter_id,
            from_ts=TimeParameter(OPEN_START_US if changed_us <= 0 else _month_us(changed_us) - _MARGIN_US),
            most=MOST_READINGS,
        ).all()
        shown = rows[:MOST_READINGS]
        unit = 0
        if shown:
            changes = _sql.run(connection, "unit_changes", meter_id=meter_id, before=TimeParameter(shown[0].ts))
            unit = sum(change.times * UNIT_OF_MARK[Mark(change.quality)] for change in changes)
    complete = len(rows) == len(shown)
    return ReadingsFrom([row.ts for row in shown], [row.value for row in shown], complete=complete, unit_before=unit)


def preview(
    before: RolledMeter,
    after: RolledMeter,
    readings: ReadingsFrom,
    *,
    readings_after: ReadingsFrom | None = None,
    changed_us: int,
) -> list[SumChange]:
    """The months from that of `changed_us` on whose sums differ, in order, by the unit that they belong to.

    `readings_after`: those that count after the change, where they are others.
    """
    sums: dict[tuple[datetime, int, int, str], list[int]] = defaultdict(lambda: [0, 0])
    from_month_us = _month_us(changed_us) if changed_us > 0 else OPEN_START_US
    for which, (meter, series) in enumerate(((before, readings), (after, readings_after or readings))):
        booked = book(series.times_us, series.values, meter.rule, unit_before=series.unit_before)
        for day_us, pico in _by_day(booked.slots).items():
            if day_us >= from_month_us:
                account = meter.account_at(day_us)
                month = floor(from_us(day_us), Grain.MONTH)
                sums[month, account.unit_id, account.enterprise_id, account.flow][which] += pico
    changes = (SumChange(*place, old, new) for place, (old, new) in sorted(sums.items()) if old != new)
    return list(changes)


def _by_day(slots: Mapping[int, SlotEnergy]) -> dict[int, int]:
    """The quantity of each day of Asia/Shanghai, by its start: a day has one account."""
    days: dict[int, int] = defaultdict(int)
    for slot_us, energy in slots.items():
        days[slot_us - (slot_us + SHANGHAI_US) % DAY_US] += energy.quantity_pico
    return days


def _month_us(moment_us: int) -> int:
    return to_us(floor(from_us(moment_us), Grain.MONTH))
