"""One number of a plan's document as a row: what it says of what, and how it is printed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import StringConstraints

from services.core.data.loader import Sourced
from services.judging.targets.target import (
    Better,
    Operator,
    PrintedState,
    TargetChangeKind,
    better_by,
    change_differs,
    computed_change,
    value_from_change,
)

BETWEEN_PASSAGES = " ; "
_REDUCTION = "_reduction"

TargetKind = Literal["target", "threshold", "actual"]
TargetNature = Literal["binding", "expected", "incentive", "unlabelled", "actual"]
Slug = Annotated[str, StringConstraints(pattern="^[a-z0-9_]*$")]
AsciiText = Annotated[str, StringConstraints(pattern="^[ -~]*$")]
Codes = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9-]*( [A-Za-z0-9-]+)*$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTarget(Sourced):
    """A target, a threshold or a reported result. `source` is the document, `verified` that the row was found there."""

    plan: str
    area_code: str
    subject: Slug = ""
    """Of whom or what within the area, where it is not the whole."""
    indicator_zh: str
    indicator_en: AsciiText = ""
    """In English, which no document prints."""
    alias: str = ""
    """Other name the same document gives it."""
    indicator: Slug = ""
    """Slug of the indicator; empty where the platform measures none."""
    process: Slug = ""
    kind: TargetKind
    op: Operator
    op_printed: str = ""
    better: Better | None = None
    """Which way the value should go, where the operator does not say it."""
    state: PrintedState
    value: Decimal | None = None
    """A reduction is positive, whatever sign is printed."""
    value_high: Decimal | None = None
    value_printed: str = ""
    unit: AsciiText = ""
    unit_printed: str = ""
    target_year: int | None = None
    base_year: int | None = None
    base_value: Decimal | None = None
    change: Decimal | None = None
    """Signed: a fall is negative."""
    change_printed: str = ""
    change_kind: TargetChangeKind | None = None
    nature: TargetNature
    stage: Literal["basic", "incentive", ""] = ""
    value_scope: Literal["own", "region_presumed"]
    conflicts_with: Codes = ""
    """Codes of rows that say another thing of the same; both are kept."""
    price_base: int | None = None
    """Year of the constant prices; empty where the document does not say it."""
    valid_from: date
    valid_to: date
    """First day after the period."""
    clause: str = ""
    """Chapter and section, or annex, of the document: 三（八）, 附件2; of several passages parted by ；."""
    place: str
    """Where it is printed: copies of one passage parted by " / ", further passages by " ; "."""
    quote: str
    """The printed words, one part a passage, parted by " ; "."""
    traps: Codes = ""
    """Numbers of the known faults and traps that touch the row (docs/plans.md)."""
    note: str = ""

    @property
    def direction(self) -> Better | None:
        """Which way the value should go."""
        return self.better or better_by(self.op)

    @property
    def conflicts(self) -> tuple[str, ...]:
        """Codes of rows that contradict this one."""
        return tuple(self.conflicts_with.split())

    @property
    def computed_kind(self) -> TargetChangeKind:
        """What the computed change is: as the printed one; else points of a share and the rate of a level."""
        return self.change_kind or (TargetChangeKind.PP if self.unit == "%" else TargetChangeKind.RATE)

    @property
    def computed_change(self) -> Fraction | None:
        """The change from base to value; None where one of them is not printed."""
        if self.base_value is None or self.value is None:
            return None
        return computed_change(self.computed_kind, base=self.base_value, value=self.value)

    @property
    def change_differs(self) -> bool | None:
        """Whether printed and computed change differ; None where they cannot be compared."""
        if self.change_kind is None or self.change is None or self.base_value is None or self.value is None:
            return None
        return change_differs(self.change_kind, base=self.base_value, value=self.value, printed=self.change)

    @property
    def value_from_change(self) -> Fraction | None:
        """The value that the printed change makes of the base."""
        if self.change_kind is None or self.change is None or self.base_value is None:
            return None
        return value_from_change(self.change_kind, base=self.base_value, change=self.change)


def faults_of(row: PlanTarget) -> Iterator[tuple[str, str]]:
    """The columns of `row` that contradict each other, each with what is wrong."""
    yield from _faults_of_value(row)
    yield from _faults_of_change(row)
    if row.valid_to <= row.valid_from:
        yield "valid_to", f"must lie after valid_from ({row.valid_from})"
    if (row.kind == "actual") != (row.nature == "actual"):
        yield "nature", "actual goes with the kind actual, and only with it"
    if len(row.place.split(BETWEEN_PASSAGES)) != len(row.quote.split(BETWEEN_PASSAGES)):
        yield "quote", f"needs one part for each passage of place, parted by {BETWEEN_PASSAGES!r}"


def _faults_of_value(row: PlanTarget) -> Iterator[tuple[str, str]]:
    has_number = row.state in (PrintedState.NUMBER, PrintedState.ZERO)
    if has_number != (row.value is not None):
        yield "value", f"must {'not ' if has_number else ''}be empty with the state {row.state.value}"
    elif row.value is not None and (row.value == 0) != (row.state is PrintedState.ZERO):
        yield "state", f"{row.value} is {'zero' if row.value == 0 else 'number'}, not {row.state.value}"
    if has_number and not row.unit:
        yield "unit", "must not be empty beside a value; write 1 for a ratio"
    if row.state is not PrintedState.MISSING and not row.value_printed:
        yield "value_printed", "must not be empty: what is printed where the value stands?"
    if (row.op is Operator.RANGE) != (row.value_high is not None):
        yield "value_high", "is given for a range, and only for it"
    if row.value is not None and row.value_high is not None and row.value_high <= row.value:
        yield "value_high", f"must be greater than value ({row.value})"
    for name, number in (("value", row.value), ("value_high", row.value_high)):
        if row.indicator.endswith(_REDUCTION) and row.unit == "%" and number is not None and number.copy_abs() > 100:
            yield name, f"a reduction is at most 100 %, not {number} %"
    if row.kind == "target" and row.op is Operator.ABOUT and row.better is None:
        yield "better", "about (~) does not say by itself which way is better: write higher or lower"


def _faults_of_change(row: PlanTarget) -> Iterator[tuple[str, str]]:
    given = {row.change is not None, row.change_printed != "", row.change_kind is not None}
    if len(given) > 1:
        yield "change", "change, change_printed and change_kind are given together or not at all"
    if row.state is PrintedState.MISSING and row.change is None:
        yield "change", "a row without a value gives at least a change"
    if row.change_kind is TargetChangeKind.PP and row.unit != "%":
        yield "change_kind", f"percentage points are the change of a value in %, not in {row.unit or 'no unit'}"
    if row.base_value is not None and row.base_year is None:
        yield "base_year", "must not be empty beside a base value"
