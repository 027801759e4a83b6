"""The data code 数据编码, which says what is measured: sixteen digits, with or without dashes. Pure.

Its parts, as public clients of provincial platforms agree on them; the tables beside this file name what is known.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from services.core.data.loader import Sourced, load

DIGITS = 16
MOST_DIGITS = 40
_ITEM_PARTS = (
    "processcode",
    "processunitcode",
    "equipmentcode",
    "equipmentunitcode",
    "energyclasscode",
    "energytypecode",
    "datausagecode",
)
"""Of an item that is to be collected: together they are its data code."""
_NO_DIGIT = re.compile(r"[\s._-]+")


class DataClass(StrEnum):
    """Classes of quantities, digits 9 and 10. Those not named here are coefficients and indicators."""

    PRIMARY = "01"
    SECONDARY = "02"
    MEDIUM = "03"
    PRODUCT = "04"


AMOUNTS = frozenset(DataClass)
"""Classes whose values are amounts of a period, which a meter can measure."""


@dataclass(frozen=True, slots=True)
class DataCode:
    """A data code by its parts, each as its digits."""

    digits: str
    process: str
    unit: str
    equipment: str
    """Kind and number of key equipment."""
    data_class: str
    kind: str
    """Kind and sub-kind: energy, product, indicator."""
    use: str

    @property
    def scope(self) -> int:
        """1 the whole plant, 2 a process, 3 a process unit, 4 key equipment."""
        if int(self.equipment):
            return 4
        if int(self.unit):
            return 3
        return 2 if int(self.process) else 1

    @property
    def is_amount(self) -> bool:
        """Whether its values are amounts of energy, of a medium or of a product, and no coefficient or indicator."""
        return self.data_class in AMOUNTS

    @property
    def energy(self) -> str:
        """Class and kind, by which the tables name it."""
        return self.data_class + self.kind


def plain_code(text: str) -> str:
    """A data code as it is kept: without dashes."""
    return _NO_DIGIT.sub("", text)


def data_code(text: str) -> DataCode | None:
    """The parts of a data code; None of a text that is none."""
    digits = plain_code(text)
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    return DataCode(digits, digits[:2], digits[2:4], digits[4:8], digits[8:10], digits[10:14], digits[14:])


def announced_points(info: Mapping[str, Any]) -> list[str]:
    """The points that an upload of information says will come, in its order; of names in lower case at the top."""
    items = info.get("collectitemconfig")
    found = []
    for item in items if isinstance(items, list) else []:
        fields = {str(name).lower(): str(value) for name, value in item.items()} if isinstance(item, Mapping) else {}
        code = data_code(fields.get("datacode") or "".join(fields.get(each, "") for each in _ITEM_PARTS))
        if code is not None and fields.get("stattype") in ("0", "1", "2", "3"):
            found.append(f"{code.digits}/{fields['stattype']}")
    return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyType(Sourced):
    """A kind of energy: digits 9 to 14 of a data code. `*` stands for any class."""

    name_zh: str
    nbs_code: str | None = None
    """Its code in the table 205-1 of the statistics."""
    carriers: str | None = None
    """The carriers that it is, with blanks between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePart(Sourced):
    """What a value of a part of a data code, or of a field beside it, means."""

    part: str
    value: str
    name_zh: str


@cache
def energy_types() -> tuple[EnergyType, ...]:
    """The kinds of energy that are known."""
    return load(EnergyType, Path(__file__).with_name("energy_types.csv"))


@cache
def code_parts() -> tuple[CodePart, ...]:
    """The values of parts and fields that are known."""
    return load(CodePart, Path(__file__).with_name("code_parts.csv"))


@cache
def energy_name(energy: str) -> str:
    """The name of a kind of energy by digits 9 to 14, in Chinese; empty where none is known."""
    names = {each.code: each.name_zh for each in energy_types()}
    return names.get(energy) or names.get("*" + energy[2:], "")
