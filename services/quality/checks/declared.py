"""The checks of data quality as they are declared: names, unit, parameters, and the rule they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator

from services.core.data.loader import DataFileError, Sourced, load_lines, table_file
from services.quality.checks import reported
from services.quality.checks.kinds import CHECKS

NAME = "checks.csv"
PERCENT = 100


def _parameters(text: object) -> object:
    """`name=value name=value` as a mapping."""
    if not isinstance(text, str):
        return text
    found: dict[str, str] = {}
    for word in text.split():
        name, sign, value = word.partition("=")
        if not (name and sign and value) or name in found:
            raise ValueError(f"{word} is not one of `name=value name=value`, each name once")
        found[name] = value
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Sourced):
    """One check. `unit` is that of the values it finds and of their limit."""

    name_zh: str
    name_en: str
    subject: str
    unit: str
    parameters: Annotated[Mapping[str, float], BeforeValidator(_parameters)]
    place: str
    """Where in the source it stands."""


def load_checks(override: Path | None = None) -> tuple[Check, ...]:
    """The checks in the order of the file; `override` is the folder with an operator's own tables.

    Raises DataFileError where the file does not keep its rules, or is not about the checks that the program makes.
    """
    file = table_file(NAME, override)
    lines = load_lines(Check, file)
    for line, row in lines:
        kind = CHECKS.get(row.code)
        if kind is None:
            raise DataFileError(file, line, "code", f"{row.code} is no check; the checks are {', '.join(CHECKS)}")
        if row.subject != kind.subject:
            raise DataFileError(file, line, "subject", f"{row.code} is made of: {kind.subject}; not of: {row.subject}")
        if row.unit != kind.unit:
            raise DataFileError(file, line, "unit", f"{row.code} is given in {kind.unit}, not in {row.unit}")
    rows = tuple(row for _, row in lines)
    for slug in CHECKS.keys() - {row.code for row in rows}:
        raise DataFileError(file, 1, "code", f"the row {slug} is missing")
    try:
        limits_of(rows, daily_monthly_percent=0)
    except ValueError as error:
        raise DataFileError(file, 1, "parameters", str(error)) from None
    return rows


def limits_of(checks: Sequence[Check], *, daily_monthly_percent: float) -> dict[str, Any]:
    """The limits of each check by its slug. Raises ValueError naming what is missing or unknown.

    `daily_monthly_percent`: how far daily and monthly reports may be apart is a parameter of its own.
    """
    apart = {reported.CHECK: {"most_apart": float(Decimal(repr(daily_monthly_percent)) / PERCENT)}}
    return {
        row.code: _made(CHECKS[row.code].limits, row.code, {**row.parameters, **apart.get(row.code, {})})
        for row in checks
    }


def _made(kind: type[Any], slug: str, parameters: Mapping[str, float]) -> Any:
    names = {field.name for field in fields(kind)}
    if parameters.keys() != names:
        raise ValueError(f"check {slug}: the parameters must be {sorted(names)}, not {sorted(parameters)}")
    return kind(**parameters)
