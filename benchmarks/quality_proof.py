"""Faults put into measured series, and what the checks of data quality find of them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.core.calendar import DAY_US, HOUR_US, SHANGHAI, from_us
from services.core.meter import Flow, Kind, meter_rule
from services.energy.booking.booking import book
from services.energy.past import BEFORE_DAYS
from services.quality.checks.day import Finding, MeterDay, MeterFacts, Quantities
from services.quality.checks.declared import limits_of, load_checks
from services.quality.checks.series_checks import find
from simulators.faults.inject import SERIES_FAULTS, InjectedFault, inject
from simulators.replay import load_mapping, read_series
from simulators.replay.series import Series

CHECK_OF = {
    "spike": "implausible",
    "stuck": "stuck",
    "zeros": "zero_run",
    "zeros, product known": "zero_run",
    "resets": "reset_often",
    "regular": "too_regular",
    "rounded": "rounded",
    "copied": "repeated",
}
"""The check that must find each kind of fault. Zeros are looked for with and without the product of the plant."""
OF_SOURCE = {"zero_run": "zeros", "stuck": "flat"}
"""The check that must find what the source itself has wrong."""
RARE_ZERO_SHARE = 0.015
"""A meter that reads zero less often than this reads none by nature: its zeros are those of the source."""
FLAT_H = 20
"""So many equal hours, not zero, were filled in by the source."""
_MS = 1000
Spans = list[tuple[int, int]]


@dataclass(frozen=True)
class Judged:
    """What one check made of one meter's series with one kind of fault."""

    series: str
    kind: str
    meter: str
    faults: int
    found: int
    true_findings: int
    false_findings: int
    clean_years: float
    source_faults: int
    source_found: int
    false_spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Task:
    """One meter, one kind of fault, one seed; `kind` "" is the series as it is, judged by all checks."""

    series: str
    data_dir: Path
    meter: str
    kind: str
    rate: float
    seed: int
    near: bool = False
    """Judge only the days of faults and those after: for recall alone, in a small part of the time."""


def tasks(
    series: str, data_dir: Path, *, rate: float, seeds: Sequence[int], every: int = 1, near: bool = False
) -> list[Task]:
    """What is to be run to judge every check by each `every`-th meter of a series."""
    codes = [each.code for each in load_mapping(series).meter][::every]
    return [
        Task(series, data_dir, code, kind, rate, seed, near) for code in codes for kind in CHECK_OF for seed in seeds
    ]


def run(todo: Sequence[Task], *, processes: int = 1) -> Iterator[Judged]:
    """Each task's outcome, in order."""
    if processes == 1:
        yield from map(judge, todo)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(judge, todo, chunksize=4)


def judge(task: Task) -> Judged:
    """Inject, look at each day as the quality process would, and compare with what was injected."""
    mapping = load_mapping(task.series)
    clean = series_of(task.series, task.data_dir)[task.meter]
    name = task.kind.partition(",")[0]
    fault = SERIES_FAULTS[name]
    injected = inject(clean, name, rate=task.rate, seed=task.seed, interval_s=mapping.time.interval_s)
    rule = meter_rule(
        kind=Kind.COUNTER if fault.of_counter else Kind.INTERVAL,
        unit_of_measure="kWh",
        carrier_unit="kWh",
        multiplier=1,
        interval_s=mapping.time.interval_s,
    )
    meter = MeterFacts(task.meter, "electricity", Flow.INPUT, rule)
    product = _product(clean, mapping.time.interval_s, task.seed) if "product" in task.kind else {}
    check = CHECK_OF[task.kind]
    days = meter_days(injected.series, meter)
    faults = [(each.first_ms * _MS, each.end_ms * _MS + DAY_US) for each in injected.faults]
    judged = [i for i, day in enumerate(days) if not task.near or meets((day.start_us, day.start_us + DAY_US), faults)]
    found = _findings(meter, days, judged, product, check)
    return _compared(task, clean, injected.faults, merged(found), mapping.time.interval_s)


def meter_days(series: Series, meter: MeterFacts) -> list[MeterDay]:
    """The series cut into days of Asia/Shanghai, with the marks that the booking gives."""
    times_us = series.ts_ms * _MS
    marks = book(times_us.tolist(), series.values.tolist(), meter.rule).marks if meter.kind is Kind.COUNTER else {}
    first = from_us(int(times_us[0])).astimezone(SHANGHAI).date()
    last = from_us(int(times_us[-1])).astimezone(SHANGHAI).date()
    days = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        empty = MeterDay(day, times_us[:0], series.values[:0])
        a, b = np.searchsorted(times_us, (empty.start_us, empty.start_us + DAY_US))
        own = {int(at): marks[int(at)] for at in times_us[a:b] if int(at) in marks} if marks else {}
        days.append(MeterDay(day, times_us[a:b], series.values[a:b], own))
    return days


@cache
def shipped() -> dict[str, Any]:
    """The limits that are shipped."""
    return limits_of(load_checks(), daily_monthly_percent=5)


def _findings(
    meter: MeterFacts,
    days: Sequence[MeterDay],
    judged: Sequence[int],
    product: dict[date, Quantities],
    check: str,
) -> list[Finding]:
    """What one check finds, day by day, each with the days before it."""
    limits = shipped()
    return [
        finding
        for i in judged
        for finding in find(
            meter,
            days[i],
            days[max(0, i - BEFORE_DAYS) : i],
            limits,
            product_by_hour=product.get(days[i].day),
            only={check},
        )
    ]


def merged(found: Sequence[Finding]) -> Spans:
    """Findings that overlap or touch are one: a run that lasts for days is found on each of them."""
    spans: Spans = []
    for start, end in sorted((each.starts_us, each.ends_us) for each in found):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((start, end))
    return spans


def _compared(task: Task, clean: Series, faults: Sequence[InjectedFault], spans: Spans, interval_s: int) -> Judged:
    injected = [(each.first_ms * _MS, each.end_ms * _MS) for each in faults]
    source = source_faults(clean, interval_s)
    false = [each for each in spans if not meets(each, injected) and not meets(each, source)]
    first_us = int(clean.ts_ms[0]) * _MS + BEFORE_DAYS * DAY_US
    of_check = source_faults(clean, interval_s, OF_SOURCE.get(CHECK_OF[task.kind], ""))
    judged = [each for each in of_check if each[0] >= first_us and each[1] - each[0] >= 5 * HOUR_US]
    years = (int(clean.ts_ms[-1]) * _MS - first_us - sum(b - a for a, b in injected)) / DAY_US / 365
    return Judged(
        task.series,
        task.kind,
        task.meter,
        faults=len(injected),
        found=sum(meets(each, spans) for each in injected),
        true_findings=sum(meets(each, injected) for each in spans),
        false_findings=len(false),
        clean_years=years,
        source_faults=len(judged),
        source_found=sum(meets(each, spans) for each in judged),
        false_spans=tuple(false),
    )


def meets(span: tuple[int, int], others: Spans) -> bool:
    """Whether a span overlaps one of the others."""
    return any(start < span[1] and span[0] < end for start, end in others)


def source_faults(series: Series, interval_s: int, which: str = "zeros flat") -> Spans:
    """Where the source itself is wrong: zeros for what is missing, and flat days filled in. With an hour around."""
    values = series.values
    zero = values == 0
    wrong = zero & ("zeros" in which and np.mean(zero) < RARE_ZERO_SHARE)
    least = FLAT_H * 3600 // interval_s
    edges = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist(), len(values)]
    for a, b in pairwise(edges):
        if "flat" in which and b - a >= least and values[a] != 0 and not _is_usual(values, float(values[a])):
            wrong[a:b] = True
    edge = np.flatnonzero(np.diff(np.concatenate(([0], wrong.astype(np.int8), [0]))))
    around = 3600 * _MS
    return [
        (int(series.ts_ms[a] - around) * _MS, (int(series.ts_ms[b - 1]) + interval_s * _MS + around) * _MS)
        for a, b in zip(edge[::2], edge[1::2], strict=True)
    ]


def _is_usual(values: NDArray[np.float64], value: float) -> bool:
    """A value the meter shows often, such as a pilot flame's, may well last."""
    return bool(np.mean(values == value) > 0.01)


def _product(clean: Series, interval_s: int, seed: int) -> dict[date, Quantities]:
    """An invented product by hour: follows the true energy of seven hours around, with 20 % of noise.

    Where the source has no energy nothing is known of the product either.
    """
    draw = np.random.default_rng([seed, len(clean)])
    hourly = clean.values[: len(clean) - len(clean) % (3600 // interval_s)].reshape(-1, 3600 // interval_s).sum(axis=1)
    smooth = np.convolve(hourly, np.ones(7) / 7, mode="same") * draw.lognormal(0.0, 0.2, len(hourly))
    made: dict[date, Quantities] = {}
    for i, at_ms in enumerate(clean.ts_ms[:: 3600 // interval_s][: len(hourly)]):
        moment = from_us(int(at_ms) * _MS).astimezone(SHANGHAI)
        made.setdefault(moment.date(), np.full(24, np.nan))[moment.hour] = smooth[i]
    return made


@cache
def series_of(name: str, data_dir: Path) -> dict[str, Series]:
    """The series of a recorded file by meter, read once."""
    return {each.meter_code: each for each in read_series(load_mapping(name), data_dir)}
