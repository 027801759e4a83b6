"""Sums, as they were read, brought to the lines of an answer. Pure."""

from collections import Counter
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
    manual: Parts = ()
    """What of the parts people entered by hand, of units without a meter."""
    reports: int = 0
    """How many manual reports that is."""

    @property
    def manual_quantity(self) -> float | None:
        """Of the quantity, what was entered by hand; None where nothing was."""
        return sum(pico for _, pico in self.manual) / PICO if self.manual else None

    @property
    def manual_share(self) -> float | None:
        """Of the quantity, what was entered by hand, 0 to 1; None of nothing."""
        whole, by_hand = (sum(pico for _, pico in parts) for parts in (self.parts, self.manual))
        return by_hand / whole if 0 <= by_hand <= whole and whole > 0 else None

    @property
    def is_silent(self) -> bool:
        """Whether readings were expected and none came, whatever was entered by hand of others."""
        return not self.parts or (
            self.expected_s > 0 and self.measured_s == 0 and dict(self.parts) == dict(self.manual)
        )

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
        together: dict[Group, tuple[EnergyLine, Amount, Amount]] = {}
        reports: Counter[Group] = Counter()
        for line in of_bucket:
            group = Group(line.group.carrier, line.group.flow)
            _, amount, manual = together.setdefault(groups.setdefault(group, group), (line, Amount(), Amount()))
            amount.add(Amount(dict(line.parts), line.measured_s, line.expected_s))
            manual.add(Amount(dict(line.manual)))
            reports[group] += line.reports
        whole += [
            EnergyLine(
                first.start,
                first.end,
                group,
                tuple(amount.pico_by_year.items()),
                amount.measured_s,
                amount.expected_s,
                tuple(manual.pico_by_year.items()),
                reports[group],
            )
            for group, (first, amount, manual) in sorted(together.items(), key=lambda each: _names(each[0]))
        ]
    return whole


def with_manual(found: list[EnergyLine], manual: Iterable[EnergyLine]) -> list[EnergyLine]:
    """The lines with those of what was entered by hand, added to that of their group where there is one."""
    by_key = {(line.start, line.group): line for line in found}
    added = False
    for line in manual:
        added = True
        measured = by_key.get((line.start, line.group))
        by_key[line.start, line.group] = line if measured is None else _together(measured, line)
    return sorted(by_key.values(), key=lambda line: (line.start, _names(line.group))) if added else found


def _together(line: EnergyLine, by_hand: EnergyLine) -> EnergyLine:
    parts, manual = Amount(dict(line.parts)), Amount(dict(line.manual))
    parts.add(Amount(dict(by_hand.parts)))
    manual.add(Amount(dict(by_hand.manual)))
    return line._replace(
        parts=tuple(parts.pico_by_year.items()),
        manual=tuple(manual.pico_by_year.items()),
        reports=line.reports + by_hand.reports,
    )


def _names(group: Group) -> list[str]:
    return [part or "" for part in group]
