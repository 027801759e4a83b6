"""Evaluates days of meters: counts for every day, checks and estimates for those that are over."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from services.core.calendar import HOUR_US, start_of_day, to_us
from services.core.meter import Kind
from services.energy.past import BEFORE_DAYS
from services.energy.rollup.adapt import TimeParameter
from services.quality import estimate
from services.quality.checks.day import Finding, MeterFacts, Quantities
from services.quality.checks.kinds import mark_checks, series_checks
from services.quality.checks.series_checks import find, find_marked
from services.quality.counts import DayCounts, InTime, counts_of_day
from services.quality.estimate import Hours
from services.quality.process.history import SQL, CheckedMeter, History, MeterHistory, meters_of

HOURS_OF_DAY = 24
MOST_APART_DAYS = 7
"""Due days further apart than this are read by themselves."""

Due = tuple[int, date]
"""A meter and a day."""
Estimates = Sequence[tuple[int, str, int]]
"""Start of the hour (microseconds), method, 1e-12 of the carrier's unit."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found of a subject on a day."""

    kind: str
    code: str
    day: date
    finding: Finding


@dataclass(frozen=True, slots=True)
class EvaluatedDay:
    """What was found of one meter and day."""

    meter: CheckedMeter
    day: date
    counts: DayCounts
    measured_s: int
    is_over: bool
    findings: Sequence[Finding] = ()
    estimates: Estimates = ()


@dataclass(frozen=True, slots=True)
class Judge:
    """Evaluates days by the numbers declared."""

    limits: Mapping[str, Any]
    """Of each check by its slug."""
    in_time: InTime

    def evaluate(self, connection: psycopg.Connection, due: Sequence[Due], last_over: date) -> list[EvaluatedDay]:
        """Evaluate these days of meters; `last_over` is the last day that is over."""
        meters = meters_of(connection, sorted({meter_id for meter_id, _ in due}))
        known = [(meter_id, day) for meter_id, day in due if meter_id in meters]
        found: list[EvaluatedDay] = []
        for group in _groups([each for each in known if each[1] > last_over]):
            found += self._group(connection, group, meters, is_over=False)
        for group in _groups([each for each in known if each[1] <= last_over]):
            found += self._group(connection, group, meters, is_over=True)
        return found

    def _group(
        self, connection: psycopg.Connection, due: list[Due], meters: dict[int, CheckedMeter], *, is_over: bool
    ) -> list[EvaluatedDay]:
        first, last = min(day for _, day in due), max(day for _, day in due)
        days_of: dict[int, list[date]] = defaultdict(list)
        for meter_id, day in due:
            days_of[meter_id].append(day)
        history = History(connection, sorted(days_of), first - timedelta(days=BEFORE_DAYS) if is_over else first, last)
        received = history.received(first, last)
        made = {meters[m].product_unit_on(day) for m, days in days_of.items() for day in days} if is_over else set()
        units = sorted(unit_id for unit_id in made if unit_id is not None)
        products = history.products(units, first, last) if units else {}
        found = []
        for meter_id, days in days_of.items():
            meter, mine = meters[meter_id], history.of(meter_id)
            gaps = estimates_of_days(meter.facts, mine, days) if is_over else {}
            for day in sorted(days):
                counted = counts_of_day(mine.day(day, received[meter_id]), meter.facts, self.in_time)
                findings = find_marked(meter.facts.of_day(day)[-1], mine.day(day), self.limits)
                if is_over:
                    unit_id = meter.product_unit_on(day)
                    product = None if unit_id is None else products[unit_id, day]
                    findings += self._find(meter, mine, day, product)
                found.append(
                    EvaluatedDay(meter, day, counted, mine.measured_s(day), is_over, findings, gaps.get(day, ()))
                )
        return found

    def _find(self, meter: CheckedMeter, mine: MeterHistory, day: date, product: Quantities | None) -> list[Finding]:
        held = meter.facts.of_day(day)
        if len(held) > 1:
            # What the meter told before and after the change cannot be compared.
            return []
        (facts,) = held
        before = [each for each in mine.before(day, BEFORE_DAYS) if to_us(start_of_day(each.day)) >= facts.since_us]
        return find(facts, mine.day(day), before, self.limits, product_by_hour=product)


def _groups(due: Iterable[Due]) -> list[list[Due]]:
    """The due days in groups whose days lie close to each other."""
    groups: list[list[Due]] = []
    for meter_id, day in sorted(due, key=lambda each: each[1]):
        if not groups or (day - groups[-1][-1][1]).days > MOST_APART_DAYS:
            groups.append([])
        groups[-1].append((meter_id, day))
    return groups


def estimates_of_days(facts: MeterFacts, mine: MeterHistory, days: Sequence[date]) -> dict[date, Estimates]:
    """Estimates of the hours of these days that were not measured, by the kind that the meter had on each."""
    by_kind: dict[Kind, list[date]] = defaultdict(list)
    for day in days:
        by_kind[facts.of_day(day)[-1].kind].append(day)
    found: dict[date, Estimates] = {}
    for kind, of_kind in by_kind.items():
        found |= _estimates_of(mine.hours(kind), mine, of_kind)
    return found


def _estimates_of(hours: Hours, mine: MeterHistory, days: Sequence[date]) -> dict[date, Estimates]:
    if all(hours.measured[mine.index(day) * HOURS_OF_DAY :][:HOURS_OF_DAY].all() for day in days):
        return {}
    methods = {"linear": estimate.linear(hours), "profile": estimate.profile(hours)}
    found: dict[date, Estimates] = {}
    for day in days:
        first, start_us = mine.index(day) * HOURS_OF_DAY, to_us(start_of_day(day))
        found[day] = [
            (start_us + hour * HOUR_US, method, quantities[first + hour])
            for method, quantities in methods.items()
            for hour in range(HOURS_OF_DAY)
            if first + hour in quantities
        ]
    return found


def keep(connection: psycopg.Connection, evaluated: Sequence[EvaluatedDay], now: datetime) -> None:
    """Write what was evaluated; findings and estimates of these days are replaced."""
    if not evaluated:
        return
    SQL.run(
        connection,
        "keep_days",
        now=now,
        meter_ids=[each.meter.meter_id for each in evaluated],
        days=[each.day for each in evaluated],
        readings=[each.counts.readings for each in evaluated],
        received=[each.counts.received for each in evaluated],
        on_time=[each.counts.on_time for each in evaluated],
        valid=[each.counts.valid for each in evaluated],
        resets=[each.counts.resets for each in evaluated],
        measured_s=[each.measured_s for each in evaluated],
        checked=[each.is_over for each in evaluated],
    )
    over = [each for each in evaluated if each.is_over]
    for made_anew, kinds in ((evaluated, mark_checks()), (over, series_checks())):
        SQL.run(
            connection,
            "drop_findings",
            kind="meter",
            codes=[each.meter.facts.code for each in made_anew],
            days=[each.day for each in made_anew],
            slugs=[kind.slug for kind in kinds],
        )
    keep_findings(
        connection,
        [Found("meter", each.meter.facts.code, each.day, f) for each in evaluated for f in each.findings],
        now,
    )
    if not over:
        return
    rows = [(each.meter.meter_id, row) for each in over for row in each.estimates]
    SQL.run(
        connection,
        "replace_estimates",
        now=now,
        day_meters=[each.meter.meter_id for each in over],
        day_starts=[start_of_day(each.day) for each in over],
        meter_ids=[meter_id for meter_id, _ in rows],
        hours=[TimeParameter(hour_us) for _, (hour_us, _, _) in rows],
        methods=[method for _, (_, method, _) in rows],
        quantities=[quantity_pico for _, (_, _, quantity_pico) in rows],
    )
    SQL.run(connection, "note_changed", now=now, days=sorted({each.day for each in over}))


def keep_findings(connection: psycopg.Connection, found: Sequence[Found], now: datetime) -> None:
    """Add findings."""
    if not found:
        return
    SQL.run(
        connection,
        "keep_findings",
        now=now,
        slugs=[each.finding.check for each in found],
        kinds=[each.kind for each in found],
        codes=[each.code for each in found],
        days=[each.day for each in found],
        starts=[TimeParameter(each.finding.starts_us) for each in found],
        ends=[TimeParameter(each.finding.ends_us) for each in found],
        values=[_finite(each.finding.value) for each in found],
        limits=[_finite(each.finding.limit) for each in found],
        details=[Jsonb({k: _plain(v) for k, v in each.finding.detail.items()}) for each in found],
    )


_MOST = 1e300


def _finite(value: float) -> float:
    """The value as JSON can hold it."""
    return float(value) if math.isfinite(value) else math.copysign(_MOST, value)


def _plain(value: object) -> object:
    """Numbers of numpy as JSON can hold them."""
    if isinstance(value, str | bool | int):
        return value
    return _finite(float(value))  # type: ignore[arg-type]
