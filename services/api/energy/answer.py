"""Sums, as they were read, brought to the lines of an answer. Pure."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from services.core.meter import PICO
from services.energy.account import Parts
from services.energy.amount import Measure
from services.energy.by_subject import Subject, Sums

Names = tuple[str | None, str | None, str | None, str | None, str | None]
"""The codes of area, park, enterprise, unit and meter."""


class Group(NamedTuple):
    """What one line of the answer is about; None where it is not grouped by, or there is none (no park)."""

    carrier: str
    flow: str | None = None
    area: str | None = None
    park: str | None = None
    enterprise: str | None = None
    unit: str | None = None
    meter: str | None = None


class EnergyLine(NamedTuple):
    """One line of the answer. No `parts`: readings were expected and none came."""

    start: datetime
    end: datetime
    group: Group
    parts: Parts
    coverage: float | None

    @property
    def quantity(self) -> float | None:
        """In the unit of the carrier; None where nothing is booked."""
        return sum(pico for _, pico in self.parts) / PICO if self.parts else None


def group_of(measure: Measure, names: Names) -> Group:
    """The group of a carrier and flow under these names."""
    return Group(*measure, *names)


def lines(sums: Sums, name: Callable[[Subject], Names]) -> list[EnergyLine]:
    """The answer in order of time and group."""
    bounds = [sums.frame.bounds(period) for period in sums.frame.periods]
    found = [
        EnergyLine(*bounds[number], group_of(measure, names), tuple(amount.pico_by_year.items()), amount.coverage)
        for subject, by_period in sums.by_period()
        for names in [name(subject)]
        for number, amounts in by_period
        for measure, amount in amounts.items()
    ]
    return sorted(found, key=_order)


def _order(line: EnergyLine) -> tuple[datetime, list[str]]:
    return line.start, [part or "" for part in line.group]
