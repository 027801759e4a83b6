"""Cells of a file: what rows of an answer have in a column, and how it is written so that nothing is a formula.

A file has up to a million cells: they are made column by column, and what is as JSON has it passes by the rest.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from types import NoneType
from typing import Any

from services.api.export.columns import CellKind, ExportColumn
from services.api.export.titles import FileLanguage
from services.core.calendar import SHANGHAI

Cell = str | int | float | bool | datetime | date | None

_PLAIN = frozenset((str, int, float, bool, NoneType))
"""Of these a value of JSON is a cell already."""
_AS_THEY_ARE = frozenset((int, float, NoneType))
"""The csv module writes these as `as_text` does."""

# OWASP, CSV Injection: what begins like this is a formula to a spreadsheet, in full width too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_MAY_BE_FORMULA = frozenset((*_FORMULA, " "))
_SEPARATOR = {"zh": "；", "en": "; "}
_WORDS = ("text", "name", "title")
"""Fields by which an object of a list is told in a cell, where it has one of them in the language."""


def cells_of(rows: Sequence[Mapping[str, Any]], column: ExportColumn, language: FileLanguage) -> list[Cell]:
    """What the column has of rows as JSON says them. Raises ValueError for a time that is none."""
    *above, last = column.path
    inner: Sequence[Mapping[str, Any]] = rows
    for name in above:
        inner = [each.get(name) or {} for each in inner]
    if column.pair is not None:
        return [_in_language(each, column.pair, language) for each in inner]
    values = [each.get(last) for each in inner]
    if column.kind is CellKind.MOMENT or column.kind is CellKind.DAY:
        read = _moment if column.kind is CellKind.MOMENT else date.fromisoformat
        return [read(value) if isinstance(value, str) else simple(value, language) for value in values]
    return [value if type(value) in _PLAIN else simple(value, language) for value in values]


def simple(value: Any, language: FileLanguage) -> Cell:
    """A value of JSON as a cell: of a list its parts one after another, of an object its JSON."""
    if isinstance(value, list):
        return _SEPARATOR[language].join(_part(each, language) for each in value) or None
    if isinstance(value, dict):
        return _json(value)
    return value if isinstance(value, str | int | float | bool) else None


def as_text(value: Cell) -> str:
    """A cell in a CSV file: numbers so that they are read as they were, times with their offset, no formulas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return f"'{value}" if is_like_formula(value) else value


def as_texts(cells: Sequence[Cell]) -> list[Cell]:
    """Cells of a column as the csv module is to have them, which then writes each as `as_text` says it."""
    return [
        cell if type(cell) in _AS_THEY_ARE or (type(cell) is str and cell[:1] not in _MAY_BE_FORMULA) else as_text(cell)
        for cell in cells
    ]


def is_like_formula(text: str) -> bool:
    """Whether a spreadsheet would compute the text."""
    return text.lstrip(" ").startswith(_FORMULA)


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(SHANGHAI)


def _in_language(inner: Mapping[str, Any], pair: Sequence[str], language: FileLanguage) -> Cell:
    zh, en = (inner.get(name) for name in pair)
    return simple((zh or en) if language == "zh" else (en or zh), language)


def _part(value: Any, language: FileLanguage) -> str:
    if isinstance(value, dict):
        return _words(value, language) or _json(value)
    return value if isinstance(value, str) else _json(value)


def _words(value: Mapping[str, Any], language: FileLanguage) -> str | None:
    """How an object is told in words; None: it has none."""
    for word in _WORDS:
        texts = {"zh": value.get(f"{word}_zh"), "en": value.get(f"{word}_en", value.get(word))}
        if isinstance(texts["zh"], str):
            return str(texts[language] or texts["zh"])
    return None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
