"""The checks of data quality that the program can make: of whom, by what they are grouped, and how they are scored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

SubjectKind = Literal["meter", "unit", "enterprise", "gateway", "area"]


@dataclass(frozen=True, slots=True)
class CheckKind:
    """What the program knows of a check; names, unit, parameters and source are a row of the table of checks."""

    subject: SubjectKind
    period: Literal["day", "month"] = "day"
    is_of_series: bool = False
    """Made of the readings of one meter alone."""
    is_cross: bool = False
    """Holds what meters and reports say against each other: counts for the consistency of the data."""


CHECKS: Mapping[str, CheckKind] = {
    "implausible": CheckKind("meter", is_of_series=True),
    "stuck": CheckKind("meter", is_of_series=True),
    "zero_run": CheckKind("meter", is_of_series=True),
    "reset_often": CheckKind("meter", is_of_series=True),
    "too_regular": CheckKind("meter", is_of_series=True),
    "rounded": CheckKind("meter", is_of_series=True),
    "repeated": CheckKind("meter", is_of_series=True),
    "balance": CheckKind("enterprise", is_cross=True),
    "energy_product": CheckKind("unit", is_cross=True),
    "daily_monthly": CheckKind("enterprise", period="month", is_cross=True),
    "clock_drift": CheckKind("gateway"),
    "calibration_due": CheckKind("meter"),
    "fleet_silence": CheckKind("area"),
}
"""By slug, which is the code of its row in the table of checks."""

SERIES = tuple(slug for slug, kind in CHECKS.items() if kind.is_of_series)
CROSS = tuple(slug for slug, kind in CHECKS.items() if kind.is_cross)
