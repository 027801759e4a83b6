"""What limits are corrected by: the inputs that units give, and the formulas of the standards, row by row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Literal

from services.core.data.loader import DataFileError, Number, Sourced, load_lines, table_file
from services.core.reason import InBoth
from services.judging.corrections import (
    TOGETHER,
    AllowedInput,
    Condition,
    CorrectionForm,
    CorrectionPart,
    CorrectionTerm,
)
from services.judging.data.limits import Limit
from services.judging.data.processes import Process

INPUTS = "unit_inputs.csv"
CORRECTIONS = "limit_corrections.csv"
OF_LIMIT = "%"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitInput(Sourced):
    """Something a unit gives of itself, by which limits are corrected or chosen."""

    input: str
    name_zh: str
    name_en: str
    kind: Literal["number", "flag", "choice"]
    unit: str | None = None
    """Of a number."""
    low: Decimal | None = None
    high: Decimal | None = None
    """What a number may be at least and at most; empty: no end is known."""
    choices: str | None = None
    """What a choice may be, by codes between blanks."""
    chooses_item_of: str | None = None
    """Process whose limits are those of the item of this name."""
    place: str

    @property
    def names(self) -> InBoth:
        """What it is called."""
        return InBoth(self.name_en, self.name_zh)

    @property
    def allowed(self) -> AllowedInput:
        """What it may be."""
        return AllowedInput(
            low=None if self.low is None else Fraction(self.low),
            high=None if self.high is None else Fraction(self.high),
            choices=tuple((self.choices or "").split()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitCorrection(Number):
    """A row of the formula by which a standard corrects the limits of an item."""

    standard: str
    process: str
    item: str
    grades: str
    """Those it holds for, between blanks."""
    input: str
    form: CorrectionForm
    base: Decimal | None = None
    per: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    case: str | None = None
    when_input: str | None = None
    when_above: Decimal | None = None

    @property
    def part(self) -> CorrectionPart:
        """The same, as it is computed with."""
        return CorrectionPart(
            row=self.code,
            value=Fraction(self.value),
            of_limit=self.unit == OF_LIMIT,
            base=Fraction(self.base or 0),
            per=Fraction(self.per or 1),
            low=None if self.low is None else Fraction(self.low),
            high=None if self.high is None else Fraction(self.high),
            case=self.case or "",
        )

    @property
    def condition(self) -> Condition | None:
        """Where alone it holds."""
        if self.when_input is None or self.when_above is None:
            return None
        return Condition(input=self.when_input, above=Fraction(self.when_above))


def unit_inputs(known: Mapping[str, Process], override: Path | None = None) -> tuple[UnitInput, ...]:
    """All inputs. Raises DataFileError."""
    file = table_file(INPUTS, override)
    lines = load_lines(UnitInput, file)
    for line, row in lines:
        if (row.kind == "choice") != bool(row.choices):
            raise DataFileError(file, line, "choices", "a choice has some, and nothing else has")
        if (row.kind == "number") != bool(row.unit):
            raise DataFileError(file, line, "unit", "a number has a unit, and nothing else has")
        if row.chooses_item_of is not None and row.chooses_item_of not in known:
            raise DataFileError(file, line, "chooses_item_of", f"{row.chooses_item_of} is not a row of processes.csv")
    return tuple(row for _, row in lines)


def limit_corrections(
    limits: Iterable[Limit], inputs: Iterable[UnitInput], override: Path | None = None
) -> tuple[LimitCorrection, ...]:
    """All rows of formulas. Raises DataFileError, also where one names a limit, an input or a choice that is none."""
    file = table_file(CORRECTIONS, override)
    lines = load_lines(LimitCorrection, file)
    limited = {(row.standard, row.process, row.item, str(row.grade)) for row in limits}
    known = {row.input: row for row in inputs}
    for line, row in lines:
        for name in {row.input, row.when_input or row.input}:
            if name not in known:
                raise DataFileError(file, line, "input", f"{name} is not an input of {INPUTS}")
        if not any((row.standard, row.process, row.item, grade) in limited for grade in row.grades.split()):
            raise DataFileError(file, line, "item", f"{row.standard} limits no {row.item} of {row.process}")
        if (
            row.form in (CorrectionForm.CASE, CorrectionForm.EXEMPT)
            and row.case not in known[row.input].allowed.choices
        ):
            raise DataFileError(file, line, "case", f"{row.case} is no choice of {row.input}")
    return tuple(row for _, row in lines)


def terms_of(rows: Iterable[LimitCorrection], limit: Limit) -> list[CorrectionTerm]:
    """The formula for one limit, in the order of its rows; those of one input and form are one term."""
    found: dict[tuple[str, ...], list[LimitCorrection]] = {}
    for row in rows:
        of_limit = (row.standard, row.process, row.item) == (limit.standard, limit.process, limit.item)
        if of_limit and str(limit.grade) in row.grades.split():
            key = (row.input, row.form) if row.form in TOGETHER else (row.input, row.form, row.code)
            found.setdefault(key, []).append(row)
    return [_term(together) for together in found.values()]


def _term(rows: Sequence[LimitCorrection]) -> CorrectionTerm:
    first = rows[0]
    parts = tuple(row.part for row in rows)
    return CorrectionTerm(input=first.input, form=first.form, parts=parts, condition=first.condition)
