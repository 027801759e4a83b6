"""The codes of factors (HJ 212-2017, annex B), and those of HJ/T 212-2005 for the same. Pure: a table beside this file.

The standard prints ng/m3 for some factors that are given in mg/m3 (ammonia, dust): `unit` is that of the standard, and
what holds of a point is what the registry says.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from services.core.data.loader import Sourced, load

Medium = Literal["water", "air", "noise", "water_process", "gas_process", "site"]
"""By what a factor is told: annexes B.1, B.2, B.3, B.5, B.7 and B.10."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRow(Sourced):
    """One factor; an `x` in the code of a process stands for a digit of the number of the device."""

    medium: Medium
    name_zh: str
    code_2005: str | None = None
    unit: str | None = None
    """Of concentration or level."""
    emission_unit: str | None = None
    """Of the amount of a period."""
    note: str | None = None


@cache
def factors() -> dict[str, FactorRow]:
    """The factors by their codes of 2017."""
    return {row.code: row for row in load(FactorRow, Path(__file__).with_name("factors.csv"))}


@cache
def _of_2005() -> dict[str, str]:
    return {row.code_2005: row.code for row in factors().values() if row.code_2005 is not None}


def code_of_2017(code: str) -> str:
    """The code of 2017 for one of 2005; any other code as it is. None of 2005 is one of 2017 with another meaning."""
    return _of_2005().get(code, code)
