"""What meters measured of a carrier in a period, and how completely. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.core.meter import Flow
from services.energy.heat_value import ValuedBy

Measure = tuple[str, Flow]
"""A carrier and the flow in which it is measured."""

Cover = Mapping[Measure, tuple[int, int]]
"""Measured and expected seconds."""


@dataclass(slots=True)
class Amount:
    """What meters of one carrier and flow measured in a period. `pico_by_year` is empty where nothing is booked."""

    pico_by_year: dict[ValuedBy, int] = field(default_factory=dict)
    """By the year whose coefficients hold, or by the heat value that goes before them."""
    measured_s: int = 0
    expected_s: int = 0

    @property
    def coverage(self) -> float | None:
        """Measured share of what was expected, 0 to 1; None where nothing was expected."""
        return coverage_of_seconds(self.measured_s, self.expected_s)

    def add(self, other: "Amount") -> None:
        """Take up what other meters, or another part of the period, have."""
        for year, pico in other.pico_by_year.items():
            self.pico_by_year[year] = self.pico_by_year.get(year, 0) + pico
        self.measured_s += other.measured_s
        self.expected_s += other.expected_s


def coverage_of_seconds(measured_s: int, expected_s: int) -> float | None:
    """Measured share of what was expected, 0 to 1; None where nothing was expected."""
    return None if expected_s <= 0 else min(1.0, measured_s / expected_s)


def joined_cover(covers: Iterable[Cover]) -> Cover:
    """Of several subjects: their seconds put together by carrier and flow."""
    together: dict[Measure, tuple[int, int]] = {}
    for cover in covers:
        for measure, (measured_s, expected_s) in cover.items():
            before = together.get(measure, (0, 0))
            together[measure] = (before[0] + measured_s, before[1] + expected_s)
    return together


def coverage_of(cover: Cover) -> float | None:
    """The least covered carrier and flow, 0 to 1; None where no meter is expected to give readings."""
    shares = [min(1.0, measured / expected) for measured, expected in cover.values() if expected > 0]
    return min(shares, default=None)
