"""What a check of data quality is: declared once, beside what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from services.quality.checks.day import Finding, MeterDay, MeterFacts, Quantities
from services.quality.checks.grid import Grid

CheckedKind = Literal["meter", "unit", "enterprise", "gateway", "area"]


@dataclass(frozen=True, slots=True)
class SeriesSeen:
    """What a check of one meter's own series looks at."""

    grid: Grid
    has_past: bool
    """Whether the meter has a past of two whole weeks."""
    product_by_hour: Quantities | None
    """What the meter's unit produced in each of the 24 hours, NaN where it is not known; None: it makes no product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckKind:
    """A check, declared once: its names, parameters and source are its row of the table of checks."""

    slug: str
    """The code of its row."""
    subject: CheckedKind
    """Of whom it speaks."""
    unit: str
    """Of the values it finds, and of their limit."""
    limits: type[Any]
    """A dataclass of numbers, one a parameter of the row."""
    period: Literal["now", "day", "month"] = "day"
    """Of what an alert rule speaks: the last complete day or month, or what goes on now."""
    of_series: Callable[[SeriesSeen, Any], list[Finding]] | None = None
    """Finds it in the readings of one meter alone, by its limits; None: it is made of more than that."""
    of_marks: Callable[[MeterFacts, MeterDay, Any], list[Finding]] | None = None
    """Finds it in the marks of a meter's readings, also while the day runs."""
    needs_past: bool = True
    """Whether a check of a series waits until the meter has a past."""
    is_cross: bool = False
    """Holds what meters and reports say against each other: counts for the consistency of the data."""
    is_alerted: bool = True
    """Whether alert rules speak of it; of calibrations they do by the days left."""
