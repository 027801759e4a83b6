"""The kinds of numbers that are reported and not metered: whose they are, in which unit, for which periods."""

import enum
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator

from services.core.data.loader import DATA, Sourced, load
from services.core.period import PeriodForm

NAME = "statistic_kinds.csv"
FILE = DATA / NAME
PRODUCT_UNIT = "{product}"
"""Written as the unit of a kind whose unit is that of what the unit makes."""


class OwnerKind(enum.StrEnum):
    """Whose a reported number can be."""

    AREA = "area"
    PARK = "park"
    ENTERPRISE = "enterprise"
    UNIT = "unit"


class Nature(enum.StrEnum):
    """How the numbers of several periods go together."""

    FLOW = "flow"
    """They add up: the year is the sum of its months."""
    STOCK = "stock"
    """They do not: each is the level, or the rate, of its period."""


def _words(text: object) -> object:
    return text.split() if isinstance(text, str) else text


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticKind(Sourced):
    """One kind of reported number. `source` says which rule asks for it."""

    name_zh: str
    name_en: str
    unit: str
    owners: Annotated[tuple[OwnerKind, ...], BeforeValidator(_words)]
    nature: Nature
    periods: Annotated[tuple[PeriodForm, ...], BeforeValidator(_words)]
    needs_price_base: bool
    """Whether it is money, whose value says at the constant prices of which year it is given."""
    may_be_negative: bool
    is_plan: bool
    """Whether it may be given for periods that have not begun."""
    most: Decimal | None = None
    """The greatest value that makes sense, where there is one below the bound for all."""

    @property
    def is_of_product(self) -> bool:
        """Whether its unit is that of what the unit makes."""
        return self.unit == PRODUCT_UNIT


def load_statistic_kinds(file: Path = FILE) -> tuple[StatisticKind, ...]:
    """The kinds in the order of the file. Raises DataFileError when the file does not keep its rules."""
    return load(StatisticKind, file)
