"""What `enermon check` says of the domain numbers."""

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from services.core.data.loader import DataFileError, Number, Sourced
from services.judging.data.tables import Tables, load_tables

_WIDTH = 118
_INDENT = " " * 4
_TIE = "\0"  # stands for the spaces between a number and its unit while lines are cut


@dataclass(frozen=True, slots=True)
class Numbers:
    """The tables that are in force, or why they cannot be read."""

    tables: Tables | None
    fault: str = ""
    folder: Path | None = None
    """Folder with the operator's own tables."""

    @property
    def well(self) -> bool:
        """Whether every table keeps its rules."""
        return self.tables is not None

    def lines(self, *, each: bool = False) -> list[str]:
        """A line a table, then what is unverified: by table, or with `each` a line a row with value and unit."""
        if self.tables is None:
            return [f"tables     faulty: {self.fault}"]
        by_name = self.tables.by_name()
        return [
            *(_summary(name, rows, is_own=self._is_own(name)) for name, rows in by_name.items()),
            "unverified (not checked against the document or a second source):",
            *(
                line
                for name, rows in by_name.items()
                for line in (_each(name, rows) if each else _together(name, rows))
            ),
        ]

    def _is_own(self, name: str) -> bool:
        if self.folder is None:
            return False
        if name in ("plans", "plan_targets"):
            return any((self.folder / "plans").glob("*.csv"))
        return (self.folder / f"{name}.csv").is_file()


def numbers(folder: Path | None) -> Numbers:
    """Read all tables, those of `folder` before the shipped ones."""
    try:
        return Numbers(load_tables(folder), folder=folder)
    except DataFileError as error:
        return Numbers(None, str(error), folder)


def _summary(name: str, rows: tuple[Sourced, ...], *, is_own: bool) -> str:
    unverified = sum(not row.verified for row in rows)
    return f"table      {name:<17}{len(rows):>4} rows, {unverified:>3} unverified" + (", your own" if is_own else "")


def _together(name: str, rows: tuple[Sourced, ...]) -> Iterable[str]:
    unverified = [row for row in rows if not row.verified]
    verified = [row for row in rows if row.verified]
    if not unverified:
        return
    if not verified:
        text = f"all {len(rows)}"
    elif len(verified) < len(unverified) // 4:
        text = f"all but {', '.join(row.code for row in verified)}"
    else:
        text = ", ".join(_named(row).replace(" ", _TIE) for row in unverified)
    lines = textwrap.wrap(
        f"{name}: {text}",
        _WIDTH,
        initial_indent=_INDENT,
        subsequent_indent=_INDENT * 2,
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield from (line.replace(_TIE, " ") for line in lines)


def _named(row: Sourced) -> str:
    return f"{row.code} {row.value} {row.unit}" if isinstance(row, Number) else row.code


def _each(name: str, rows: tuple[Sourced, ...]) -> Iterable[str]:
    return (f"{_INDENT}{name}: {_named(row)}" for row in rows if not row.verified)
