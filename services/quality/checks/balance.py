"""Whether what the sub meters of an enterprise say adds up to what its boundary meters say. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from services.core.calendar import DAY_US
from services.quality.checks.contract import CheckKind
from services.quality.checks.day import Detail, Finding

CHECK = "balance"


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceLimits:
    """The numbers of the check; rows of the table of checks."""

    most_apart: float
    """Share of the boundary by which the sub meters may differ."""
    coverage_least: float
    """A day of which less is measured, on either side, is not compared."""
    least_days: float
    """So many comparable days before the judged one tell whether the sub meters measure everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceDay:
    """One carrier of one enterprise on one day: inputs less outputs at the boundary, and the sum of the sub meters.

    Quantities in the carrier's unit, coverage 0 to 1.
    """

    start_us: int
    carrier: str
    boundary: float
    boundary_coverage: float
    sub: float
    sub_coverage: float


def balance(day: BalanceDay, before: Sequence[BalanceDay], limits: BalanceLimits) -> list[Finding]:
    """At most one finding: the difference as a share of the boundary, and the share allowed.

    Sub meters that say more than the boundary cannot both be right. Sub meters that say less are a finding only where
    they used to measure everything: in an enterprise that sub-meters a part, the rest says nothing.
    """
    if not _comparable(day, limits):
        return []
    apart, most = day.sub - day.boundary, limits.most_apart * day.boundary
    past = [each.sub / each.boundary for each in before if _comparable(each, limits)]
    complete = len(past) >= limits.least_days and abs(median(past) - 1) <= limits.most_apart
    if not (apart > most or (complete and -apart > most)):
        return []
    detail: Detail = {"carrier": day.carrier, "boundary": day.boundary, "sub": day.sub, "days_before": len(past)}
    return [Finding(CHECK, day.start_us, day.start_us + DAY_US, abs(apart) / day.boundary, limits.most_apart, detail)]


def _comparable(day: BalanceDay, limits: BalanceLimits) -> bool:
    return day.boundary > 0 and min(day.boundary_coverage, day.sub_coverage) >= limits.coverage_least


KIND = CheckKind(slug=CHECK, subject="enterprise", unit="1", limits=BalanceLimits, is_cross=True)
