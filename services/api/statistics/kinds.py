"""The kinds of reported numbers that this service knows, and the units of what units make."""

from collections.abc import Mapping
from functools import cache

from services.api.registry.numbers import numbers
from services.core.data.statistic_kinds import StatisticKind


@cache
def known_kinds() -> Mapping[str, StatisticKind]:
    """The kinds by code."""
    return {kind.code: kind for kind in numbers().statistic_kinds}


@cache
def product_units() -> Mapping[str, str]:
    """The unit of the product by process."""
    return {process.code: process.product_unit for process in numbers().processes}
