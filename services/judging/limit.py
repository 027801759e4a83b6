"""Mandatory limits with grades, the PUE of data centres, and the two thresholds of energy per value added. Pure.

Sources: the limit standards (GB 21256, GB 21342, GB 21341, GB 21346, GB 16780, GB 29436); GB 40879-2021; plans of
Inner Mongolia and Ordos for saving energy and reducing emissions 2021-2025.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from services.core.verdict import Finding

_EARLIEST_PRICE_BASE, _LATEST_PRICE_BASE = 1990, 2099


def grade_of(value: Fraction, limits: Mapping[int, Fraction]) -> int | None:
    """The best grade whose limit `value` keeps: 1 advanced, 2 access, 3 limit; None when over the limit.

    Lower is better, below zero too. A grade that the standard leaves out is left out of `limits`.
    """
    return min((grade for grade, limit in limits.items() if value <= limit), default=None)


class PueScope(enum.StrEnum):
    """What a PUE of the plans speaks of. The three are never put for one another."""

    NEW_LARGE = "new_large"
    """A new large or hyperscale data centre (region)."""
    EXISTING = "existing"
    """A data centre already there, after its retrofit (Ordos)."""
    FLEET = "fleet"
    """The average of all large and hyperscale ones (region, annex 2); says nothing of a single one."""


@dataclass(frozen=True, slots=True)
class PueTarget:
    """A target of a plan for the PUE: no single data centre is judged by that of the fleet."""

    scope: PueScope
    most: Fraction
    row: str


def pue_scope(*, is_new: bool, standard_racks: int | None, large_from_racks: int) -> PueScope | None:
    """Whose target a single data centre has; None for a new one that is not large, or whose size is not known."""
    if not is_new:
        return PueScope.EXISTING
    large = standard_racks is not None and standard_racks >= large_from_racks
    return PueScope.NEW_LARGE if large else None


def judge_pue(pue: Fraction, scope: PueScope, target: PueTarget) -> Finding:
    """Whether a PUE keeps the target. Raises ValueError when the target has another scope."""
    if target.scope is not scope:
        raise ValueError(f"a PUE of {scope} cannot be judged by {target.row}, a target for {target.scope}")
    if pue < 1:
        return Finding.cannot("below_possible")
    return Finding.ok("target_met") if pue <= target.most else Finding.breach("target_missed")


@dataclass(frozen=True, slots=True)
class ValueAddedIntensity:
    """Energy per value added 单位增加值能耗."""

    tce_per_10k_cny: Fraction
    price_base: int
    """Year at whose constant prices the value added is given."""

    def __post_init__(self) -> None:
        _require_price_base(self.price_base)


@dataclass(frozen=True, slots=True)
class IndustrialIntensity:
    """Energy per INDUSTRIAL value added 单位工业增加值能耗: another denominator."""

    tce_per_10k_cny: Fraction
    price_base: int

    def __post_init__(self) -> None:
        _require_price_base(self.price_base)


def low_intensity_project(intensity: ValueAddedIntensity, *, below: Fraction) -> bool:
    """Whether a project is one of good quality and low intensity, whose demand is met first (Ordos: below 1.7)."""
    return intensity.tce_per_10k_cny < below


def two_high_admitted(intensity: IndustrialIntensity, *, below: Fraction) -> bool:
    """Whether a new or extended project of the two-high catalogue keeps the region's hurdle (Ordos: below 1.33)."""
    return intensity.tce_per_10k_cny < below


def _require_price_base(year: int) -> None:
    if not _EARLIEST_PRICE_BASE <= year <= _LATEST_PRICE_BASE:
        raise ValueError(f"the price base must be a year, not {year}: an intensity without one cannot be compared")
