"""A mandatory limit as it is answered: as printed, corrected, and what it stands on."""

from typing import Any

from pydantic import BaseModel, Field

from services.judging.corrections import CorrectionTerm, GivenInput, InputValue
from services.judging.data.tables import Tables
from services.judging.indicators.mandatory import MandatoryLimit


class CorrectionOut(BaseModel):
    """A correction for which the unit gave something."""

    input: str = Field(description="A row of /api/v1/tables/unit_inputs")
    name_zh: str
    name_en: str
    form: str = Field(description="linear, above, points, flag, case, exempt, times or divide (docs/data.md)")
    given: list[float | str] = Field(description="What held in the period; several where it changed")
    whole: bool = Field(description="Whether it was given for the whole period")
    rows: list[str] = Field(description="Codes of the rows of the formula, in `rows` of the answer")


class MandatoryLimitOut(BaseModel):
    """The mandatory limit that the unit must keep, grade 3, with its corrections."""

    standard: str
    verdict: str = Field(description="ok, breach or cannot_judge: a correction that could decide is not given")
    printed: float = Field(description="Of several classes that the unit may be of, the most lenient one")
    corrected: float | None = Field(
        description="By what is given; nothing added for what is not. null: the standard does not judge the unit"
    )
    most: float | None = Field(
        description="With the most that could be allowed for what is not given; null: there is no telling"
    )
    row: str = Field(description="Code of the limit in `rows` of the answer")
    corrections: list[CorrectionOut]
    wanted: list[str] = Field(description="Inputs not given, or not for the whole period, that could raise the limit")


def mandatory_out(tables: Tables, limit: MandatoryLimit | None) -> dict[str, Any] | None:
    """As MandatoryLimitOut describes it; None where no limit holds."""
    if limit is None:
        return None
    of_row = limit.limits[limit.rows.index(limit.row)]
    return {
        "standard": limit.row.standard,
        "verdict": limit.verdict,
        "printed": float(limit.row.value),
        "corrected": None if limit.low is None else float(limit.low),
        "most": None if limit.high is None else float(limit.high),
        "row": limit.row.code,
        "corrections": [_correction(tables, term, given) for term, given in of_row.applied],
        "wanted": list(limit.wanted),
    }


def _correction(tables: Tables, term: CorrectionTerm, given: GivenInput) -> dict[str, Any]:
    known = tables.unit_input[term.input]
    return {
        "input": term.input,
        "name_zh": known.name_zh,
        "name_en": known.name_en,
        "form": term.form,
        "given": [_value(each) for each in given.values],
        "whole": given.whole,
        "rows": [part.row for part in term.parts],
    }


def _value(given: InputValue) -> float | str:
    return given if isinstance(given, str) else float(given)
