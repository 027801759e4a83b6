"""Administrative divisions of the region (GB/T 2260)."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.core.data.loader import DATA, DataFileError, Sourced, load

Level = Literal["region", "league", "banner"]

FILE = DATA / "divisions.csv"
_PARENT_LEVEL: dict[Level, Level | None] = {"region": None, "league": "region", "banner": "league"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Division(Sourced):
    """A region, league or banner."""

    name_zh: str
    name_en: str
    name_en_verified: bool
    """Whether a second list writes the English name the same way."""
    level: Level
    parent_code: str | None = None
    valid_from: date
    """Day of the oldest edition of the code list in which the row was found unchanged."""


def divisions() -> tuple[Division, ...]:
    """All divisions, parents before children. Raises DataFileError when the file does not keep its rules."""
    rows = load(Division, FILE)
    level_of: dict[str, Level] = {}
    for line, row in enumerate(rows, start=2):
        parent_level = level_of.get(row.parent_code) if row.parent_code else None
        if parent_level != _PARENT_LEVEL[row.level]:
            raise DataFileError(
                FILE, line, "parent_code", f"a {row.level} stands below a {_PARENT_LEVEL[row.level]} listed before it"
            )
        level_of[row.code] = row.level
    return rows
