"""Single numbers with a name. Who uses one declares what it may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from services.core.data.loader import DataFileError, Number, load_lines, table_file

NAME = "parameters.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Number):
    """One number with a name."""

    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterBounds:
    """What a parameter may be. `least` and `most` are allowed themselves, unless `is_above`: then `least` is not."""

    unit: str
    least: int = 0
    most: int | None = None
    is_above: bool = False
    is_whole: bool = False
    is_needed: bool = True

    def allows(self, value: Decimal) -> bool:
        """Whether the parameter may have this value."""
        if value < self.least or (self.is_above and value == self.least):
            return False
        if self.most is not None and value > self.most:
            return False
        return not self.is_whole or value == value.to_integral_value()

    @property
    def words(self) -> str:
        """What it may be, as an operator reads it."""
        least = f"above {self.least}" if self.is_above else f"at least {self.least}"
        most = "" if self.most is None else f" and at most {self.most}"
        return f"{'a whole number, ' if self.is_whole else ''}{least}{most}"


def load_parameters(bounds: Mapping[str, ParameterBounds], override: Path | None = None) -> tuple[Parameter, ...]:
    """All parameters; those that `bounds` name are held against them.

    Raises DataFileError, also where one that is needed is missing or cannot be what it says.
    """
    file = table_file(NAME, override)
    lines = load_lines(Parameter, file)
    for line, row in lines:
        if row.code in bounds:
            _check(file, line, row, bounds[row.code])
    given = {row.code for _, row in lines}
    for code, bound in bounds.items():
        if bound.is_needed and code not in given:
            raise DataFileError(file, 1, "code", f"the row {code} is missing; judgements need it")
    return tuple(row for _, row in lines)


def _check(file: Path, line: int, row: Parameter, bounds: ParameterBounds) -> None:
    if row.unit != bounds.unit:
        raise DataFileError(file, line, "unit", f"{row.code} is given in {bounds.unit}, not in {row.unit}")
    if not bounds.allows(row.value):
        raise DataFileError(file, line, "value", f"{row.code} must be {bounds.words}, not {row.value}")
