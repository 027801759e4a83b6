"""Reads the lines that answer a question, and what estimates would add to them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection

from services.api.energy.answer import EnergyLine, Group, group_of, lines, with_manual
from services.api.energy.ask import Estimates
from services.api.energy.cost import require_affordable_sums
from services.api.energy.scope import SQL, Scoped, names_of
from services.core.calendar import Bucket
from services.energy.manual import ManualAmount, read_manual
from services.energy.sums import read_estimates, read_sums


def energy(connection: Connection, scoped: Scoped, *, now: datetime) -> list[EnergyLine]:
    """The lines of the answer, in order of time and group."""
    sums = read_sums(connection, scoped.wanted, scoped.frame, now=now)
    return lines(sums, names_of(connection, sums.subjects))


@dataclass(frozen=True, slots=True)
class WithManual:
    """The lines of an answer, with what was entered by hand."""

    lines: list[EnergyLine]
    left_out: int
    """Reports of months that lie in the range and in no bucket as a whole."""


def energy_with_manual(connection: Connection, scoped: Scoped, *, now: datetime) -> WithManual:
    """The lines of the answer; where a unit has no meter, with what was entered by hand, told apart in each.

    Nothing by hand where meters alone are asked for.
    """
    if not scoped.asked.manual:
        return WithManual(energy(connection, scoped, now=now), 0)
    frame = scoped.frame
    manual = read_manual(connection, scoped.wanted, frame)
    name = names_of(connection, {subject for subject, _, _ in manual.found})
    by_hand = (
        _by_hand(frame.bounds(frame.periods[number]), group_of(measure, name(subject)), amount)
        for (subject, number, measure), amount in manual.found.items()
    )
    return WithManual(with_manual(energy(connection, scoped, now=now), by_hand), manual.left_out)


def _by_hand(bounds: tuple[datetime, datetime], group: Group, amount: ManualAmount) -> EnergyLine:
    parts = tuple(amount.pico.items())
    return EnergyLine(*bounds, group, parts, 0, 0, manual=parts, reports=amount.reports)


def read_other(
    connection: Connection, scoped: Scoped, start: datetime, end: datetime, bucket: Bucket, *, now: datetime
) -> list[EnergyLine]:
    """The lines of another range, weighed before they are read. Raises Refused where they would cost too much."""
    other = scoped.over(start, end, bucket)
    require_affordable_sums(connection, other, now=now)
    return energy_with_manual(connection, other, now=now).lines


def estimated(connection: Connection, scoped: Scoped, method: Estimates) -> Mapping[tuple[datetime, Group], int]:
    """By start and group what estimates would add to the booked quantity, 1e-12 of the carrier's unit."""
    frame = scoped.frame
    more = read_estimates(connection, scoped.wanted, frame, str(method))
    name = names_of(connection, {subject for subject, _, _ in more})
    found: Counter[tuple[datetime, Group]] = Counter()
    for (subject, cell, measure), more_pico in more.items():
        start, _ = frame.bounds(frame.periods[0] if len(frame.periods) == 1 else frame.periods[cell])
        found[start, group_of(measure, name(subject))] += more_pico
    return found


def quantity_units(connection: Connection) -> Mapping[str, str]:
    """The unit of each carrier's quantities."""
    return {row.code: row.unit for row in SQL.run(connection, "carriers")}
