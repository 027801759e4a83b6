"""Whether a manual report can be, what it is in the unit of its carrier, how far metered sums are from it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from services.api.manual_reports.entry import ManualReportEntry
from services.api.reasons import Fault
from services.api.registry import nouns
from services.core.calendar import SHANGHAI
from services.core.meter import PICO
from services.core.units import UnitError, conversion
from services.quality.checks.reported import ReportedLimits, is_apart

PERCENT = 100


@dataclass(frozen=True, slots=True)
class KnownUnits:
    """What entries are judged by; `carriers`: the unit of each."""

    units: Collection[str]
    carriers: Mapping[str, str]
    now: datetime


def faults_of_entry(entry: ManualReportEntry, known: KnownUnits) -> list[Fault]:
    """The faults of one entry."""
    faults = []
    if entry.unit_code not in known.units:
        faults.append(nouns.UNIT.fault("unit_code", "unknown", entry.unit_code))
    if entry.first_day >= known.now.astimezone(SHANGHAI).date().replace(day=1):
        faults.append(Fault("month", "month_not_over"))
    carrier_unit = known.carriers.get(entry.carrier)
    if carrier_unit is None:
        return [*faults, nouns.CARRIER.fault("carrier", "unknown", entry.carrier)]
    try:
        conversion(entry.unit_of_measure, carrier_unit)
    except UnitError as error:
        faults.append(Fault("unit_of_measure", "bad_unit_of_measure", {"problem": error.problem}))
    return faults


def quantity_pico(entry: ManualReportEntry, carrier_unit: str) -> int:
    """In 1e-12 of the unit of the carrier: the decimals as they were written, rounded once."""
    written = Fraction(Decimal(repr(entry.value)))
    return round(written * conversion(entry.unit_of_measure, carrier_unit) * PICO)


@dataclass(frozen=True, slots=True)
class Apart:
    """How far the metered sum is from the reported quantity, as MeteredBeside describes it."""

    difference_percent: float | None
    is_apart: bool | None


def apart(reported_pico: int | None, metered_pico: int | None, coverage: float | None, limits: ReportedLimits) -> Apart:
    """Compare a report with what was metered, as the check of monthly reports does; quantities in 1e-12 of the unit."""
    if reported_pico is None or metered_pico is None:
        return Apart(None, None)
    reported, metered = Fraction(reported_pico), Fraction(metered_pico)
    is_measured = coverage is not None and coverage >= limits.coverage_least
    return Apart(
        float((metered - reported) / reported * PERCENT) if reported else None,
        is_apart(reported, metered, limits) if is_measured else None,
    )
