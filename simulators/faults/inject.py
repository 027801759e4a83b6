"""Faults of measuring, put into a recorded series at a known place: what a check of data quality must find."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulators.fleet.draw import key_of
from simulators.replay.series import Series

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
PAST_DAYS = 35
"""The first days of a series stay as they are: without a past of its own no meter can be judged."""
_LEAST_CHANGED = 0.75
_DRAWS_EACH = 50

Values = NDArray[np.float64]
Fact = str | int | float


@dataclass(frozen=True)
class InjectedFault:
    """What was done to the readings of a meter in [first_ms, end_ms)."""

    kind: str
    meter: str
    first_ms: int
    end_ms: int
    facts: dict[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True)
class Injected:
    """A series with faults. In a counter each value is the register at the time of the reading."""

    series: Series
    faults: tuple[InjectedFault, ...]


@dataclass(frozen=True)
class SeriesFault:
    """One kind of fault: how many hours it lasts (least, most), and what it does."""

    effect: str
    hours: tuple[int, int]
    change: Callable[["Stretch"], tuple[Values, dict[str, Fact]] | None]
    of_counter: bool = False


@dataclass(frozen=True)
class Stretch:
    """The readings [first, end) of a series that are to be changed, and the chance that decides how."""

    values: Values
    first: int
    end: int
    of_day: int
    """Readings in a day."""
    decimals: int
    """Digits after the point as printed."""
    greatest: float
    draw: np.random.Generator

    @property
    def own(self) -> Values:
        """What stands there now."""
        return self.values[self.first : self.end]


def _spike(at: Stretch) -> tuple[Values, dict[str, Fact]] | None:
    """The point slips by one, two or three places, to more than the meter ever used."""
    factor = 10 ** int(at.draw.integers(1, 4))
    changed = np.round(at.own * factor, at.decimals)
    return (changed, {"factor": factor}) if (changed > at.greatest).all() else None


def _stuck(at: Stretch) -> tuple[Values, dict[str, Fact]] | None:
    value = float(at.own[0])
    return None if value == 0 else (np.full(len(at.own), value), {"value": value})


def _zeros(at: Stretch) -> tuple[Values, dict[str, Fact]]:
    return np.zeros(len(at.own)), {"hidden": round(float(at.own.sum()), 3)}


def _regular(at: Stretch) -> tuple[Values, dict[str, Fact]]:
    """Written from the mean of the stretch, with a little noise so that it does not look stuck."""
    mean = float(at.own.mean())
    least_step = 10.0**-at.decimals
    noise = at.draw.normal(0.0, max(0.005 * mean, 0.3 * least_step), len(at.own))
    return np.maximum(0.0, np.round(mean + noise, at.decimals)), {"mean": round(mean, 3)}


def _rounded(at: Stretch) -> tuple[Values, dict[str, Fact]] | None:
    """To tens, hundreds, … of the last printed digit: as coarse as leaves ten steps in the mean."""
    step = 10.0 ** (1 - at.decimals)
    while at.own.mean() >= 100 * step:
        step *= 10
    if at.own.mean() < 10 * step:
        return None
    return np.round(np.round(at.own / step) * step, at.decimals), {"step": step}


def _copied(at: Stretch) -> tuple[Values, dict[str, Fact]] | None:
    """The values of one of the seven days before, at the same time of day."""
    days = int(at.draw.integers(1, 8))
    back = days * at.of_day
    if len(at.own) > back:
        return None
    return at.values[at.first - back : at.end - back].copy(), {"days_before": days}


def _resets(at: Stretch) -> tuple[Values, dict[str, Fact]]:
    """The register begins at zero again with every fourth reading or so."""
    register, resets = at.own.copy(), 0
    for i in range(len(register)):
        if i == 0 or at.draw.random() < 0.25:
            register[i:] -= register[i]
            resets += 1
    return np.round(register, at.decimals), {"resets": resets}


SERIES_FAULTS: dict[str, SeriesFault] = {
    "spike": SeriesFault("a decimal point slips by 1 to 3 places, to more than the meter ever used", (0, 0), _spike),
    "stuck": SeriesFault("the same value again and again", (12, 48), _stuck),
    "zeros": SeriesFault("zero while the plant works", (6, 48), _zeros),
    "resets": SeriesFault("a counter's register begins at zero again and again", (12, 48), _resets, of_counter=True),
    "regular": SeriesFault("the mean with half a percent of noise instead of what was measured", (24, 72), _regular),
    "rounded": SeriesFault("values rounded by one digit or more", (12, 48), _rounded),
    "copied": SeriesFault("values of another day, up to a week before", (12, 48), _copied),
}


def inject(series: Series, kind: str, *, rate: float, seed: int, interval_s: int) -> Injected:
    """Put faults of one kind into an interval meter's series, until the share `rate` of its readings is false.

    The first PAST_DAYS stay as they are. A fault that would leave more than a quarter of its readings as they were is
    none, and is drawn anew. Faults lie at least a day apart, spikes anywhere.
    """
    fault = SERIES_FAULTS[kind]
    draw = np.random.default_rng(key_of(seed, kind, series.meter_code))
    decimals = _decimals(series.values)
    values = np.round(np.cumsum(series.values) - series.values, decimals) if fault.of_counter else series.values.copy()
    of_day = 86_400 // interval_s
    greatest = float(series.values.max())
    taken = np.zeros(len(values), dtype=bool)
    taken[: PAST_DAYS * of_day] = True
    made: list[tuple[int, int, Values, dict[str, Fact]]] = []
    for first, end in _places(draw, fault, taken, of_day, rate):
        changed = fault.change(Stretch(values, first, end, of_day, decimals, greatest, draw))
        if changed is None or np.mean(changed[0] != values[first:end]) < _LEAST_CHANGED:
            continue
        taken[first:end] = True
        made.append((first, end, *changed))
    told = values.copy()
    for first, end, stretch, _ in sorted(made, key=lambda each: each[0]):
        told[first:end] = stretch
        if fault.of_counter:
            told[end:] = np.round(values[end:] - values[end - 1] + stretch[-1], decimals)
    faults = tuple(
        InjectedFault(
            kind,
            series.meter_code,
            int(series.ts_ms[first]),
            int(series.ts_ms[end - 1]) + interval_s * 1000,
            facts,
        )
        for first, end, _, facts in sorted(made, key=lambda each: each[0])
    )
    return Injected(Series(series.meter_code, series.ts_ms, told), faults)


def _places(
    draw: np.random.Generator, fault: SeriesFault, taken: NDArray[np.bool_], of_day: int, rate: float
) -> Iterator[tuple[int, int]]:
    """Stretches that are free, until `rate` of the readings are taken or no more room is found."""
    untouched = int(taken.sum())
    wanted = rate * len(taken)
    margin = of_day if fault.hours[1] else 0
    for _ in range(int(_DRAWS_EACH * max(wanted, _DRAWS_EACH))):
        if taken.sum() - untouched >= wanted:
            return
        length = max(1, int(draw.integers(fault.hours[0], fault.hours[1] + 1)) * of_day // 24)
        first = int(draw.integers(0, len(taken) - length))
        if not taken[max(untouched, first - margin) : first + length + margin].any() and first >= untouched:
            yield first, first + length


def _decimals(values: Values) -> int:
    """Digits after the point with which the meter prints nearly all of its values."""
    for decimals in range(7):
        if np.mean(np.abs(values - np.round(values, decimals)) < 1e-9) > 0.98:
            return decimals
    return 7
