"""The targets of the plans that speak of a value, brought to its unit of measure."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from services.core.area_tree import AreaTree
from services.core.units import UnitError
from services.core.verdict import Verdict
from services.judging.data.plan_targets import PlanTarget
from services.judging.data.tables import Tables
from services.judging.indicators.judged_by import PARK_TARGETS
from services.judging.indicators.kinds import Indicator
from services.judging.indicators.scope import JudgedPark, JudgedUnit
from services.judging.indicators.standards import Standard, units_of_measure
from services.judging.levels import ProjectKind
from services.judging.limit import pue_scope
from services.judging.targets.target import meets
from services.judging.targets.target_unit import in_unit


@dataclass(frozen=True, slots=True)
class Where:
    """The place whose targets count: the area asked of or grouped by, or the park."""

    area_code: str | None
    park: JudgedPark | None
    tree: AreaTree

    @property
    def is_place(self) -> bool:
        """Whether it is an area or a park, and no unit or enterprise."""
        return self.area_code is not None or self.park is not None


@dataclass(frozen=True, slots=True)
class Aim:
    """A target of a plan that speaks of a value."""

    target: PlanTarget
    rate: Fraction
    """How much of the unit of the target is one of that of the value: a plan may print tce where kgce is measured."""
    always_due: bool
    """Whether it is due before its year."""

    @property
    def limit(self) -> Fraction:
        """The target in the unit of the value."""
        assert self.target.value is not None
        return Fraction(self.target.value) / self.rate

    def met_by(self, value: Fraction, year: int) -> bool | None:
        """Whether the value meets it; None where it decides nothing: of a later year it does only where it is met."""
        target = self.target
        finding = meets(
            target.op,
            actual=value * self.rate,
            target=target.value,
            high=target.value_high,
            better=target.direction,
            state=target.state,
        )
        if finding.verdict is Verdict.CANNOT_JUDGE:
            return None
        is_met = finding.verdict is Verdict.OK
        due = self.always_due or target.target_year is None or year >= target.target_year
        return is_met if due or is_met else None


def aims_of_unit(tables: Tables, standard: Standard, unit: JudgedUnit, year: int, tree: AreaTree) -> list[Aim]:
    """The targets that speak of single units of its kind, of plans of the areas in which it lies."""
    large_from = int(tables.parameter("data_centre_large_racks").value)
    is_new = standard.kind_of(unit) is not ProjectKind.EXISTING
    scope = pue_scope(is_new=is_new, standard_racks=unit.standard_racks, large_from_racks=large_from)
    subject = standard.indicator.judged_by.unit_targets.get(scope) if scope is not None else None
    if subject is None:
        return []
    targets = [
        target
        for target in _current(tables, standard.indicator.slug, year)
        if target.subject == subject and tree.above(unit.area_code, target.area_code)
    ]
    return _aims(targets, standard.units.value, always_due=True)


def aims_of_place(tables: Tables, indicator: Indicator, where: Where, year: int, process_code: str | None) -> list[Aim]:
    """The targets that speak of the area or the park, and of the process where they name one."""
    unit = units_of_measure(indicator, tables.process.get(process_code or "")).value
    targets = [
        target
        for target in _current(tables, indicator.slug, year)
        if not target.process or target.process == (process_code or target.process)
    ]
    if where.park is not None:
        subject = PARK_TARGETS.get(where.park.kind)
        # a plan speaks of the parks of its own area alone
        of_park = [t for t in targets if t.subject == subject and where.tree.above(where.park.area_code, t.area_code)]
        return _aims(of_park, unit, always_due=True)
    subject = indicator.judged_by.area_targets
    of_area = [t for t in targets if t.area_code == where.area_code and t.subject == subject]
    return _aims(of_area, unit, always_due=False)


def _aims(targets: Iterable[PlanTarget], unit: str, *, always_due: bool) -> list[Aim]:
    """The targets as aims for a value in `unit`; one that does not measure the same speaks of something else."""
    found = []
    for target in targets:
        try:
            rate = in_unit(Fraction(1), unit, target.unit)
        except UnitError:
            continue
        found.append(Aim(target, rate, always_due))
    return found


def _current(tables: Tables, slug: str, year: int) -> Iterable[PlanTarget]:
    """The targets of the plan of the year; after the last plan those of the last one."""
    begun = [plan for plan in tables.plans.plans.values() if plan.first_year <= year]
    newest = max(begun, key=lambda plan: plan.first_year, default=None)
    if newest is None:
        return []
    return tables.plans.by_indicator.get((newest.code, slug), ())
