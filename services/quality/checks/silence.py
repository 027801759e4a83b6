"""Whether many enterprises fall silent at once: a fault of the collection, not energy that was saved. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.core.calendar import HOUR_US
from services.quality.checks.contract import CheckKind
from services.quality.checks.day import Finding

CHECK = "fleet_silence"
HOURS_OF_WEEK = 168
ONSET_H = 2
"""Enterprises that fall silent within so many hours of each other fall silent at once: collection is by the hour."""

Hours = NDArray[np.bool_]
"""Enterprise × hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceLimits:
    """The numbers of the check; rows of the table of checks."""

    least_enterprises: float
    least_share: float
    """Share of the enterprises that use energy at that hour of the week."""
    chance: float
    """So improbable it must be that so many stop by themselves at once, by their own past."""
    usual_share: float
    """An enterprise is down in an hour with less than this share of its usual quantity of that hour of the week."""


@dataclass(frozen=True, eq=False)
class FleetHours:
    """`quantity[enterprise, hour]`: of each enterprise in a unit of its own, NaN where nothing is known.

    The hours follow each other from `start_us`; the judged ones are the last `judged`, the others are the past.
    """

    start_us: int
    enterprises: Sequence[str]
    quantity: NDArray[np.float64]
    judged: int

    @property
    def past(self) -> int:
        """Hours of the past."""
        return int(self.quantity.shape[1]) - self.judged


def fleet_silence(fleet: FleetHours, limits: SilenceLimits) -> tuple[list[Finding], Hours]:
    """The hours in which too many fell silent at once and were not back, and who was (enterprise × judged hour).

    Silent is who uses next to nothing, or of whom nothing is known, where the past had a quantity at that hour of the
    week. Counted is who *falls* silent within two hours: plants that stop one after the other, as before a festival,
    stop by themselves. The value of a finding is their number, its limit the greatest number that would have been
    believed: by the smallest share and number allowed, and by chance (binomial tail with the share of hours in which
    an enterprise fell silent in the past). Without a week of past nothing is found.
    """
    nothing: Hours = np.zeros((len(fleet.enterprises), fleet.judged), dtype=bool)
    if fleet.past < HOURS_OF_WEEK:
        return [], nothing
    usual = _usual(fleet)
    using = usual > 0
    down: Hours = using & (np.isnan(fleet.quantity) | (fleet.quantity < limits.usual_share * usual))
    fell = _fell(down)
    rate = (int(fell[:, : fleet.past].sum()) + 1) / (int(using[:, : fleet.past].sum()) + 1)
    silent: Hours = np.zeros_like(down)
    findings = []
    for hour in range(fleet.past, fleet.past + fleet.judged):
        members = fell[:, hour] & ~silent[:, hour]
        count = int(members.sum())
        allowed = _allowed(int(using[:, hour].sum()), rate, limits)
        if count <= allowed:
            continue
        lasting = _lasting(down, members, max(0, hour - ONSET_H + 1))
        silent |= lasting
        hours = np.flatnonzero(lasting.any(axis=0))
        findings.append(
            Finding(
                CHECK,
                fleet.start_us + int(hours[0]) * HOUR_US,
                fleet.start_us + (int(hours[-1]) + 1) * HOUR_US,
                float(count),
                float(allowed),
                {"enterprises": int(using[:, hour].sum()), "usual_share": rate},
            )
        )
    return findings, silent[:, fleet.past :]


def _usual(fleet: FleetHours) -> NDArray[np.float64]:
    """Median of the past at each hour of the week, for all hours; NaN where the past knows nothing."""
    hours = fleet.quantity.shape[1]
    usual = np.full((len(fleet.enterprises), hours), np.nan)
    for i in range(HOURS_OF_WEEK):
        same = fleet.quantity[:, i : fleet.past : HOURS_OF_WEEK]
        known = ~np.all(np.isnan(same), axis=1)
        usual[known, i::HOURS_OF_WEEK] = np.nanmedian(same[known], axis=1)[:, None]
    return usual


def _fell(down: Hours) -> Hours:
    """Who was up, and has fallen silent within the last ONSET_H hours and is silent still."""
    begins = down.copy()
    begins[:, 1:] &= ~down[:, :-1]
    fell = begins.copy()
    still = begins
    for _ in range(1, ONSET_H):
        later = np.zeros_like(still)
        later[:, 1:] = still[:, :-1] & down[:, 1:]
        fell |= later
        still = later
    result: Hours = fell
    return result


def _lasting(down: Hours, members: NDArray[np.bool_], first: int) -> Hours:
    """The hours from `first` on in which each member is silent, until it is back."""
    lasting: Hours = np.zeros_like(down)
    for row in np.flatnonzero(members):
        start = first
        while not down[row, start]:
            start += 1
        up = np.flatnonzero(~down[row, start:])
        lasting[row, start : start + int(up[0]) if len(up) else down.shape[1]] = True
    return lasting


def _allowed(using: int, rate: float, limits: SilenceLimits) -> int:
    """The greatest number of `using` enterprises that may fall silent at once and still be believed."""
    least = max(int(limits.least_enterprises), math.ceil(limits.least_share * using)) - 1
    chance_of_one = min(1.0, rate * ONSET_H)
    if chance_of_one >= 1 or using == 0:
        return max(least, using)
    k = np.arange(1, using + 1)
    log_terms = np.concatenate([[0.0], np.cumsum(np.log(using - k + 1) - np.log(k))])
    log_terms += np.arange(using + 1) * math.log(chance_of_one)
    log_terms += (using - np.arange(using + 1)) * math.log1p(-chance_of_one)
    tail = np.cumsum(np.exp(log_terms)[::-1])[::-1]
    return max(least, int(np.flatnonzero(tail >= limits.chance)[-1]))


KIND = CheckKind(slug=CHECK, subject="area", unit="1", limits=SilenceLimits, period="now")
