"""Until when units below the baseline of their process must be retrofitted or closed, in versions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from services.core.data.loader import DataFileError, Sourced, load_lines, table_file
from services.judging.data.processes import Process

NAME = "retrofit_deadlines.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrofitDeadline(Sourced):
    """The national deadline of a process, as an act sets it."""

    process: str
    due_on: date
    """Last day of the retrofit; what is below the baseline after it is closed down."""
    valid_from: date
    """Day of the act."""
    valid_to: date | None = None
    """First day on which it no longer holds; where a later act sets another day, that one goes before it anyway."""
    place: str

    @property
    def used(self) -> dict[str, Any]:
        """The row as an answer names it; it gives a day and no number."""
        return {
            "code": self.code,
            "value": None,
            "unit": "",
            "valid_from": self.valid_from.isoformat(),
            "source": self.source,
            "place": self.place,
            "verified": self.verified,
            "carried": False,
        }


def retrofit_deadlines(known: Mapping[str, Process], override: Path | None = None) -> tuple[RetrofitDeadline, ...]:
    """All versions of the deadlines. Raises DataFileError, also where a process has two of the same day."""
    file = table_file(NAME, override)
    lines = load_lines(RetrofitDeadline, file)
    line_of: dict[tuple[str, date], int] = {}
    for line, row in lines:
        if row.process not in known:
            raise DataFileError(file, line, "process", f"{row.process} is not a row of processes.csv")
        if row.valid_to is not None and row.valid_to <= row.valid_from:
            raise DataFileError(file, line, "valid_to", f"must lie after valid_from ({row.valid_from})")
        other = line_of.setdefault((row.process, row.valid_from), line)
        if other != line:
            raise DataFileError(file, line, "valid_from", f"line {other} sets a deadline of {row.process} from then on")
    return tuple(row for _, row in lines)


def deadline_on(rows: Iterable[RetrofitDeadline], day: date) -> RetrofitDeadline | None:
    """The newest of these versions that is in force on `day`; None where none is."""
    in_force = [row for row in rows if row.valid_from <= day and (row.valid_to is None or day < row.valid_to)]
    return max(in_force, key=lambda row: row.valid_from, default=None)
