"""The numbers by which a counter's readings are explained, from their tables: costs, and what is plausible."""

from dataclasses import dataclass, fields
from typing import TypeVar

from services.core.data.loader import DATA, Sourced, load


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonedNumber(Sourced):
    """One number, with the reason for it."""

    value: int
    reason: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Costs by name, in hundredths of a false reading."""

    aside: int
    aside_again: int
    aside_zeros_most: int
    aside_stray_again: int
    aside_in_a_rise: int
    aside_rise_and_fall: int
    aside_full: int
    at_start: int
    at_end: int
    reset: int
    fall: int
    implausible_rise: int
    unit_step: int
    other_unit: int
    begins_in_other_unit: int
    rollover: int
    rollover_from_below: int
    record_off: int
    record_ignored: int
    accepted: int

    def of_run(self, levels: int) -> int:
        """Of setting aside levels in a row that cost so much one by one: beyond `aside_full` only a tenth of it."""
        return levels if levels <= self.aside_full else self.aside_full + (levels - self.aside_full) // 10

    def of_end(self, levels: int, extra: int) -> int:
        """Of setting aside levels in a row at the first or last end, where they are dearer by `extra`."""
        return self.of_run(levels) + extra

    def of_level(self, readings: int, *, zero: bool) -> int:
        """Of setting aside so many readings of one value, which may be zero."""
        again = self.aside_again * (readings - 1)
        return self.aside + (min(again, self.aside_zeros_most) if zero else again)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastBounds:
    """What a counter without a rated power can have risen by, by its own past; and how near is near."""

    plain_part: int
    around: int
    around_most: int
    around_s: int
    few: int
    many: int
    times_median: int
    times_mean: int
    times_most: int
    unopposed_part: int
    unopposed_between: int
    unit_part: int
    near_record_s: int
    stray_s: int
    stray_intervals: int


_Numbers = TypeVar("_Numbers", Costs, PastBounds)


def load_numbers(kind: type[_Numbers], file: str) -> _Numbers:
    """The shipped numbers of a table. Raises DataFileError, and KeyError when one is missing."""
    rows = {row.code: row.value for row in load(ReasonedNumber, DATA / file)}
    return kind(**{field.name: rows[field.name] for field in fields(kind)})


COSTS = load_numbers(Costs, "counter_costs.csv")
BOUNDS = load_numbers(PastBounds, "counter_bounds.csv")
