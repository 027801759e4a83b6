"""What an area is judged by: its plan, its targets, and what each year used and earned. Pure.

Source: plan of Inner Mongolia for saving energy and reducing emissions 2021-2025, part 4 (1) (document 000, L258-280).
Energies are in tce on the equivalent basis 等价值, GDP in 10 000 CNY, rates are fractions (0.165 is 16.5 %).
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from services.judging.targets.target import PrintedState


@dataclass(frozen=True, slots=True)
class ReductionTarget:
    """By how much the intensity must have fallen at the end of the plan, against its base year.

    `state` is number, zero or not_applicable; a target that is not printed at all is no Target.
    """

    state: PrintedState
    reduction: Fraction | None
    """Positive for a fall, negative for a rise that is allowed; 0 with state zero, None with state not_applicable."""
    rows: tuple[str, ...] = ()
    """The rows of the data file: more than one where several documents print it."""

    def __post_init__(self) -> None:
        fits = {
            PrintedState.NUMBER: self.reduction is not None and self.reduction < 1 and self.reduction != 0,
            PrintedState.ZERO: self.reduction == 0,
            PrintedState.NOT_APPLICABLE: self.reduction is None,
        }
        if not fits.get(self.state, False):
            raise ValueError(f"target {self.rows}: {self.reduction} does not go with state {self.state}")


@dataclass(frozen=True, slots=True)
class ReductionTargets:
    """Basic 基本 and incentive 激励 target of an area; None where the documents print none."""

    basic: ReductionTarget | None = None
    incentive: ReductionTarget | None = None
    conflict: bool = False
    """The documents print different targets for it: none of them is taken."""


class EvaluationKind(enum.StrEnum):
    """年度评价, 中期评估, 五年考核."""

    ANNUAL = "annual"
    MIDTERM = "midterm"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class PlanPeriod:
    """The years of a plan, as its data file gives them. No year stands in the program."""

    code: str
    first_year: int
    last_year: int
    base_year: int
    midterm_year: int | None = None
    price_base: int | None = None
    """Year at whose constant prices GDP counts; None where the plan does not say."""

    def __post_init__(self) -> None:
        if not self.base_year < self.first_year <= self.last_year:
            raise ValueError(f"plan {self.code}: base year, first year and last year are not in order")

    def __contains__(self, year: int) -> bool:
        return self.first_year <= year <= self.last_year

    @property
    def length(self) -> int:
        """Years from the base year to the last one."""
        return self.last_year - self.base_year

    def evaluation(self, year: int) -> EvaluationKind:
        """Which evaluation follows `year`."""
        if year == self.last_year:
            return EvaluationKind.FINAL
        return EvaluationKind.MIDTERM if year == self.midterm_year else EvaluationKind.ANNUAL


class EnergySource(enum.StrEnum):
    """Where a quantity of energy comes from. Meters see the key units, statistics the whole area."""

    REPORTED = "reported"
    MEASURED = "measured"


@dataclass(frozen=True, slots=True)
class YearEnergy:
    """Energy of a year."""

    tce: Fraction
    source: EnergySource = EnergySource.REPORTED
    coverage: float | None = None
    """Of what is measured: its measured share, 0 to 1; None where no meter was expected. Says nothing if reported."""
    band: tuple[Fraction, Fraction] | None = None
    """Of what is measured: between what it lies while heat values are not; None: it is known as it is."""

    def at_end(self, *, high: bool) -> "YearEnergy":
        """The same at an end of its band."""
        return self if self.band is None else replace(self, tce=self.band[high])


@dataclass(frozen=True, slots=True)
class YearFacts:
    """What is known of a year. None is unknown, which is not zero."""

    year: int
    energy: YearEnergy | None = None
    """All energy consumed: feedstock, listed energy and renewable electricity are in it."""
    why_no_energy: str = "number_missing"
    """Reason code where `energy` is None."""
    feedstock: YearEnergy | None = None
    renewable: YearEnergy | None = None
    """Renewable electricity consumed, whether new or not."""
    listed: YearEnergy | None = None
    """能耗单列: of separately listed projects the part that the state or the region bears, and no more."""
    gdp: Mapping[int, Fraction] = field(default_factory=dict)
    """By price base."""
    growth_plan: Fraction | None = None
    """Planned growth of GDP in this year."""
    reduction_plan: Fraction | None = None
    """Planned fall of the intensity in this year."""
    total_target_tce: Fraction | None = None
    """The target for the total, where one was set outright."""
    forecast: bool = False

    @property
    def banded(self) -> bool:
        """Whether heat values that are not measured leave its energy open."""
        return self.energy is not None and self.energy.band is not None

    def at_end(self, *, high: bool) -> "YearFacts":
        """The same with all that was measured at an end of its band: it is the same coal."""
        energy, feedstock = (each and each.at_end(high=high) for each in (self.energy, self.feedstock))
        return replace(self, energy=energy, feedstock=feedstock)

    def __post_init__(self) -> None:
        for price_base in self.gdp:
            if price_base <= 0:
                raise ValueError(f"GDP of {self.year} has no price base: an intensity of it cannot be compared")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why something cannot be judged: a reason code, and the year and the number it concerns."""

    reason: str
    year: int | None = None
    what: str | None = None


NUMBER_MISSING = "number_missing"
LOW_COVERAGE = "low_coverage"
HEAT_VALUE_UNKNOWN = "heat_value_unknown"
"""Heat values are not measured, and their ranges leave it open."""
COEFFICIENT_MISSING = "coefficient_missing"
SOURCES_DIFFER = "sources_differ"
"""One year is reported, another measured: the difference of the two would be taken for a change."""
PRICE_BASE_CHANGES = "price_base_changes"
GDP_NOT_POSITIVE = "gdp_not_positive"
ENERGY_NOT_POSITIVE = "energy_not_positive"
"""What is left out is more than what was consumed."""

ENERGY = "energy_consumption"
FEEDSTOCK = "feedstock_energy"
RENEWABLE = "renewable_consumption"
LISTED = "listed_energy"
GDP = "gdp"
GROWTH_PLAN = "gdp_growth_plan"
REDUCTION_PLAN = "intensity_reduction_plan"
TOTAL_TARGET = "energy_total_target"
CO2, COAL, OIL = "co2_energy", "coal_consumption", "oil_consumption"
NON_FOSSIL = "non_fossil_share"
