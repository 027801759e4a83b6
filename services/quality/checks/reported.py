"""Whether the month that an enterprise reports agrees with the days that its meters sent. Pure."""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from services.quality.checks.contract import CheckKind
from services.quality.checks.day import Detail, Finding

CHECK = "daily_monthly"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedLimits:
    """The numbers of the check; rows of the table of checks."""

    most_apart: float
    """Share of the reported month by which the sum of the days may differ."""
    coverage_least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedMonth:
    """One carrier of one enterprise in one month: what was reported, and the sum of the metered days.

    Quantities in the carrier's unit, without a digit lost; coverage of the metered days 0 to 1; `beside`: unit and flow
    of a manual report.
    """

    starts_us: int
    ends_us: int
    carrier: str
    reported: Fraction
    metered: Fraction
    coverage: float
    beside: Detail = field(default_factory=dict)


def daily_monthly(month: ReportedMonth, limits: ReportedLimits) -> list[Finding]:
    """At most one finding: the difference as a share of the reported month, and the share allowed.

    A month of which too little is measured is not compared. Where nothing was reported but something is metered the
    difference is a share of what is metered.
    """
    whole = abs(month.reported or month.metered)
    if month.coverage < limits.coverage_least or not is_apart(month.reported, month.metered, limits):
        return []
    detail: Detail = {
        "carrier": month.carrier,
        "reported": float(month.reported),
        "metered": float(month.metered),
        **month.beside,
    }
    found = float(abs(month.metered - month.reported) / whole)
    return [Finding(CHECK, month.starts_us, month.ends_us, found, limits.most_apart, detail)]


def is_apart(reported: Fraction, metered: Fraction, limits: ReportedLimits) -> bool:
    """Whether two quantities in one unit differ by more than the share of the reported one that is allowed.

    Exactly that share is allowed, as it stands in the table.
    """
    return abs(metered - reported) > Fraction(Decimal(repr(limits.most_apart))) * abs(reported)


KIND = CheckKind(slug=CHECK, subject="enterprise", unit="1", limits=ReportedLimits, period="month", is_cross=True)
