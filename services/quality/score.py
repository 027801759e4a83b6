"""Scores of the quality of data, 0 to 1: ratios of sums, and their weighted mean. Pure.

The dimensions are those of the composite index of DB53/T 1116-2022 (completeness, accuracy, timeliness, validity …) and
of the technical rules of the online monitoring (uploaded / expected points; daily against monthly reports); their
weights are parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What is counted of some meters over some days. Tallies add up."""

    expected: float = 0.0
    """Readings that should have come."""
    readings: int = 0
    """Readings that are stored, also more than one of the same period."""
    received: int = 0
    """Expected readings that came."""
    timed: float = 0.0
    """Expected readings that could have come in time: those of a time at which their meter was registered."""
    on_time: int = 0
    valid: int = 0
    expected_s: float = 0.0
    measured_s: int = 0
    registered: float = 0.0
    """Expected readings of meters whose calibration is registered."""
    calibrated: float = 0.0
    """Those of them on days on which it held."""
    unrated: float = 0.0
    """Expected readings of counters without a rated power: what they rise by is judged by their own past."""
    meter_days: float = 0.0
    inconsistent: int = 0
    """Days of meters with a finding of a check across meters and reports."""
    resets: int = 0

    @property
    def consistent(self) -> float:
        """Days of meters without such a finding."""
        return self.meter_days - self.inconsistent

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The scores, 0 to 1; None where there is nothing to judge."""

    completeness: float | None
    """Measured share of the time in which readings were expected."""
    timeliness: float | None
    """Share that came in time of the expected readings that could have."""
    validity: float | None
    """Received readings that are believed."""
    accuracy: float | None
    """Expected readings of meters in calibration; meters of which none is registered do not count."""
    consistency: float | None
    """Days of meters without a finding of a check across meters and reports."""
    composite: float | None
    """Their weighted mean, of those that can be told."""


_PARTS: Mapping[str, tuple[str, str]] = {
    "completeness": ("measured_s", "expected_s"),
    "timeliness": ("on_time", "timed"),
    "validity": ("valid", "received"),
    "accuracy": ("calibrated", "registered"),
    "consistency": ("consistent", "meter_days"),
}
"""Of each dimension which part of a tally is held against which."""

DIMENSIONS = tuple(_PARTS)


def dimension(name: str, tally: Tally) -> float | None:
    """One of the dimensions of a tally; None where there is nothing to judge."""
    part, whole = (getattr(tally, each) for each in _PARTS[name])
    return max(0.0, min(1.0, part / whole)) if whole > 0 else None


def scores(tally: Tally, weights: Mapping[str, float]) -> Scores:
    """The scores of a tally; `weights` by dimension. No composite where no reading was expected."""
    found = {name: dimension(name, tally) for name in DIMENSIONS}
    told = {name: value for name, value in found.items() if value is not None}
    weight = sum(weights[name] for name in told)
    composite = None
    if found["completeness"] is not None and weight > 0:
        composite = sum(weights[name] * value for name, value in told.items()) / weight
    return Scores(**found, composite=composite)
