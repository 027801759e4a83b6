"""Whether a unit keeps its mandatory limit 能耗限额, corrected by what it gave of itself.

A standard prints a limit and corrects it: for a poor ore, an old oven, wet coal. Above what could be allowed at most it
is broken. Up to the printed limit, corrected by what is given, it is kept. Between the two it depends on what is not
given: that cannot be judged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from services.core.verdict import Verdict
from services.judging.corrections import CorrectedLimit, GivenInput, corrected
from services.judging.data.limits import LAST_GRADE, Limit
from services.judging.data.processes import Process
from services.judging.data.tables import Tables
from services.judging.indicators.kinds import Indicator
from services.judging.indicators.unit_inputs import WithInputs, given_over

Reasons = tuple[tuple[str, str], ...]
BROKEN, KEPT, UNKNOWN = "above_mandatory_limit", "within_mandatory_limit", "correction_unknown"


@dataclass(frozen=True, slots=True)
class MandatoryLimit:
    """A value beside one grade of the standard in force. `rows`: of the classes that the unit may belong to."""

    grade: int
    rows: tuple[Limit, ...]
    verdict: Verdict
    low: Fraction | None
    """The limit by what is given; None: there is none."""
    high: Fraction | None
    """With the most that could be allowed for what is not given; None: there is no telling."""
    limits: tuple[CorrectedLimit, ...]
    wanted: tuple[str, ...]
    """Inputs that are not given and could decide."""

    @property
    def row(self) -> Limit:
        """The row of the limit; of several the most lenient one."""
        return max(self.rows, key=lambda row: row.value)

    @property
    def deciding(self) -> Fraction | None:
        """What the value was held against."""
        return self.high if self.verdict is Verdict.BREACH else self.low

    @property
    def correction_rows(self) -> list[str]:
        """Codes of the rows by which it was corrected."""
        terms = (term for each in self.limits for term, _ in each.applied)
        return list(dict.fromkeys(part.row for term in terms for part in term.parts))

    def reason(self) -> tuple[str, str]:
        """Why the verdict is as it is."""
        if self.verdict is Verdict.CANNOT_JUDGE:
            return UNKNOWN, ", ".join(self.wanted)
        return (BROKEN if self.verdict is Verdict.BREACH else KEPT), self.row.code


def limited_as(indicator: Indicator, process: Process) -> str | None:
    """What the limit standards call the indicator, of units of the process; None: they limit no such thing."""
    by_metric = {by.metric: by.limited_as for by in indicator.judged_by.metrics}
    return by_metric.get(process.metric, indicator.judged_by.limited_as)


def limits_ever(tables: Tables, indicator: Indicator, process: Process) -> list[Limit]:
    """The limits of all standards: of all classes where they differ by a choice of the unit."""
    item = limited_as(indicator, process)
    if item is None:
        return []
    choices = _choices(tables, process)
    rows = tables.limits_of.get(process.code, ())
    return [row for row in rows if (row.item in choices if choices else row.item == item)]


def limits_on(tables: Tables, indicator: Indicator, process: Process, day: date) -> tuple[Limit, ...]:
    """Those of the newest standard in force on `day`."""
    found = [
        row
        for row in limits_ever(tables, indicator, process)
        if row.valid_from <= day and (row.valid_to is None or day < row.valid_to)
    ]
    newest = max((row.valid_from for row in found), default=None)
    return tuple(row for row in found if row.valid_from == newest)


def _choices(tables: Tables, process: Process) -> Sequence[str]:
    name = tables.chooses_item.get(process.code)
    return tables.allowed_inputs[name].choices if name is not None else ()


def mandatory_limit(
    tables: Tables,
    indicator: Indicator,
    unit: WithInputs,
    value: Fraction,
    *,
    first: date,
    last: date,
    grade: int = LAST_GRADE,
) -> MandatoryLimit | None:
    """The value beside the limit of a grade in force on `last`, the last day measured; None where none holds."""
    process = tables.process.get(unit.process or "")
    if process is None:
        return None
    given = given_over(unit, first, last)
    rows, wanted = _of_class(tables, process, limits_on(tables, indicator, process, last), given)
    rows = tuple(row for row in rows if row.grade == grade)
    if not rows:
        return None
    limits = tuple(_corrected(tables, row, given) for row in rows)
    lows, highs = [each.low for each in limits], [each.high for each in limits]
    low = min((each for each in lows if each is not None), default=None)
    high = None if None in highs else max(each for each in highs if each is not None)
    if low is None or value <= low:
        verdict = Verdict.OK
    elif high is not None and value > high:
        verdict = Verdict.BREACH
    else:
        verdict = Verdict.CANNOT_JUDGE
    names = dict.fromkeys((*wanted, *(name for each in limits for name in each.wanted)))
    return MandatoryLimit(grade, rows, verdict, low, high, limits, tuple(names))


def grade_kept(
    tables: Tables, indicator: Indicator, unit: WithInputs, value: Fraction, *, first: date, last: date
) -> int | None:
    """The best grade that is surely kept; None where none is."""
    known = (
        mandatory_limit(tables, indicator, unit, value, first=first, last=last, grade=grade)
        for grade in range(1, LAST_GRADE + 1)
    )
    return next((each.grade for each in known if each is not None and each.verdict is Verdict.OK), None)


def _of_class(
    tables: Tables, process: Process, rows: Iterable[Limit], given: Mapping[str, GivenInput]
) -> tuple[Sequence[Limit], Sequence[str]]:
    """Those of the class that the unit says it is of, else all; and the input that would say it."""
    found = tuple(rows)
    name = tables.chooses_item.get(process.code)
    if name is None:
        return found, ()
    known = given.get(name)
    if known is None or not known.whole:
        return found, (name,)
    return tuple(row for row in found if row.item in known.values), (name,) if len(known.values) > 1 else ()


def _corrected(tables: Tables, row: Limit, given: Mapping[str, GivenInput]) -> CorrectedLimit:
    return corrected(Fraction(row.value), tables.correction_terms[row.code], given, tables.allowed_inputs)


def joined(verdict: Verdict, reasons: Reasons, limit: MandatoryLimit | None) -> tuple[Verdict, Reasons]:
    """A verdict by levels together with that by the mandatory limit: in breach of either, in order with both."""
    if limit is None or (verdict is Verdict.BREACH and limit.verdict is not Verdict.BREACH):
        return verdict, reasons
    reason = limit.reason()
    by_levels = reasons if verdict is not Verdict.CANNOT_JUDGE else ()
    if limit.verdict is Verdict.BREACH:
        return Verdict.BREACH, (reason, *(by_levels if verdict is Verdict.BREACH else ()))
    return limit.verdict, (reason, *by_levels) if limit.verdict is Verdict.CANNOT_JUDGE else (by_levels or (reason,))
