"""Balances, products and monthly reports with faults: what the checks find of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np

from benchmarks.cross_story import (
    DAY_H,
    ESTATE,
    PAST_H,
    Hourly,
    Story,
    estate,
    generator,
    inject_stretches,
    of_days,
)
from benchmarks.quality_proof import series_of, shipped
from services.core.calendar import DAY_US, HOUR_US, SHANGHAI, Grain, following, from_us, start_of_day, to_us
from services.energy.past import BEFORE_DAYS
from services.quality.checks.balance import BalanceDay, balance
from services.quality.checks.product import ProductDay, energy_product
from services.quality.checks.reported import ReportedMonth, daily_monthly

SUB_METER, PRODUCT, MONTH = "sub meter wrong", "energy wrong", "month misreported"
BUILDINGS_EACH = 4
"""So many buildings of the estate are one enterprise; the estate as a whole is one more."""
LEAST_MOVED = 0.06
"""A sub meter of which the sum hardly knows cannot be missed by a check that allows 5 %."""
LEAST_OFF, MOST_OFF = 0.06, 0.30
MONTHS_TIMES = 10
"""A building has two dozen months: ten times as many of them are wrong as of readings."""
FACTORS = (0.4, 1.8)
GAP_SHARE = 0.01
"""Share of the days on which a meter lacks 1 to 8 hours."""
OUTAGE_SHARE = 0.3
"""Share of the months in which a meter is out once, for half a day in the median."""
KGCE_PER_KWH = 0.1229


@dataclass(frozen=True)
class _Enterprise:
    """What the meters of an enterprise tell by hour, kWh; NaN where nothing came."""

    boundary: Hourly
    sub: Hourly

    @property
    def hours(self) -> int:
        return int(self.sub.shape[1])


def balances(data_dir: Path, rate: float, seed: int) -> Iterator[Story]:
    """Enterprises of four buildings each, and the estate of all, by electricity and gas."""
    start_us, names, kwh = estate(data_dir)
    for medium in ("E", "G"):
        rows = [i for i, name in enumerate(names) if f"-{medium}" in name]
        groups = [rows[i : i + BUILDINGS_EACH] for i in range(0, len(rows), BUILDINGS_EACH)]
        for group in [*groups, rows]:
            of_whom = "estate" if group is rows else "-".join(names[i].partition("-")[0] for i in group)
            subject = f"{of_whom} {'electricity' if medium == 'E' else 'gas'}"
            yield _balance(subject, start_us, kwh[group], rate, generator(seed, SUB_METER, subject))


def _balance(subject: str, start_us: int, true: Hourly, rate: float, draw: np.random.Generator) -> Story:
    told = _metered(true, draw)

    def make(start: int, end: int) -> bool:
        """A sub meter stands still or is left out (0), or reads double (2)."""
        meter, factor = int(draw.integers(len(true))), float(draw.choice([0.0, 0.0, 2.0]))
        moved = np.nansum(told.sub[meter, start:end]) * abs(factor - 1)
        if np.isnan(true[meter, start:end]).any() or not moved >= LEAST_MOVED * np.nansum(told.boundary[start:end]):
            return False
        told.sub[meter, start:end] *= factor
        return True

    hours = (12, 72)
    made = inject_stretches(draw, told.hours, hours, rate, first=PAST_H, margin=DAY_H, make=make)
    days = _balance_days(start_us, true, told)
    limits = shipped()["balance"]
    found = [
        finding
        for i in range(BEFORE_DAYS, len(days))
        for finding in balance(days[i], days[i - BEFORE_DAYS : i], limits)
    ]
    faults = [(start_us + a * HOUR_US, start_us + b * HOUR_US) for a, b in made]
    first_us = start_us + BEFORE_DAYS * DAY_US
    return Story(ESTATE, SUB_METER, subject, first_us, start_us + len(days) * DAY_US, faults, found)


def _metered(true: Hourly, draw: np.random.Generator) -> _Enterprise:
    """What meters tell: a loss on the way in, errors of each meter and hour, and readings that never came (NaN)."""
    loss = draw.uniform(0.005, 0.02)
    sub = true * draw.normal(1.0, 0.005, (len(true), 1)) * draw.normal(1.0, 0.01, true.shape)
    boundary = np.nansum(true, axis=0) * (1 + loss) * draw.normal(1.0, 0.005) * draw.normal(1.0, 0.01, true.shape[1])
    days = true.shape[1] // DAY_H
    for row in (boundary, *sub):
        for day in np.flatnonzero(draw.random(days) < GAP_SHARE):
            at = day * DAY_H + int(draw.integers(0, DAY_H))
            row[at : at + int(draw.integers(1, 9))] = np.nan
    return _Enterprise(boundary, sub)


def _balance_days(start_us: int, true: Hourly, told: _Enterprise) -> list[BalanceDay]:
    registered = of_days(np.where(np.isnan(true), np.nan, 1.0)).sum(axis=0)
    sub_known = of_days(np.where(np.isnan(told.sub), np.nan, 1.0)).sum(axis=0)
    boundary_known = of_days(np.where(np.isnan(told.boundary), np.nan, 1.0))
    boundary, sub = of_days(told.boundary), of_days(told.sub).sum(axis=0)
    return [
        BalanceDay(
            start_us=start_us + i * DAY_US,
            carrier="electricity",
            boundary=float(boundary[i]),
            boundary_coverage=float(boundary_known[i]) / DAY_H,
            sub=float(sub[i]),
            sub_coverage=float(sub_known[i] / registered[i]),
        )
        for i in range(len(boundary))
    ]


def products(data_dir: Path, rate: float, seed: int) -> Iterator[Story]:
    """The waste-water plant: its energy and its product as measured, but on faulted days the energy wrong."""
    series = series_of("plant_daily", data_dir)
    energy, flow = series["REPLAY-PLANT-E01"], series["REPLAY-PLANT-W01"]
    draw = generator(seed, PRODUCT)
    kwh, starts_us = energy.values.copy(), energy.ts_ms * 1000

    def make(start: int, end: int) -> bool:
        kwh[start:end] *= float(draw.choice(FACTORS))
        return True

    first = int(np.searchsorted(starts_us, starts_us[0] + BEFORE_DAYS * DAY_US))
    made = inject_stretches(draw, len(kwh), (1, 3), rate, first=first, margin=1, make=make)
    product_of = dict(zip(flow.ts_ms.tolist(), flow.values.tolist(), strict=True))
    days = [
        ProductDay(
            start_us=at_ms * 1000, energy_kgce=each * KGCE_PER_KWH, product=product_of[at_ms] * 86_400, coverage=1.0
        )
        for at_ms, each in zip(energy.ts_ms.tolist(), kwh.tolist(), strict=True)
    ]
    found = []
    for i in range(first, len(days)):
        before = np.searchsorted(starts_us, days[i].start_us - BEFORE_DAYS * DAY_US)
        found += energy_product(days[i], days[before:i], shipped()["energy_product"])
    faults = [(days[a].start_us, days[b - 1].start_us + DAY_US) for a, b in made]
    # The gaps of the source are no clean time: as many days as it has.
    ends_us = days[first].start_us + (len(days) - first) * DAY_US
    yield Story("plant_daily", PRODUCT, "PLANT-U1", days[first].start_us, ends_us, faults, found)


def months(data_dir: Path, rate: float, seed: int) -> Iterator[Story]:
    """Each building's electricity and gas as an enterprise that reports its months."""
    start_us, names, kwh = estate(data_dir)
    for name, hourly in zip(names, kwh, strict=True):
        known = hourly[: int(np.flatnonzero(~np.isnan(hourly))[-1]) + 1]
        yield _months(name, start_us, known, MONTHS_TIMES * rate, generator(seed, MONTH, name))


def _months(subject: str, start_us: int, true: Hourly, rate: float, draw: np.random.Generator) -> Story:
    told, faults, found = true.copy(), [], []
    bounds = _month_bounds(start_us, start_us + len(true) * HOUR_US)
    for starts_us, ends_us in bounds:
        a, b = (starts_us - start_us) // HOUR_US, (ends_us - start_us) // HOUR_US
        if draw.random() < OUTAGE_SHARE:
            at = int(draw.integers(a, b))
            told[at : min(b, at + 1 + int(draw.lognormal(np.log(12), 1.2)))] = np.nan
        whole = float(true[a:b].sum())
        wrong = whole > 0 and draw.random() < rate
        off = float(draw.choice([-1, 1]) * draw.uniform(LEAST_OFF, MOST_OFF)) if wrong else 0.0
        month = ReportedMonth(
            starts_us=starts_us,
            ends_us=ends_us,
            carrier="electricity",
            reported=Fraction(f"{whole * (1 + off) * draw.normal(1.0, 0.01):.3g}"),
            metered=Fraction(float(np.nansum(told[a:b]))),
            coverage=float(np.mean(~np.isnan(told[a:b]))),
        )
        faults += [(starts_us, ends_us)] if wrong else []
        found += daily_monthly(month, shipped()["daily_monthly"])
    return Story(ESTATE, MONTH, subject, bounds[0][0], bounds[-1][1], faults, found)


def _month_bounds(first_us: int, end_us: int) -> list[tuple[int, int]]:
    """The whole months of Asia/Shanghai in [first_us, end_us)."""
    day = from_us(first_us).astimezone(SHANGHAI).date()
    start = start_of_day(date(day.year, day.month, 1))
    bounds = []
    while to_us(end := following(start, Grain.MONTH)) <= end_us:
        if to_us(start) >= first_us:
            bounds.append((to_us(start), to_us(end)))
        start = end
    return bounds
