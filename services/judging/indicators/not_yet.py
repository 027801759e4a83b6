"""A verdict on a part of a period is provisional: limits, levels and targets are meant for the whole of it.

Closure and surcharge stand on a year. Of one day's data neither follows, however well the day was measured, nor does
that all is well.
"""

from services.core.verdict import Verdict
from services.judging.data.tables import Tables
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.ratio import share_text

TOO_LITTLE = "too_little_of_period"
LEAST = "coverage_least"

Reasons = tuple[tuple[str, str], ...]


def is_provisional(tables: Tables, found: Evaluated) -> bool:
    """Whether less of the whole period is over and measured than the least coverage for a verdict."""
    return found.measured_share < float(tables.parameter(LEAST).value)


def not_yet(tables: Tables, found: Evaluated, verdict: Verdict, reasons: Reasons) -> tuple[Verdict, Reasons]:
    """The verdict, provisional where too little of the period is there; the reasons then say how much first."""
    if not verdict.decides or not is_provisional(tables, found):
        return verdict, reasons
    least = float(tables.parameter(LEAST).value)
    return Verdict.PROVISIONAL, ((TOO_LITTLE, share_text(found.measured_share, least)), *reasons)
