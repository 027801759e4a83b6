"""The ledger of "two-high" projects 两高项目管理台账 and energy used beyond what was approved 超批复用能. Pure.

Source: plan of Inner Mongolia for saving energy and reducing emissions 2021-2025, part 4 (3): the eight trades
petrochemicals, coking, chemicals, coal chemicals, building materials, steel, non-ferrous metals and coal power, of
50 000 tce a year or more by design, counted on the EQUIVALENT basis (等价值).

Plants that make electricity of coal are counted on the calorific basis (当量值) instead: the equivalent value of a kWh
is the coal that plants like them burn for it, so that what they sell is worth all that they burn, and at the equivalent
value every plant better than the average uses less than nothing. On the calorific basis what is lost in conversion is
left.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.core.verdict import ReasonedVerdict
from services.energy.factors import Basis


class EightTrade(enum.StrEnum):
    """八大行业, in the order of the plan."""

    PETROCHEMICAL = "petrochemical"
    COKING = "coking"
    CHEMICAL = "chemical"
    COAL_CHEMICAL = "coal_chemical"
    BUILDING_MATERIALS = "building_materials"
    STEEL = "steel"
    NON_FERROUS = "non_ferrous"
    COAL_POWER = "coal_power"


def counted_on(*, makes_electricity_of_coal: bool) -> Basis:
    """The basis on which the energy of a unit is held against threshold and approval."""
    return Basis.CALORIFIC if makes_electricity_of_coal else Basis.EQUIVALENT


@dataclass(frozen=True, slots=True)
class MeasuredUse:
    """Energy measured in a period, on the basis on which the unit is counted."""

    period: str
    tce: Fraction | None
    """None where nothing was measured, or a coefficient is missing."""
    coverage: float | None
    is_least: bool = True
    """Whether what is missing could only add to it; not so where meters of energy sold are silent."""


class LedgerBy(enum.StrEnum):
    """By which energy a unit was held against the threshold."""

    DESIGN = "design"
    MEASURED = "measured"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """Whether a unit belongs to the ledger; None where it cannot be told."""

    belongs: bool | None
    reason: str
    by: LedgerBy | None = None
    tce: Fraction | None = None


def ledger_entry(
    trade: EightTrade | None,
    *,
    design_tce: Fraction | None,
    measured: MeasuredUse,
    threshold_tce: Fraction,
    least_coverage: Fraction,
) -> LedgerEntry:
    """Whether a unit belongs to the ledger, by its design energy, else by what it used in 12 months.

    Both on the same basis, in tce. What is measured in part and has reached the threshold belongs, if what is missing
    could only add to it; what has not cannot be told below `least_coverage`. Less energy than nothing tells nothing.
    """
    if trade is None:
        return LedgerEntry(False, "not_of_the_eight_trades")
    if design_tce is not None:
        reached = design_tce >= threshold_tce
        return LedgerEntry(reached, "threshold_reached" if reached else "below_threshold", LedgerBy.DESIGN, design_tce)
    used_tce = measured.tce
    if used_tce is None:
        return LedgerEntry(None, "not_measured")
    reached, covered = used_tce >= threshold_tce, _well_covered(measured, least_coverage)
    if reached and (covered or measured.is_least):
        return LedgerEntry(True, "threshold_reached", LedgerBy.MEASURED, used_tce)
    if not covered:
        return LedgerEntry(None, "low_coverage", LedgerBy.MEASURED, used_tce)
    if used_tce < 0:
        return LedgerEntry(None, "energy_below_zero", LedgerBy.MEASURED, used_tce)
    return LedgerEntry(False, "below_threshold", LedgerBy.MEASURED, used_tce)


@dataclass(frozen=True, slots=True)
class Overuse:
    """The verdict on energy used beyond what was approved; with a breach, by how much."""

    finding: ReasonedVerdict
    period: str | None = None
    """Of which use the reason speaks; None where it speaks of none, or of all."""
    excess_tce: Fraction | None = None


def overuse(approved_tce: Fraction | None, uses: Sequence[MeasuredUse], *, least_coverage: Fraction) -> Overuse:
    """Whether more energy was used in a year than approved, both in tce on the same basis.

    `uses` are years, the running one with what is measured so far, and the last 12 months. What is measured above what
    is approved is a breach however much is missing, if that could only add to it; otherwise each must be covered to
    `least_coverage`, and be no less than nothing.
    """
    if approved_tce is None:
        return Overuse(ReasonedVerdict.cannot("no_approved_energy"))
    above = [
        (use.tce - approved_tce, use)
        for use in uses
        if use.tce is not None and (use.is_least or _well_covered(use, least_coverage))
    ]
    excess_tce, worst = max(above, key=lambda found: found[0], default=(Fraction(0), None))
    if worst is not None and excess_tce > 0:
        return Overuse(ReasonedVerdict.breach("above_approved_energy"), worst.period, excess_tce)
    for use in uses:
        if use.tce is None:
            return Overuse(ReasonedVerdict.cannot("not_measured"), use.period)
    least_covered = min(uses, key=lambda use: use.coverage or 0.0)
    if not _well_covered(least_covered, least_coverage):
        return Overuse(ReasonedVerdict.cannot("low_coverage"), least_covered.period)
    for use in uses:
        if use.tce is not None and use.tce < 0:
            return Overuse(ReasonedVerdict.cannot("energy_below_zero"), use.period)
    return Overuse(ReasonedVerdict.ok("within_approved_energy"))


def _well_covered(use: MeasuredUse, least: Fraction) -> bool:
    return use.coverage is not None and use.coverage >= least
