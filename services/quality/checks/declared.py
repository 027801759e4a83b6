"""The checks of data quality as they are declared: names, unit, parameters, and the rule they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator

from services.core.data.loader import DataFileError, Sourced, load_lines, table_file
from services.quality.checks.balance import BalanceLimits
from services.quality.checks.calibration import CalibrationLimits
from services.quality.checks.clock import ClockLimits
from services.quality.checks.limits import SeriesLimits
from services.quality.checks.listing import CHECKS, SERIES
from services.quality.checks.product import ProductLimits
from services.quality.checks.reported import ReportedLimits
from services.quality.checks.silence import SilenceLimits

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of all checks."""

    series: SeriesLimits
    balance: BalanceLimits
    energy_product: ProductLimits
    daily_monthly: ReportedLimits
    clock_drift: ClockLimits
    calibration_due: CalibrationLimits
    fleet_silence: SilenceLimits


def limits_of(checks: Sequence[Check], *, daily_monthly_percent: float) -> Limits:
    """The limits that these rows give. Raises ValueError naming what is missing or unknown.

    `daily_monthly_percent`: how far daily and monthly reports may be apart is a parameter of its own.
    """
    given = {row.code: row.parameters for row in checks}
    monthly = {**given["daily_monthly"], "most_apart": daily_monthly_percent / PERCENT}
    return Limits(
        series=SeriesLimits.of({slug: given[slug] for slug in SERIES}),
        balance=_made(BalanceLimits, "balance", given["balance"]),
        energy_product=_made(ProductLimits, "energy_product", given["energy_product"]),
        daily_monthly=_made(ReportedLimits, "daily_monthly", monthly),
        clock_drift=_made(ClockLimits, "clock_drift", given["clock_drift"]),
        calibration_due=_made(CalibrationLimits, "calibration_due", given["calibration_due"]),
        fleet_silence=_made(SilenceLimits, "fleet_silence", given["fleet_silence"]),
    )


_Made = TypeVar("_Made")


def _made(kind: type[_Made], slug: str, parameters: Mapping[str, float]) -> _Made:
    wanted: Any = kind
    names = {field.name for field in fields(wanted)}
    if parameters.keys() != names:
        raise ValueError(f"check {slug}: the parameters must be {sorted(names)}, not {sorted(parameters)}")
    return kind(**parameters)
