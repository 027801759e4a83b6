"""The readings of a meter laid out by day and time of day, so that days can be compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np
from numpy.typing import NDArray

from services.core.calendar import DAY_US
from services.core.meter import Kind, Mark
from services.energy.booking.counter import SET_ASIDE
from services.quality.checks.day import DAY_S, MeterDay, MeterFacts, Quantities, Times

_DIGITS = 9


@dataclass(frozen=True, eq=False)
class Grid:
    """One row a day, the judged one last; one column for each interval of the day.

    A cell holds what the meter told at that time, in register units: an interval meter's or gauge's value, a counter's
    difference from the reading before. NaN where there is none.
    """

    meter: MeterFacts
    cells: Quantities
    starts_us: Times
    """The start of each row's day."""
    resets_us: tuple[int, ...]
    """When the register was seen to begin at zero again, in order."""

    @property
    def of_day(self) -> int:
        """Columns: intervals in a day."""
        return int(self.cells.shape[1])

    @property
    def of_hour(self) -> float:
        """Columns in an hour."""
        return self.of_day / 24

    @property
    def past_days(self) -> int:
        """Rows before the judged one."""
        return len(self.cells) - 1

    @cached_property
    def day(self) -> Quantities:
        """The judged day's cells."""
        row: Quantities = self.cells[-1]
        return row

    @cached_property
    def past(self) -> Quantities:
        """The cells of the days before."""
        rows: Quantities = self.cells[:-1]
        return rows

    @cached_property
    def follows(self) -> NDArray[np.bool_]:
        """For each row, whether it is the day after the row before it."""
        return np.concatenate(([False], np.diff(self.starts_us) == DAY_US))

    def span_us(self, first: int, end: int) -> tuple[int, int]:
        """The time of the cells [first, end) of all rows in one line."""
        shift = self.meter.interval_us if self.meter.tells_the_past else 0

        def at(i: int) -> int:
            return int(self.starts_us[i // self.of_day]) + i % self.of_day * self.meter.interval_us - shift

        return at(first), at(end - 1) + self.meter.interval_us


def grid_of(meter: MeterFacts, days: Sequence[MeterDay]) -> Grid:
    """The grid of `days`, in order, the last of which is judged."""
    columns = ceil(DAY_S / meter.rule.newest.interval_s)
    times_us = np.concatenate([each.times_us for each in days])
    values = np.concatenate([each.values for each in days])
    starts_us = np.array([each.start_us for each in days], dtype=np.int64)
    marks = {at: mark for each in days for at, mark in each.marks.items()}
    resets_us = tuple(_begins_at_zero(times_us, values, marks))
    if meter.kind is Kind.COUNTER:
        times_us, values = _differences(meter, times_us, values, marks)
    cells = np.full(len(days) * columns, np.nan)
    row = np.searchsorted(starts_us, times_us, side="right") - 1
    column = (times_us - starts_us[row]) // meter.interval_us
    inside = (row >= 0) & (column < columns)
    cells[row[inside] * columns + column[inside]] = values[inside]
    return Grid(meter, cells.reshape(len(days), columns), starts_us, resets_us)


def _begins_at_zero(times_us: Times, values: Quantities, marks: dict[int, Mark]) -> Iterator[int]:
    """When a register fell to a tenth or less: as a reset, or between readings of which one was set aside.

    A register that begins again every few hours is explained as false readings, which books less.
    """
    for i in range(1, len(times_us)):
        mark, before = marks.get(int(times_us[i])), marks.get(int(times_us[i - 1]))
        fell = values[i - 1] > 0 and 10 * values[i] <= values[i - 1]
        # What stood far above for one reading and is left again has not begun at zero.
        if mark is Mark.RESET or (fell and (mark in SET_ASIDE or (before in SET_ASIDE and values[i] == 0))):
            yield int(times_us[i])


def _differences(
    meter: MeterFacts, times_us: Times, values: Quantities, marks: dict[int, Mark]
) -> tuple[Times, Quantities]:
    """What a counter's register moved by, by the time of the later reading; only between neighbours in time."""
    if any(mark in SET_ASIDE for mark in marks.values()):
        believed = np.array([marks.get(int(at)) not in SET_ASIDE for at in times_us], dtype=bool)
        times_us, values = times_us[believed], values[believed]
    moved = np.round(np.diff(values), _DIGITS)
    moved[np.diff(times_us) > 2 * meter.interval_us] = np.nan
    later_us = times_us[1:]
    for at, mark in marks.items():
        i = int(np.searchsorted(later_us, at))
        if i == len(later_us) or later_us[i] != at:
            continue
        if mark is Mark.RESET:
            moved[i] = values[i + 1]
        elif mark is Mark.ROLLOVER:
            moved[i] += meter.rule.newest.register_size or np.nan
        elif mark is Mark.REPLACEMENT:
            moved[i] = np.nan
    return later_us, moved


def run_lengths(same: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each place how many places up to and with it are `same` without a break; 0 where it is not."""
    place = np.arange(1, len(same) + 1)
    broken = np.maximum.accumulate(np.where(same, 0, place))
    lengths: NDArray[np.int64] = place - broken
    return lengths


def runs(lengths: NDArray[np.int64], *, least: float, after: int) -> list[tuple[int, int]]:
    """[first, end) of each whole run of `run_lengths` of at least `least` places that ends behind the place `after`."""
    ends = np.flatnonzero((lengths >= least) & (lengths > 0) & (np.append(lengths[1:], 0) == 0)) + 1
    return [(int(end - lengths[end - 1]), int(end)) for end in ends if end > after]
