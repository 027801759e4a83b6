"""The list of energy efficiency 企业能效清单: each unit placed, judged, and given its deadline. Reads no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from services.alerts.rules.comparable import INDICATOR_OF_METRIC, LIMITED_AS, OIL, PUE
from services.core.area_tree import AreaTree
from services.core.verdict import Verdict
from services.judging.data.limits import Limit
from services.judging.data.processes import Process
from services.judging.data.tables import Tables
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.judging import Held, Where, judged
from services.judging.indicators.kinds import Indicator, Ratio
from services.judging.indicators.listing import BY_SLUG
from services.judging.indicators.scope import Unit
from services.judging.levels import (
    Deadline,
    DeadlineFrom,
    Levels,
    Placing,
    ProjectKind,
    deadline_applies,
    judge,
    levels_on,
    place,
    project_kind,
    retrofit_deadline,
)
from services.judging.limit import grade_of


@dataclass(frozen=True, slots=True)
class PlacedUnit:
    """A unit of the list. What is None could not be told; the reasons say why."""

    unit: Unit
    process: Process
    indicator: Indicator
    ratio: Ratio
    kind: ProjectKind
    levels: Levels | None
    verdict: Verdict
    reasons: tuple[tuple[str, str], ...]
    placing: Placing | None = None
    deadline: Deadline | None = None
    limits: tuple[Limit, ...] = ()
    """Of the mandatory standard in force, by grade; its corrections are not applied."""
    grade: int | None = None
    targets: tuple[Held, ...] = ()
    """Of a data centre: what the plan asks of its kind."""

    @property
    def rows(self) -> list[str]:
        """Codes of the rows that it was placed and judged by, without coefficients and targets."""
        levels = [self.levels.benchmark_row, self.levels.baseline_row] if self.levels else []
        needed = ["oil_equivalent"] if self.process.metric == OIL else []
        if self.deadline and self.deadline.set_by is DeadlineFrom.LONGEST:
            needed.append("retrofit_longest")
        return list(dict.fromkeys([*levels, *(limit.code for limit in self.limits), *needed]))


def listed(tables: Tables) -> dict[str, Indicator]:
    """The processes of the list and what they are judged by: those with two levels, and data centres."""
    return {
        process.code: BY_SLUG[INDICATOR_OF_METRIC[process.metric]]
        for process in tables.processes
        if process.metric in INDICATOR_OF_METRIC and (process.metric == PUE or process.code in tables.levels)
    }


@dataclass(frozen=True, slots=True)
class _InForce:
    """What holds for a process on the day."""

    process: Process
    levels: Levels | None
    limits: tuple[Limit, ...]
    grades: Mapping[int, Fraction]


class Placer:
    """Places units by what is in force on a day, the last one of what was measured."""

    def __init__(self, tables: Tables, tree: AreaTree, day: date) -> None:
        self._tables, self._tree, self._day = tables, tree, day
        self._found: dict[str, _InForce] = {}

    def _in_force(self, code: str) -> _InForce:
        if code not in self._found:
            process = self._tables.process[code]
            limits = self._limits(process)
            grades = {row.grade: Fraction(row.value) for row in limits}
            self._found[code] = _InForce(process, self._levels(process, limits), limits, grades)
        return self._found[code]

    def placed(self, found: Evaluated) -> PlacedUnit:
        """One unit, evaluated, with its place, verdict and deadline.

        Like the verdict on an indicator it says so where there were meters for a part of the period only.
        """
        placed = self._placed(found)
        return replace(placed, reasons=tuple(dict.fromkeys((*placed.reasons, *found.reasons_of_part))))

    def _placed(self, found: Evaluated) -> PlacedUnit:
        (unit,) = found.units
        in_force = self._in_force(unit.process or "")
        process, levels = in_force.process, in_force.levels
        ratio = self._in_oil(found.ratio) if process.metric == OIL else found.ratio
        edition_from = levels.valid_from if levels else date.max
        known = PlacedUnit(
            unit,
            process,
            BY_SLUG[INDICATOR_OF_METRIC[process.metric]],
            ratio,
            project_kind(unit.status, unit.commissioned_on, edition_from=edition_from),
            levels,
            Verdict.CANNOT_JUDGE,
            ratio.reasons or (("no_limit", process.code),),
            limits=in_force.limits,
        )
        if levels is None or ratio.reasons or ratio.value is None:
            return known
        placing = place(ratio.value, levels)
        grade = grade_of(ratio.value, in_force.grades)
        known = replace(known, placing=placing, grade=grade)
        return self._data_centre(known, found) if process.metric == PUE else self._by_levels(known, placing)

    def _in_oil(self, ratio: Ratio) -> Ratio:
        """The ratio in kg of oil equivalent, as the levels of the process are."""
        per_kgce = 1 / Fraction(self._tables.parameter("oil_equivalent").value)
        value = None if ratio.value is None else ratio.value * per_kgce
        return replace(ratio, value=value, numerator=ratio.numerator.scaled(per_kgce))

    def _limits(self, process: Process) -> tuple[Limit, ...]:
        """The grades of what is measured of the process, of the newest standard in force."""
        found = [
            row
            for row in self._tables.limits
            if row.process == process.code
            and row.item == LIMITED_AS.get(process.metric)
            and row.valid_from <= self._day
            and (row.valid_to is None or self._day < row.valid_to)
        ]
        newest = max((row.valid_from for row in found), default=None)
        return tuple(row for row in found if row.valid_from == newest)

    def _levels(self, process: Process, limits: Sequence[Limit]) -> Levels | None:
        """Those of the list; no list names data centres, so they have the first and the last grade of their limit."""
        if process.metric != PUE:
            return levels_on(self._tables.levels.get(process.code, ()), self._day)
        if not limits:
            return None
        best, least = min(limits, key=lambda row: row.grade), max(limits, key=lambda row: row.grade)
        return Levels(
            best.standard,
            Fraction(best.value),
            Fraction(least.value),
            best.valid_from,
            best.valid_to,
            benchmark_row=best.code,
            baseline_row=least.code,
        )

    def _by_levels(self, known: PlacedUnit, placing: Placing) -> PlacedUnit:
        finding = judge(placing, known.kind)
        deadline = None
        if deadline_applies(placing, known.kind):
            deadline = retrofit_deadline(
                due_on=known.unit.retrofit_due_on,
                listed_on=known.unit.retrofit_listed_on,
                longest_years=int(self._tables.parameter("retrofit_longest").value),
                national=known.process.retrofit_deadline,
            )
        reasons = ((finding.reason, known.process.code),)
        return replace(known, verdict=finding.verdict, reasons=reasons, deadline=deadline)

    def _data_centre(self, known: PlacedUnit, found: Evaluated) -> PlacedUnit:
        """By the limit of its standard, and the target of the plan that speaks of its kind."""
        judgement = judged(self._tables, known.indicator, found, Where(None, None, self._tree))
        targets = tuple(held for held in judgement.limits if held.what == "target")
        return replace(known, verdict=judgement.verdict, reasons=judgement.reasons, targets=targets)
