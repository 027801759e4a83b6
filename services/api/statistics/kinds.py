"""The kinds of reported numbers that this service knows, and the units of what units make."""

from collections.abc import Mapping

from services.core.data.statistic_kinds import StatisticKind, statistic_kinds


def known_kinds() -> Mapping[str, StatisticKind]:
    """The kinds by code."""
    return statistic_kinds()


def product_units() -> Mapping[str, str]:
    """The unit of the product by process."""
    return {}
