"""Which trade of the registry is one of the eight of the plan."""

from dataclasses import dataclass
from pathlib import Path

from services.core.data.loader import Sourced, load, table_file
from services.judging.lists.approval import EightTrade

NAME = "two_high.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoHighTrade(Sourced):
    """A trade of the registry that belongs to one of the eight trades 八大行业 of the plan."""

    trade: str
    eight: EightTrade
    eight_zh: str
    eight_en: str
    place: str


def two_high(override: Path | None = None) -> tuple[TwoHighTrade, ...]:
    """The trades that can be "two-high" 两高. Raises DataFileError."""
    return load(TwoHighTrade, table_file(NAME, override))
