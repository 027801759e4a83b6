"""Single numbers the judgements need, and which trade of the registry is one of the eight of the plan."""

from dataclasses import dataclass
from pathlib import Path

from services.core.data.loader import Number, Sourced, load, table_file
from services.core.domain.two_high import EightTrade

PARAMETERS = "parameters.csv"
TWO_HIGH = "two_high.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Number):
    """One number with a name."""

    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoHighTrade(Sourced):
    """A trade of the registry that belongs to one of the eight trades 八大行业 of the plan."""

    trade: str
    eight: EightTrade
    eight_zh: str
    eight_en: str
    place: str


def parameters(override: Path | None = None) -> tuple[Parameter, ...]:
    """All parameters. Raises DataFileError."""
    return load(Parameter, table_file(PARAMETERS, override))


def two_high(override: Path | None = None) -> tuple[TwoHighTrade, ...]:
    """The trades that can be "two-high" 两高. Raises DataFileError."""
    return load(TwoHighTrade, table_file(TWO_HIGH, override))
