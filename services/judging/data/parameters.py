"""Single numbers the judgements need, and which trade of the registry is one of the eight of the plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from services.core.data.loader import DataFileError, Number, Sourced, load, load_lines, table_file
from services.judging.lists.approval import EightTrade

PARAMETERS = "parameters.csv"
TWO_HIGH = "two_high.csv"


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


RULES: Mapping[str, ParameterBounds] = {
    "coverage_least": ParameterBounds(unit="1", most=1),
    "coverage_apart": ParameterBounds(unit="1", most=1),
    "two_high_threshold": ParameterBounds(unit="tce", is_above=True),
    "retrofit_longest": ParameterBounds(unit="a", least=1, most=100, is_whole=True),
    "total_warning_margin": ParameterBounds(unit="%", most=100),
    "data_centre_large_racks": ParameterBounds(unit="rack", least=1, is_whole=True),
    "oil_equivalent": ParameterBounds(unit="kgce/kgoe", is_above=True),
    "daily_monthly_deviation": ParameterBounds(unit="%", most=100),
    "on_time_intervals": ParameterBounds(unit="1", is_above=True, most=1000),
    "on_time_margin": ParameterBounds(unit="s", most=31_536_000),
    "quality_weight_completeness": ParameterBounds(unit="1", most=1000),
    "quality_weight_timeliness": ParameterBounds(unit="1", most=1000),
    "quality_weight_validity": ParameterBounds(unit="1", most=1000),
    "quality_weight_accuracy": ParameterBounds(unit="1", most=1000),
    "quality_weight_consistency": ParameterBounds(unit="1", most=1000),
    "key_unit_threshold": ParameterBounds(unit="tce", is_above=True, is_needed=False),
    "pue_least_possible": ParameterBounds(unit="1", is_above=True, is_needed=False),
    "data_centre_hyperscale_racks": ParameterBounds(unit="rack", least=1, is_whole=True, is_needed=False),
    "non_hydro_incentive": ParameterBounds(unit="%", most=100, is_needed=False),
}
"""The parameters the program knows. Without one that is needed every judgement that asks for it would fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoHighTrade(Sourced):
    """A trade of the registry that belongs to one of the eight trades 八大行业 of the plan."""

    trade: str
    eight: EightTrade
    eight_zh: str
    eight_en: str
    place: str


def parameters(override: Path | None = None) -> tuple[Parameter, ...]:
    """All parameters. Raises DataFileError, also where one that is needed is missing or cannot be what it says."""
    file = table_file(PARAMETERS, override)
    lines = load_lines(Parameter, file)
    for line, row in lines:
        if row.code in RULES:
            _check(file, line, row, RULES[row.code])
    given = {row.code for _, row in lines}
    for code, rule in RULES.items():
        if rule.is_needed and code not in given:
            raise DataFileError(file, 1, "code", f"the row {code} is missing; judgements need it")
    return tuple(row for _, row in lines)


def _check(file: Path, line: int, row: Parameter, rule: ParameterBounds) -> None:
    if row.unit != rule.unit:
        raise DataFileError(file, line, "unit", f"{row.code} is given in {rule.unit}, not in {row.unit}")
    if not rule.allows(row.value):
        raise DataFileError(file, line, "value", f"{row.code} must be {rule.words}, not {row.value}")


def two_high(override: Path | None = None) -> tuple[TwoHighTrade, ...]:
    """The trades that can be "two-high" 两高. Raises DataFileError."""
    return load(TwoHighTrade, table_file(TWO_HIGH, override))
