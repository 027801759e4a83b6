"""The dictionaries that end devices download: seventeen tables, and the units of data codes.

What is known is shipped; a province's own tables stand in a folder of files, one a table, and go before.
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.core.units import UnitError, require_unit
from services.ingest.necc.data_code import code_parts, energy_types

TABLES = (
    "regions",
    "industries",
    "processes",
    "process_units",
    "equipment",
    "sources",
    "classes",
    "energy",
    "media",
    "products",
    "indicators",
    "economics",
    "other",
    "uses",
    "meters",
    "enterprise_types",
    "key_equipment",
)
"""By their numbers from 1 on."""
_UNITS = "units.csv"
_ENERGY_DIGITS = 6
_OF_PARTS = {"sources": ("input_type",), "classes": ("class",), "uses": ("use",), "meters": ("meter_level",)}


class DictionaryError(ValueError):
    """A file of the dictionaries is at fault; the message says which, and how."""


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """Tables by name, each a list of rows; and by digits 9 to 14 of a data code the unit in which it is sent."""

    tables: Mapping[str, list[Any]]
    units: Mapping[str, str]


def read_dictionaries(folder: Path | None) -> Dictionaries:
    """What is shipped, and what stands in the folder. Raises DictionaryError, OSError."""
    tables: dict[str, list[Any]] = {name: _shipped(name) for name in TABLES}
    if folder is None:
        return Dictionaries(tables, {})
    for file in sorted(folder.glob("*.json")):
        if file.stem not in TABLES:
            raise DictionaryError(f"{file}: no table has this name; they are {', '.join(TABLES)}")
        try:
            rows = json.loads(file.read_text("utf-8"))
        except ValueError as error:
            raise DictionaryError(f"{file}: it is no JSON: {error}") from None
        if not isinstance(rows, list):
            raise DictionaryError(f"{file}: it must be a list of rows")
        tables[file.stem] = rows
    units = folder / _UNITS
    return Dictionaries(tables, _units(units) if units.exists() else {})


def _shipped(name: str) -> list[Any]:
    if name == "energy":
        return [
            {"classCode": each.code[:2], "code": each.code[2:], "name": each.name_zh}
            for each in energy_types()
            if each.code[0] != "*"
        ]
    if name == "processes":
        return [
            {"industryCode": each.part.partition("_")[2], "code": each.value, "name": each.name_zh}
            for each in code_parts()
            if each.part == "process" or each.part.startswith("process_")
        ]
    parts = _OF_PARTS.get(name, ())
    return [{"code": each.value, "name": each.name_zh} for each in code_parts() if each.part in parts]


def _units(file: Path) -> dict[str, str]:
    units: dict[str, str] = {}
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = csv.DictReader(opened)
        if rows.fieldnames != ["code", "unit"]:
            raise DictionaryError(f"{file}, line 1: the columns must be code,unit")
        for row in rows:
            code, unit = (row["code"] or "").strip(), (row["unit"] or "").strip()
            if len(code) != _ENERGY_DIGITS or not code.isdigit():
                raise DictionaryError(f"{file}, line {rows.line_num}: code must be digits 9 to 14 of a data code")
            try:
                require_unit(unit)
            except UnitError as error:
                raise DictionaryError(f"{file}, line {rows.line_num}: {error}") from None
            units[code] = unit
    return units
