"""Whether a meter measures on with a calibration that holds no more. Pure."""

from dataclasses import dataclass
from datetime import date

from services.core.calendar import DAY_US, start_of_day, to_us
from services.quality.checks.contract import CheckKind
from services.quality.checks.day import Finding

CHECK = "calibration_due"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationLimits:
    """The number of the check; a row of the table of checks."""

    most_days_over: float
    """Days after the last day of a calibration on which the meter may still be used."""


def calibration_due(day: date, calibrated_until: date | None, limits: CalibrationLimits) -> list[Finding]:
    """At most one finding: the days since the calibration ended. Nothing is said where none is registered."""
    if calibrated_until is None:
        return []
    over = (day - calibrated_until).days
    if over <= limits.most_days_over:
        return []
    start_us = to_us(start_of_day(day))
    detail = {"calibrated_until": calibrated_until.isoformat()}
    return [Finding(CHECK, start_us, start_us + DAY_US, float(over), limits.most_days_over, detail)]


KIND = CheckKind(slug=CHECK, subject="meter", unit="d", limits=CalibrationLimits, is_alerted=False)
