"""What the checks of data quality are given, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from services.core.calendar import DAY_US, SLOT_S, start_of_day, to_us
from services.core.meter import PICO, Flow, Kind, Mark, MeterRule, Stamp

DAY_S = 86_400
SLOTS_OF_DAY = DAY_S // SLOT_S

Times = NDArray[np.int64]
"""Microseconds since 1970."""
Quantities = NDArray[np.float64]
"""In the carrier's unit; NaN where nothing is known."""
Detail = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class MeterFacts:
    """What the checks need to know of a meter: its code, what it measures, and how its readings are judged."""

    code: str
    carrier: str
    flow: Flow
    rule: MeterRule

    def of_day(self, day: date) -> list["MeterFacts"]:
        """What held on the day, in order: one for each of the meter's terms."""
        if len(self.rule.terms) == 1:
            return [self]
        start_us = to_us(start_of_day(day))
        first, last = self.rule.number_at(start_us), self.rule.number_at(start_us + DAY_US - 1)
        return [replace(self, rule=replace(self.rule, terms=(term,))) for term in self.rule.terms[first : last + 1]]

    @property
    def since_us(self) -> int:
        """The moment from which all of this holds."""
        return self.rule.newest.from_us

    @property
    def kind(self) -> Kind:
        """How the meter tells its quantity."""
        return self.rule.kind

    @property
    def expected_us(self) -> int:
        """Time in which a reading is expected: of a gauge that reports on change that for which its value holds."""
        return max(self.interval_us, self.rule.newest.holds_s * 1_000_000 if self.rule.newest.holds_s else 0)

    @property
    def tells_the_past(self) -> bool:
        """Whether a reading tells of the interval that ends, not begins, at its time."""
        return self.kind is Kind.COUNTER or (self.kind is Kind.INTERVAL and self.rule.newest.stamp is Stamp.END)

    @property
    def interval_us(self) -> int:
        """Expected time between readings, microseconds."""
        return self.rule.newest.interval_us

    @property
    def quantity_per_value(self) -> float:
        """Carrier's units for one register unit of one interval (of a rate: held for one interval)."""
        per_value = float(self.rule.newest.pico_per_value / PICO)
        return per_value * self.rule.newest.interval_s / 3600 if self.rule.newest.is_rate else per_value

    @property
    def rated_per_hour(self) -> float | None:
        """Greatest plausible quantity in an hour, in the carrier's unit; None where none is registered."""
        rated = self.rule.newest.rated_pico_per_hour
        return None if rated is None else rated / PICO


@dataclass(frozen=True, eq=False)
class MeterDay:
    """The readings of one meter in one day of Asia/Shanghai, in order of time, as corrected, and what was booked."""

    day: date
    times_us: Times
    values: Quantities
    """Register units, as the meter sent them (or as they were corrected)."""
    marks: Mapping[int, Mark] = field(default_factory=dict)
    """By the time of the reading; a reading without a mark is plainly good."""
    slots: Quantities = field(default_factory=lambda: np.full(SLOTS_OF_DAY, np.nan))
    """What is booked in each of the 96 slots, carrier's unit; NaN where nothing is."""
    received_us: Times = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """When each reading was received, beside `times_us`; empty where it is not known."""

    @cached_property
    def start_us(self) -> int:
        """The moment at which the day begins."""
        return to_us(start_of_day(self.day))


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found in [starts_us, ends_us): a value beyond the limit of the check `check`."""

    check: str
    starts_us: int
    ends_us: int
    value: float
    limit: float
    detail: Detail = field(default_factory=dict)
