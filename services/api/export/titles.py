"""Titles of columns in Chinese and English, from titles.csv beside this file, with the unit of what stands in them.

A row of it is for every field of that name, or, as Model.field, for that of one model of the OpenAPI document.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from services.api.export.columns import ExportColumn

FileLanguage = Literal["zh", "en"]

_FILE = Path(__file__).with_name("titles.csv")
_UNIT = {"zh": "{title}（{unit}）", "en": "{title} ({unit})"}
_SHARE = "1"
"""Unit of what is a share of a whole."""


@dataclass(frozen=True, slots=True)
class Title:
    """What a field is called, and the unit of what it holds; empty: none, or it differs from row to row."""

    zh: str
    en: str
    unit: str

    def text(self, language: FileLanguage) -> str:
        """The title in one language, without the unit."""
        return self.zh if language == "zh" else self.en


@cache
def titles() -> Mapping[str, Title]:
    """By the name of the field, or by model and name."""
    with _FILE.open(encoding="utf-8", newline="") as lines:
        return {row["name"]: Title(row["zh"], row["en"], row["unit"]) for row in csv.DictReader(lines)}


def heading(column: ExportColumn, language: FileLanguage) -> str:
    """What stands above a column: the titles of the fields down to it, and the unit."""
    *above, last = column.path
    found = titles().get(f"{column.model}.{last}") or titles().get(last)
    names = [*(called(name, language) for name in above), last if found is None else found.text(language)]
    title = " · ".join(names)
    if found is None or not found.unit:
        return title
    return _UNIT[language].format(title=title, unit="0–1" if found.unit == _SHARE else found.unit)


def called(name: str, language: FileLanguage) -> str:
    """The title of a field of that name, or its name where it has none."""
    found = titles().get(name)
    return name if found is None else found.text(language)


def untitled(columns: Sequence[ExportColumn]) -> set[str]:
    """The names of fields that have no title."""
    return {name for column in columns for name in column.path} - titles().keys()
