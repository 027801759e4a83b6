"""Sums, as they were read, brought to the lines of an answer. Pure."""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from services.core.meter import PICO
from services.energy.account import Parts
from services.energy.amount import Amount, Measure, coverage_of_seconds
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
    measured_s: int
    expected_s: int

    @property
    def quantity(self) -> float | None:
        """In the unit of the carrier; None where nothing is booked."""
        return sum(pico for _, pico in self.parts) / PICO if self.parts else None

    @property
    def coverage(self) -> float | None:
        """Measured share of what was expected, 0 to 1; None where nothing was expected."""
        return coverage_of_seconds(self.measured_s, self.expected_s)


_START = attrgetter("start")


def group_of(measure: Measure, names: Names) -> Group:
    """The group of a carrier and flow under these names."""
    return Group(*measure, *names)


def lines(sums: Sums, name: Callable[[Subject], Names]) -> list[EnergyLine]:
    """The answer in order of time and group."""
    bounds = [sums.frame.bounds(period) for period in sums.frame.periods]
    # By group first, which all lines of it share: a key for each line would take as much memory as the lines.
    grouped = sorted(
        ((group_of(measure, name(subject)), periods) for subject, measure, periods in sums.by_period()),
        key=lambda each: _names(each[0]),
    )
    found = [
        EnergyLine(
            *bounds[number],
            group,
            tuple(amount.pico_by_year.items()),
            amount.measured_s,
            amount.expected_s,
        )
        for group, periods in grouped
        for number, amount in periods
    ]
    found.sort(key=_START)
    return found


def totals(found: Iterable[EnergyLine]) -> list[EnergyLine]:
    """The lines of a whole put together, whatever else they are told apart by: one of each bucket, carrier and flow.

    `found`, like what is answered, is in order of time.
    """
    groups: dict[Group, Group] = {}
    whole: list[EnergyLine] = []
    for _, of_bucket in groupby(found, key=_START):
        together: dict[Group, tuple[EnergyLine, Amount]] = {}
        for line in of_bucket:
            group = Group(line.group.carrier, line.group.flow)
            _, amount = together.setdefault(groups.setdefault(group, group), (line, Amount()))
            amount.add(Amount(dict(line.parts), line.measured_s, line.expected_s))
        whole += [
            EnergyLine(
                first.start, first.end, group, tuple(amount.pico_by_year.items()), amount.measured_s, amount.expected_s
            )
            for group, (first, amount) in sorted(together.items(), key=lambda each: _names(each[0]))
        ]
    return whole


def _names(group: Group) -> list[str]:
    return [part or "" for part in group]
