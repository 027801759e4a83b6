"""What may be said of the change from one period to another: only where both were measured alike."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from pydantic import BaseModel, Field

from services.api.comparing.period import Counterpart
from services.core.reason import About, reason_text
from services.core.told_apart import told_apart
from services.judging.reason_words import words_of

_SHARE_PLACES = 4


class SumReason(BaseModel):
    """Why something is not in a sum, or nothing is said of its change."""

    code: str = Field(description="Stable: programs may decide by it")
    of: str = Field(description="Of what; may be empty")
    text: str
    text_zh: str


class Change(BaseModel):
    """A number of another period, and how this one's differs from it."""

    value: float | None = Field(description="In the other period, in the unit of the row's own")
    until_value: float | None = Field(
        description="Of a period at hand: the row's own of the part that is compared; null: the period is over"
    )
    change_percent: float | None = Field(description="Of the other period's; null where nothing may be said of it")
    reason: SumReason | None = Field(description="Why nothing may be said of the change")


class ComparedPeriod(BaseModel):
    """The period with which a row is compared."""

    start: datetime
    end: datetime
    until: datetime | None = Field(
        description="Of a period at hand: where its part ends that is compared, as long as the other; null: it is over"
    )
    coverage: float | None = Field(description="Of the other period, 0 to 1")
    until_coverage: float | None = Field(description="Of the part of the row's own that is compared, 0 to 1")


class ComparedValue(ComparedPeriod, Change):
    """A row's value beside that of another period."""


class ByHand(NamedTuple):
    """What of a value people entered by hand: how many reports, and their share of it, 1 where that is not known."""

    reports: int = 0
    share: float = 0.0


NOTHING_BY_HAND = ByHand()


@dataclass(frozen=True, slots=True)
class ComparedSide:
    """One of two that are compared. `coverage`: None where no readings are expected."""

    value: Fraction | None
    coverage: float | None
    meters: float
    """How many should have given readings, on average over the time."""
    on_meters: bool = True
    """Whether it is measured at all; a reported number is not."""
    by_hand: ByHand = NOTHING_BY_HAND


def change(own: ComparedSide, other: ComparedSide, least: float) -> tuple[float | None, tuple[str, str] | None]:
    """By how many percent it differs from the other, or why nothing may be said: a code, and of what.

    `least`: the coverage that both must have; nor may fewer than this share of the meters, or of the manual reports
    where these are much of it, stand on either side.
    """
    for side, code in ((own, "no_value_now"), (other, "no_value_then")):
        if side.value is None:
            return None, (code, "")
    for side, code in ((own, "low_coverage_now"), (other, "low_coverage_then")):
        if side.on_meters and (side.coverage or 0.0) < least:
            return None, (code, f"{told_apart(side.coverage or 0.0, [least], places=_SHARE_PLACES):f}")
    meters = own.meters, other.meters
    if min(meters) < least * max(meters):
        return None, ("other_meters", f"{meters[0]:.1f} / {meters[1]:.1f}")
    if not reported_alike(own.by_hand, other.by_hand, least):
        return None, ("other_reports", f"{own.by_hand.reports} / {other.by_hand.reports}")
    assert own.value is not None
    assert other.value is not None
    if other.value <= 0:
        return None, ("not_positive_then", "")
    return float((own.value - other.value) / other.value * 100), None


def reported_alike(own: ByHand, other: ByHand, least: float) -> bool:
    """Whether as much was entered by hand of both, or less than `least` leaves of either: else a month that is not
    reported yet would be a fall.
    """
    reports = own.reports, other.reports
    return min(reports) >= least * max(reports) or 1 - max(own.share, other.share) >= least


def change_out(own: ComparedSide, other: ComparedSide, least: float, *, at_hand: bool) -> dict[str, Any]:
    """As Change describes it; `own` is what is compared of the row."""
    percent, reason = change(own, other, least)
    return {
        "value": _number(other.value),
        "until_value": _number(own.value) if at_hand else None,
        "change_percent": percent,
        "reason": None if reason is None else sum_reason(*reason),
    }


def period_out(counterpart: Counterpart, own: ComparedSide, other: ComparedSide) -> dict[str, Any]:
    """As ComparedPeriod describes it."""
    at_hand = counterpart.until is not None
    return {
        "start": counterpart.start,
        "end": counterpart.end,
        "until": counterpart.until,
        "coverage": other.coverage,
        "until_coverage": own.coverage if at_hand else None,
    }


def sum_reason(code: str, of: str) -> dict[str, str]:
    """A reason of sums in both languages."""
    english, chinese = reason_text(About.SUM, code, of=words_of(of))
    return {"code": code, "of": of, "text": english, "text_zh": chinese}


def _number(exact: Fraction | None) -> float | None:
    return None if exact is None else float(exact)
