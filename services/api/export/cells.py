"""Cells of a file: what a row of an answer has in a column, and how it is written so that nothing is a formula."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from services.api.export.columns import CellKind, ExportColumn
from services.api.export.titles import FileLanguage
from services.core.calendar import SHANGHAI

Cell = str | int | float | bool | datetime | date | None

# OWASP, CSV Injection: what begins like this is a formula to a spreadsheet, in full width too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SEPARATOR = {"zh": "；", "en": "; "}
_WORDS = ("text", "name", "title")
"""Fields by which an object of a list is told in a cell, where it has one of them in the language."""


def cell(row: Mapping[str, Any], column: ExportColumn, language: FileLanguage) -> Cell:
    """What the column has of a row as JSON says it. Raises ValueError for a time that is none."""
    *above, last = column.path
    inner: Any = row
    for name in above:
        inner = inner.get(name) or {}
    if column.pair is not None:
        return _in_language(inner, column.pair, language)
    value = inner.get(last)
    if isinstance(value, str) and column.kind is CellKind.MOMENT:
        return datetime.fromisoformat(value).astimezone(SHANGHAI)
    if isinstance(value, str) and column.kind is CellKind.DAY:
        return date.fromisoformat(value)
    return simple(value, language)


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


def is_like_formula(text: str) -> bool:
    """Whether a spreadsheet would compute the text."""
    return text.lstrip(" ").startswith(_FORMULA)


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
