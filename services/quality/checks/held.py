"""Whether a gateway sends readings of a time that cannot be: a clock that fell back. Pure."""

from dataclasses import dataclass
from datetime import date

from services.core.calendar import DAY_US, start_of_day, to_us
from services.quality.checks.contract import CheckKind
from services.quality.checks.day import Finding

CHECK = "held_readings"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLimits:
    """The number of the check; a row of the table of checks."""

    most: float
    """So many readings may be held of a gateway and day."""


def held_readings(day: date, readings: int, oldest: str, limits: HeldLimits) -> list[Finding]:
    """At most one finding: how many readings received on a day are held, and the oldest time among them."""
    if readings <= limits.most:
        return []
    start_us = to_us(start_of_day(day))
    return [Finding(CHECK, start_us, start_us + DAY_US, readings, limits.most, {"oldest": oldest})]


KIND = CheckKind(slug=CHECK, subject="gateway", unit="1", limits=HeldLimits, is_alerted=False)
