"""Mandatory limits with grades, and the PUE of data centres. Pure.

Sources: the limit standards (GB 21256, GB 21342, GB 21341, GB 21346, GB 16780, GB 29436); GB 40879-2021; plans of
Inner Mongolia and Ordos for saving energy and reducing emissions 2021-2025.
"""

import enum
from collections.abc import Mapping
from fractions import Fraction


def grade_of(value: Fraction, limits: Mapping[int, Fraction]) -> int | None:
    """The best grade whose limit `value` keeps: 1 advanced, 2 access, 3 limit; None when over the limit.

    Lower is better, below zero too. A grade that the standard leaves out is left out of `limits`.
    """
    return min((grade for grade, limit in limits.items() if value <= limit), default=None)


class PueScope(enum.StrEnum):
    """Of which single data centres a target for the PUE speaks.

    That for the average of all large ones (region, annex 2) is a third one: it says nothing of a single one.
    """

    NEW_LARGE = "new_large"
    """A new large or hyperscale data centre (region)."""
    EXISTING = "existing"
    """A data centre already there, after its retrofit (Ordos)."""


def pue_scope(*, is_new: bool, standard_racks: int | None, large_from_racks: int) -> PueScope | None:
    """Whose target a single data centre has; None for a new one that is not large, or whose size is not known."""
    if not is_new:
        return PueScope.EXISTING
    large = standard_racks is not None and standard_racks >= large_from_racks
    return PueScope.NEW_LARGE if large else None
