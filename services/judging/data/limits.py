"""Mandatory limits 能耗限额 with their grades, kept apart from the levels of the national list."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from services.core.data.loader import DataFileError, Number, load_lines, table_file
from services.judging.data.processes import Process

LIMITS = "limits.csv"
NOT_MONOTONIC = "not monotonic as printed"
"""What the place of a limit says where a better grade allows more than a worse one in the standard itself."""
LAST_GRADE = 3
"""The limit that existing units must keep; the better grades are marks of distinction and of access."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(Number):
    """The limit of one grade of a standard: 1 advanced, 2 access (new units), 3 limit (existing units)."""

    standard: str
    process: str
    item: str
    """What is limited; `energy` and the like, since a standard may limit several things of a process."""
    item_zh: str
    grade: Annotated[int, Field(ge=1, le=3)]
    correction: str | None = None
    """What the standard adds or takes away before comparing, in words; the formulas are rows of their own."""


def limits(known: Mapping[str, Process], override: Path | None = None) -> tuple[Limit, ...]:
    """All limits. Raises DataFileError, also where a better grade allows more than a worse one."""
    file = table_file(LIMITS, override)
    lines = load_lines(Limit, file)
    grades: dict[tuple[str, str, str], dict[int, Limit]] = {}
    for line, row in lines:
        if row.process not in known:
            raise DataFileError(file, line, "process", f"{row.process} is not a row of processes.csv")
        others = grades.setdefault((row.standard, row.process, row.item), {})
        if row.grade in others:
            raise DataFileError(file, line, "grade", f"{row.standard} has grade {row.grade} of this item twice")
        for grade, other in others.items():
            if other.unit != row.unit:
                raise DataFileError(file, line, "unit", f"grade {grade} is in {other.unit}")
            worse = (grade < row.grade and other.value > row.value) or (grade > row.grade and other.value < row.value)
            if worse and NOT_MONOTONIC not in row.place:
                raise DataFileError(file, line, "value", f"grade {grade} is {other.value}: a better grade allows less")
        others[row.grade] = row
    return tuple(row for _, row in lines)
