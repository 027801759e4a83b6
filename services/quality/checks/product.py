"""Whether the energy of a unit fits what it produced, by its own past. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from services.core.calendar import DAY_US
from services.quality.checks.contract import CheckKind
from services.quality.checks.day import Finding

CHECK = "energy_product"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductLimits:
    """The numbers of the check; rows of the table of checks."""

    most_apart: float
    """Share of the expected energy by which a day may differ …"""
    times_of_past: float
    """… and so many times the usual deviation of the past; both must be passed."""
    coverage_least: float
    least_days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDay:
    """One day of a unit: its energy (kgce, calorific, at its boundary) and its product, with their coverage."""

    start_us: int
    energy_kgce: float
    product: float
    coverage: float


def energy_product(day: ProductDay, before: Sequence[ProductDay], limits: ProductLimits) -> list[Finding]:
    """At most one finding: the deviation from the expected energy as a share of it, and the share allowed.

    Expected is base load + energy per product × product, both from the days before (slope by Theil and Sen, which a
    few wrong days do not move).
    """
    past = [each for each in before if each.coverage >= limits.coverage_least]
    if day.coverage < limits.coverage_least or len(past) < limits.least_days:
        return []
    slope, base = _line([each.product for each in past], [each.energy_kgce for each in past])
    expected = base + slope * day.product
    usual = median(abs(each.energy_kgce - base - slope * each.product) for each in past)
    off = abs(day.energy_kgce - expected)
    if expected <= 0 or off <= limits.most_apart * expected or off <= limits.times_of_past * usual:
        return []
    detail = {"energy_kgce": day.energy_kgce, "expected_kgce": expected, "product": day.product}
    return [Finding(CHECK, day.start_us, day.start_us + DAY_US, off / expected, limits.most_apart, detail)]


def _line(products: Sequence[float], energies: Sequence[float]) -> tuple[float, float]:
    """Slope and base of the line through most days; slope 0 where the product never changed."""
    points = list(zip(products, energies, strict=True))
    slopes = [(d - b) / (c - a) for (a, b), (c, d) in combinations(points, 2) if a != c]
    slope = max(0.0, median(slopes)) if slopes else 0.0
    return slope, median(energy - slope * product for product, energy in points)


KIND = CheckKind(slug=CHECK, subject="unit", unit="1", limits=ProductLimits, is_cross=True)
