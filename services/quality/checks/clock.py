"""Whether the clock of a gateway is right, by when its readings arrive. Pure."""

from dataclasses import dataclass

import numpy as np

from services.core.calendar import DAY_US
from services.quality.checks.contract import CheckKind
from services.quality.checks.day import Finding, Times

CHECK = "clock_drift"
_US = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockLimits:
    """The numbers of the check; rows of the table of checks."""

    ahead_s: float
    """A reading that arrives so long before its own time shows a clock that is ahead."""
    behind_s: float
    """Where even the quickest readings take longer than this …"""
    steady_s: float
    """… and half of all take hardly longer than these, the clock is behind; else the line is slow."""
    least_readings: float


def clock_drift(start_us: int, due_us: Times, received_us: Times, limits: ClockLimits) -> list[Finding]:
    """At most one finding: seconds by which the clock of a gateway differs that day, and the seconds allowed.

    `due_us`: when each reading of the day can be known at the earliest (its time; of an interval meter the end of its
    period), `received_us`: when it was received. What is sent late in a burst does not count against the clock: the
    quickest readings do.
    """
    if len(due_us) < max(1.0, limits.least_readings):
        return []
    lags_us = received_us - due_us
    least_s, median_s = float(lags_us.min()) / _US, float(np.median(lags_us)) / _US
    ahead = -least_s > limits.ahead_s
    if not ahead and not (least_s > limits.behind_s and median_s - least_s <= limits.steady_s):
        return []
    limit = limits.ahead_s if ahead else limits.behind_s
    detail = {"direction": "ahead" if ahead else "behind", "median_lag_s": median_s, "readings": len(due_us)}
    return [Finding(CHECK, start_us, start_us + DAY_US, abs(least_s), limit, detail)]


KIND = CheckKind(slug=CHECK, subject="gateway", unit="s", limits=ClockLimits)
