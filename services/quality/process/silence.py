"""Looks for hours in which many enterprises fell silent at once, and keeps them as faults of the collection."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

import numpy as np
import psycopg

from services.core.area_tree import AreaTree
from services.core.calendar import HOUR_US, from_us, start_of_day, to_us
from services.energy.factors import Basis
from services.energy.rollup.adapt import TimeParameter
from services.energy.tables import EnergyTables
from services.quality.checks.silence import FleetHours, Hours, SilenceLimits, fleet_silence
from services.quality.process.crossing import SQL
from services.quality.process.days import Found
from services.quality.process.history import SQL as KEPT

WEEKS_OF_PAST = 4
_HOUR_S = HOUR_US // 1_000_000

Stretch = tuple[int, int, int]
"""A meter, and the start and end of a fault, microseconds."""


@dataclass(frozen=True, slots=True)
class ExpectedEnterprise:
    """An enterprise of which energy is expected, with its banner."""

    enterprise_id: int
    credit_code: str
    banner: str


class FleetSilenceJudge:
    """Judges hours of the whole region, on one connection."""

    def __init__(self, connection: psycopg.Connection, tables: EnergyTables, limits: SilenceLimits) -> None:
        self._connection, self._tables, self._limits = connection, tables, limits

    def can_judge(self, first: date, busy: Collection[date]) -> bool:
        """Whether what is known of the hours from `first` on, and of their past, is rolled up."""
        return all(day < first - timedelta(weeks=WEEKS_OF_PAST) for day in busy)

    def judge(self, first: date, end: datetime, now: datetime) -> list[Found]:
        """What is found in the hours from the first moment of `first` up to `end`; the faults in them are replaced."""
        start_us, end_us = to_us(start_of_day(first)), to_us(end)
        enterprises = SQL.run(self._connection, "fleet_places", day=first).of(ExpectedEnterprise).all()
        judged = (end_us - start_us) // HOUR_US
        fleet = self._read(enterprises, start_us, judged, first.year)
        silent = np.zeros((len(enterprises), judged), dtype=bool)
        found: list[Found] = []
        for area, rows in self._places(enterprises):
            part = FleetHours(fleet.start_us, [enterprises[i].credit_code for i in rows], fleet.quantity[rows], judged)
            findings, mine = fleet_silence(part, self._limits)
            silent[rows] |= mine
            days = (from_us(each.starts_us).astimezone(end.tzinfo).date() for each in findings)
            found += [Found("area", area, max(first, day), each) for day, each in zip(days, findings, strict=True)]
        self._keep_faults(self._fallen(enterprises, silent, start_us), start_us, end_us, now)
        return found

    def _read(self, enterprises: Sequence[ExpectedEnterprise], start_us: int, judged: int, year: int) -> FleetHours:
        past = WEEKS_OF_PAST * 7 * 24
        from_us_ = start_us - past * HOUR_US
        carriers, weights = [], []
        for carrier in sorted(self._tables.factors.family):
            applied = self._tables.factors.standard_coal(carrier, Basis.CALORIFIC, year)
            if applied is not None:
                carriers.append(carrier)
                weights.append(float(applied.factor.per_unit))
        quantity = np.full((len(enterprises), past + judged), np.nan)
        row_of = {each.enterprise_id: i for i, each in enumerate(enterprises)}
        for enterprise_id, hour_s, kgce_pico in SQL.run(
            self._connection,
            "fleet_hours",
            carriers=carriers,
            weights=weights,
            from_ts=TimeParameter(from_us_),
            to_ts=TimeParameter(start_us + judged * HOUR_US),
        ):
            if enterprise_id in row_of:
                quantity[row_of[enterprise_id], hour_s // _HOUR_S - from_us_ // HOUR_US] = kgce_pico
        return FleetHours(from_us_, [each.credit_code for each in enterprises], quantity, judged)

    def _places(self, enterprises: Sequence[ExpectedEnterprise]) -> Iterable[tuple[str, list[int]]]:
        """The region and its leagues, each with the rows of its enterprises."""
        tree = AreaTree.of(SQL.run(self._connection, "areas"))
        rows: dict[str, list[int]] = defaultdict(list)
        for i, each in enumerate(enterprises):
            for level in ("region", "league"):
                rows[tree.at(each.banner, level) or each.banner].append(i)
        return sorted(rows.items())

    def _fallen(self, enterprises: Sequence[ExpectedEnterprise], silent: Hours, start_us: int) -> list[Stretch]:
        """Stretches of whole hours in which meters of silent enterprises said nothing, or zero."""
        rows, hours = np.nonzero(silent)
        if not len(rows):
            return []
        fallen = SQL.run(
            self._connection,
            "fallen",
            enterprise_ids=[enterprises[i].enterprise_id for i in rows.tolist()],
            hours=[TimeParameter(start_us + hour * HOUR_US) for hour in hours.tolist()],
        )
        stretches = []
        for (meter_id, _), group in groupby(
            enumerate(fallen), key=lambda pair: (pair[1].meter_id, pair[1].hour_s // _HOUR_S - pair[0])
        ):
            seconds = [row.hour_s for _, row in group]
            stretches.append((meter_id, seconds[0] * 1_000_000, (seconds[-1] + _HOUR_S) * 1_000_000))
        return stretches

    def _keep_faults(self, faults: Sequence[Stretch], start_us: int, end_us: int, now: datetime) -> None:
        """Keep these faults in place of those known in the judged hours; what has changed is booked again."""
        given = {
            "meter_ids": [meter_id for meter_id, _, _ in faults],
            "starts": [TimeParameter(starts_us) for _, starts_us, _ in faults],
            "ends": [TimeParameter(ends_us) for _, _, ends_us in faults],
        }
        gone = KEPT.run(
            self._connection, "drop_faults", from_ts=TimeParameter(start_us), to_ts=TimeParameter(end_us), **given
        )
        changed = [*gone, *KEPT.run(self._connection, "keep_faults", now=now, **given)]
        if changed:
            KEPT.run(
                self._connection,
                "book_again",
                meter_ids=[meter_id for meter_id, _, _ in changed],
                starts=[TimeParameter(starts_us) for _, starts_us, _ in changed],
                ends=[TimeParameter(ends_us) for _, _, ends_us in changed],
            )
