"""The kinds of reported numbers that this service knows, and the units of what units make."""

from collections.abc import Mapping

from services.core.data.statistic_kinds import StatisticKind
from services.judging.data.tables import Tables


def known_kinds(tables: Tables) -> Mapping[str, StatisticKind]:
    """The kinds by code."""
    return {kind.code: kind for kind in tables.statistic_kinds}


def product_units(tables: Tables) -> Mapping[str, str]:
    """The unit of the product by process."""
    return {process.code: process.product_unit for process in tables.processes}
