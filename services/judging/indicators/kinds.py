"""What an indicator is, and what is answered when it is asked. Pure."""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from services.judging.indicators.judged_by import JudgedBy
from services.judging.indicators.terms import Measured, Term

Parts = Callable[[Measured], tuple[Term, Term]]
"""Numerator and denominator of one subject."""


class IndicatorLevel(enum.StrEnum):
    """Of whom the ratio is formed. Of what lies above it is the ratio of the sums over all of these."""

    UNIT = "unit"
    ENTERPRISE = "enterprise"
    PLACE = "place"
    """An area or a park, or any scope, as a whole."""
    AREA = "area"
    """Areas only: what is set against the energy is reported for areas, or the rule speaks of areas."""
    PARK = "park"
    """Parks only."""


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One entry of the list."""

    slug: str
    name_zh: str
    name_en: str
    unit: str
    """Of the value; {product} stands for the unit of the product."""
    numerator_unit: str
    denominator_unit: str
    scale: int = 1
    """The value is numerator / denominator times this: 100 for percent."""
    formula: str
    formula_zh: str
    source: str
    level: IndicatorLevel
    parts: Parts
    judged_by: JudgedBy = field(default_factory=JudgedBy)
    processes: frozenset[str] = frozenset()
    """Only units of these processes; empty: of all."""
    trades: frozenset[str] = frozenset()
    """Only enterprises of these trades; empty: of all."""
    by_process: bool = False
    """Units of different processes are never put together."""
    least: Fraction | None = None
    """The value below which something must be wrong with the measurement."""
    most: Fraction | None = None
    """The value above which something must be wrong with it."""
    statistics: frozenset[str] = frozenset()
    """Kinds of statistics it may need."""
    lower_is_better: bool = True
    yearly: bool = False
    """Whether its targets are those of a whole year: shorter or longer periods have a value and are not judged."""
    coverage_counts: bool = True
    """Whether low coverage keeps it from being judged; not where coverage itself is the value."""
    nets_renewable: bool = False
    """Whether what is sold beside renewable electricity is taken off that."""
    tells_missing: bool = False
    """Whether a low value says that readings are missing on which other indicators stand."""


@dataclass(frozen=True, slots=True)
class Band:
    """Between what a value lies, since the heat values of carriers in it are not measured."""

    carriers: tuple[str, ...]
    ends: tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]] | None
    """Numerator, scaled, and denominator where the value is least and where it is greatest; None: nothing bounds it."""

    @property
    def values(self) -> tuple[Fraction, Fraction] | None:
        """The least and the greatest value."""
        if self.ends is None:
            return None
        (low, low_of), (high, high_of) = self.ends
        return low / low_of, high / high_of

    @property
    def words(self) -> str:
        """As a reason mentions it."""
        values, carriers = self.values, ", ".join(self.carriers)
        return carriers if values is None else f"{float(values[0]):.6g}..{float(values[1]):.6g}; {carriers}"

    def scaled(self, factor: Fraction) -> "Band":
        """The same in another unit."""
        if self.ends is None:
            return self
        (low, low_of), (high, high_of) = self.ends
        return Band(self.carriers, ((low * factor, low_of), (high * factor, high_of)))


@dataclass(frozen=True, slots=True)
class Ratio:
    """The value of an indicator for one subject, or for several put together."""

    value: Fraction | None
    numerator: Term
    denominator: Term
    coverage: float | None
    reasons: tuple[tuple[str, str], ...] = ()
    """Why it cannot be judged: codes, and of what."""
    subjects: int = 1
    judged: int = 1
    left_out: tuple[str, ...] = ()
    """Codes of the subjects that could not be judged and are in neither sum."""
    band: Band | None = None
    """Between what the value lies; None: it is known as it is."""
    left_out_because: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """Why those that are left out are, by their codes."""
