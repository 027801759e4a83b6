"""Whether the month that an enterprise reports agrees with the days that its meters sent. Pure."""

from dataclasses import dataclass

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

    Quantities in the carrier's unit, coverage of the metered days 0 to 1.
    """

    starts_us: int
    ends_us: int
    carrier: str
    reported: float
    metered: float
    coverage: float


def daily_monthly(month: ReportedMonth, limits: ReportedLimits) -> list[Finding]:
    """At most one finding: the difference as a share of the reported month, and the share allowed.

    A month of which too little is measured is not compared. Where nothing was reported but something is metered the
    difference is a share of what is metered.
    """
    whole = month.reported or month.metered
    if month.coverage < limits.coverage_least or whole == 0:
        return []
    apart = abs(month.metered - month.reported)
    if apart <= limits.most_apart * abs(whole):
        return []
    detail: Detail = {"carrier": month.carrier, "reported": month.reported, "metered": month.metered}
    return [Finding(CHECK, month.starts_us, month.ends_us, apart / abs(whole), limits.most_apart, detail)]


KIND = CheckKind(slug=CHECK, subject="enterprise", unit="1", limits=ReportedLimits, period="month", is_cross=True)
