"""The list of energy efficiency 企业能效清单: each unit placed, judged, and given its deadline. Reads no database."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from services.core.area_tree import AreaTree
from services.core.told_apart import plain
from services.core.verdict import Verdict
from services.judging.data.limits import Limit
from services.judging.data.processes import Process
from services.judging.data.retrofits import RetrofitDeadline, deadline_on
from services.judging.data.tables import Tables
from services.judging.indicators.aims import Where
from services.judging.indicators.band import HEAT_VALUE_UNKNOWN
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.judged_by import LevelsFrom
from services.judging.indicators.judging import Held, first_day, judged
from services.judging.indicators.kinds import Indicator, Ratio
from services.judging.indicators.mandatory import MandatoryLimit, grade_kept, joined, mandatory_limit
from services.judging.indicators.not_yet import is_provisional, not_yet
from services.judging.indicators.scope import JudgedUnit
from services.judging.indicators.standards import Standard, standard_of
from services.judging.levels import (
    Deadline,
    DeadlineFrom,
    Levels,
    Placing,
    ProjectKind,
    deadline_applies,
    judge,
    level_for,
    place,
    retrofit_deadline,
)
from services.judging.limit import grade_of


@dataclass(frozen=True, slots=True)
class PlacedUnit:
    """A unit of the list. What is None could not be told; the reasons say why."""

    unit: JudgedUnit
    standard: Standard
    ratio: Ratio
    """In the unit in which the levels are given."""
    verdict: Verdict
    reasons: tuple[tuple[str, str], ...]
    placing: Placing | None = None
    provisional: bool = False
    """Whether too little of the period is over and measured for its place to be settled."""
    deadline: Deadline | None = None
    deadline_row: RetrofitDeadline | None = None
    """The act that sets the deadline, where it is the national one."""
    grade: int | None = None
    mandatory: MandatoryLimit | None = None
    targets: tuple[Held, ...] = ()
    """Of a data centre: what the plan asks of its kind."""
    metered: float = 0.0
    """Share of the range for which it had meters."""

    @property
    def process(self) -> Process:
        """The process of the unit."""
        return self.standard.process

    @property
    def indicator(self) -> Indicator:
        """What it is judged by."""
        return self.standard.indicator

    @property
    def levels(self) -> Levels | None:
        """Those in force."""
        return self.standard.levels

    @property
    def limits(self) -> tuple[Limit, ...]:
        """Of the mandatory standard in force, by grade, as printed."""
        return self.standard.limits

    @property
    def kind(self) -> ProjectKind:
        """How the list treats it."""
        return self.standard.kind_of(self.unit)

    @property
    def rows(self) -> list[str]:
        """Codes of the rows that it was placed and judged by, without coefficients and targets."""
        levels = [self.levels.benchmark_row, self.levels.baseline_row] if self.levels else []
        in_other = self.standard.by.levels_in
        needed = [in_other.parameter] if in_other else []
        if self.deadline and self.deadline.set_by is DeadlineFrom.LONGEST:
            needed.append("retrofit_longest")
        corrected = self.mandatory.correction_rows if self.mandatory else []
        return list(dict.fromkeys([*levels, *(limit.code for limit in self.limits), *corrected, *needed]))


def place_unit(tables: Tables, tree: AreaTree, found: Evaluated, *, day: date, today: date) -> PlacedUnit:
    """One unit, evaluated, with its place and verdict by what is in force on `day`, the last one measured.

    Its deadline is that of `today`: a later act that gives more time gives it to who was measured before it, too.

    Like the verdict on an indicator it says so where there were meters for a part of the period only, and is
    provisional, without a deadline, where that part is too small.
    """
    unit = _placed(tables, tree, found, day=day, today=today)
    if found.ratio.band is not None and unit.verdict.decides:
        unit = _as_sure(unit, [_placed(tables, tree, end, day=day, today=today) for end in found.at_ends()])
    verdict, reasons = not_yet(tables, found, unit.verdict, unit.reasons)
    # nobody has to close down what was seen for a part of the period, whatever else keeps it from being judged
    if is_provisional(tables, found):
        unit = replace(unit, deadline=None, deadline_row=None, provisional=True)
    return replace(
        unit,
        verdict=verdict,
        reasons=tuple(dict.fromkeys((*reasons, *found.reasons_of_part))),
        metered=min(1.0, found.metered_s / (found.end - found.start).total_seconds()),
    )


def _as_sure(unit: PlacedUnit, ends: Sequence[PlacedUnit]) -> PlacedUnit:
    """The unit as it is at both ends of the band of its value; what differs there nobody can tell before measuring."""
    if {end.verdict for end in ends} != {unit.verdict}:
        assert unit.ratio.band is not None
        numbers = [] if unit.levels is None else [f"<= {plain(unit.levels.value_of(level_for(unit.kind)))}"]
        why = (HEAT_VALUE_UNKNOWN, "; ".join([*numbers, unit.ratio.band.words]))
        return PlacedUnit(unit.unit, unit.standard, unit.ratio, Verdict.CANNOT_JUDGE, (why,))
    if {(end.placing, end.grade, end.deadline) for end in ends} == {(unit.placing, unit.grade, unit.deadline)}:
        return unit
    assert unit.ratio.band is not None
    reasons = tuple(dict.fromkeys(reason for end in ends for reason in end.reasons))
    unknown = (*reasons, (HEAT_VALUE_UNKNOWN, unit.ratio.band.words))
    return replace(unit, placing=None, grade=None, deadline=None, deadline_row=None, reasons=unknown)


def _placed(tables: Tables, tree: AreaTree, found: Evaluated, *, day: date, today: date) -> PlacedUnit:
    (unit,) = found.units
    standard = standard_of(tables, unit.process, day)
    assert standard is not None, unit.process
    ratio = standard.in_its_unit(found.ratio)
    reasons = ratio.reasons or (("no_limit", standard.process.code),)
    known = PlacedUnit(unit, standard, ratio, Verdict.CANNOT_JUDGE, reasons)
    if standard.levels is None or ratio.reasons or ratio.value is None:
        return known
    placing = place(ratio.value, standard.levels)
    known = replace(known, placing=placing)
    if standard.by.levels_from is LevelsFrom.LIMIT:
        return _by_limit(tables, tree, replace(known, grade=grade_of(ratio.value, standard.grades)), found)
    placed = _by_levels(tables, known, placing, today=today)
    return _with_mandatory_limit(tables, placed, ratio.value, first_day(found), day)


def _with_mandatory_limit(tables: Tables, known: PlacedUnit, value: Fraction, first: date, last: date) -> PlacedUnit:
    """The unit judged by its mandatory limit too."""
    limit = mandatory_limit(tables, known.indicator, known.unit, value, first=first, last=last)
    if limit is None:
        return known
    verdict, reasons = joined(known.verdict, known.reasons, limit)
    grade = grade_kept(tables, known.indicator, known.unit, value, first=first, last=last)
    return replace(known, verdict=verdict, reasons=reasons, grade=grade, mandatory=limit)


def _by_levels(tables: Tables, known: PlacedUnit, placing: Placing, *, today: date) -> PlacedUnit:
    finding = judge(placing, known.kind)
    deadline = None
    national = deadline_on(tables.retrofits_of.get(known.process.code, ()), today)
    if deadline_applies(placing, known.kind):
        deadline = retrofit_deadline(
            due_on=known.unit.retrofit_due_on,
            listed_on=known.unit.retrofit_listed_on,
            longest_years=int(tables.parameter("retrofit_longest").value),
            national=national.due_on if national else None,
        )
    is_national = deadline is not None and deadline.set_by is DeadlineFrom.NATIONAL
    return replace(
        known,
        verdict=finding.verdict,
        reasons=((finding.reason, known.process.code),),
        deadline=deadline,
        deadline_row=national if is_national else None,
    )


def _by_limit(tables: Tables, tree: AreaTree, known: PlacedUnit, found: Evaluated) -> PlacedUnit:
    """By the limit of its standard, and the target of the plan that speaks of its kind."""
    judgement = judged(tables, known.indicator, found, Where(None, None, tree))
    targets = tuple(held for held in judgement.limits if held.what == "target")
    return replace(known, verdict=judgement.verdict, reasons=judgement.reasons, targets=targets)
