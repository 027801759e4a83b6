"""The checks of data quality that the program can make: of whom, by what they are grouped, and how they are scored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

SubjectKind = Literal["meter", "unit", "enterprise", "gateway", "area"]


@dataclass(frozen=True, slots=True)
class CheckKind:
    """What the program knows of a check; names, unit, parameters and source are a row of the table of checks."""

    subject: SubjectKind
    unit: str
    """Of the values it finds, and of their limit."""
    period: Literal["now", "day", "month"] = "day"
    """Of what an alert rule speaks: the last complete day or month, or what goes on now."""
    is_of_series: bool = False
    """Made of the readings of one meter alone."""
    is_cross: bool = False
    """Holds what meters and reports say against each other: counts for the consistency of the data."""


CHECKS: Mapping[str, CheckKind] = {
    "implausible": CheckKind("meter", "1", is_of_series=True),
    "stuck": CheckKind("meter", "h", is_of_series=True),
    "zero_run": CheckKind("meter", "h", is_of_series=True),
    "reset_often": CheckKind("meter", "1", is_of_series=True),
    "too_regular": CheckKind("meter", "1", is_of_series=True),
    "rounded": CheckKind("meter", "1", is_of_series=True),
    "repeated": CheckKind("meter", "h", is_of_series=True),
    "balance": CheckKind("enterprise", "1", is_cross=True),
    "energy_product": CheckKind("unit", "1", is_cross=True),
    "daily_monthly": CheckKind("enterprise", "1", period="month", is_cross=True),
    "clock_drift": CheckKind("gateway", "s"),
    "calibration_due": CheckKind("meter", "d"),
    "fleet_silence": CheckKind("area", "1", period="now"),
}
"""By slug, which is the code of its row in the table of checks."""

SERIES = tuple(slug for slug, kind in CHECKS.items() if kind.is_of_series)
CROSS = tuple(slug for slug, kind in CHECKS.items() if kind.is_cross)
ALERTED = tuple(slug for slug in CHECKS if slug != "calibration_due")
"""Of which alert rules can speak; of calibrations they do by the days left."""
