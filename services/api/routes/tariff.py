"""Step tariffs: the surcharge of a unit with its derivation."""

from datetime import datetime
from fractions import Fraction
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.api.asking import Now
from services.api.database import Db
from services.api.indicators.answer import ReasonOut, RowUsed, reason_out
from services.api.judgement.listing import UnitNames, names_of, rows_used
from services.api.judgement.tariff import UnitTariff, tariff_of
from services.api.openapi import refusals
from services.api.registry import nouns
from services.api.registry.fields import Code
from services.api.tables import TablesDep
from services.core.calendar import SHANGHAI
from services.core.data.used import used_row
from services.core.verdict import Verdict
from services.judging.data.tables import Tables
from services.judging.indicators.terms import Term
from services.judging.tariff import PUNISHED, YUAN_PER_KWH, DerivationStep

router = APIRouter(prefix="/api/v1/tariff", tags=["judgement"])


class TariffQuery(BaseModel):
    """Whose tariff, and of which year."""

    model_config = ConfigDict(extra="forbid")

    unit: Code
    year: int | None = Field(
        None, ge=2001, le=2099, description="Year in which it is paid; the year at hand if left out"
    )


class StepOut(BaseModel):
    """One step of the derivation."""

    code: str
    text: str
    text_zh: str
    value: float | None
    unit: str | None
    row: str | None = Field(description="Code in `rows` of the answer")


class PunitiveOut(BaseModel):
    """What the capacity class of a unit pays more, whatever its energy use."""

    capacity_class: str
    yuan_per_kwh: float
    computed: bool = Field(description="From a rise in percent: the document prints no number for the year")
    carried: bool = Field(description="Used beyond the years it was published for: whether it runs on is not known")
    amount_yuan: float | None = Field(description="On `electricity_kwh`; provisional where the year is")
    row: str = Field(description="Code in `rows` of the answer")


class TariffAnswer(UnitNames):
    """What a unit pays more for each kWh in a year, and why."""

    process: str | None
    year: int
    start: datetime = Field(description="What was measured from here on, the year before, counts")
    end: datetime
    rule: str | None = Field(description="aluminium or unified; null: no rule speaks of the process")
    surcharge: float | None = Field(description="In `surcharge_unit`; null: cannot be told")
    surcharge_unit: str
    punitive_price: bool = Field(
        description="Restricted or eliminated capacity: punitive price, whatever the surcharge"
    )
    electricity_kwh: float | None = Field(
        description="Of the year in which it is paid, as far as measured: bought, renewable included, less sold"
    )
    electricity_coverage: float | None
    provisional: bool = Field(description="The year paid for is not over, or less than 90 % of it was measured")
    surcharge_yuan: float | None = Field(description="Surcharge on that electricity; provisional where the year is")
    punitive: PunitiveOut | None = Field(description="null: its class pays none, or none is known")
    verdict: str = Field(description="ok: none is due; breach: one is; cannot_judge")
    reasons: list[ReasonOut]
    value: float | None = Field(description="Energy use of the year before")
    value_unit: str | None
    coverage: float | None
    project: str | None = Field(description="existing, new, building or planned, as of the start of the year")
    steps: list[StepOut]
    rows: list[RowUsed]


@router.get("", summary="Derive the step tariff of a unit", responses=refusals(nouns.UNIT.unknown))
def read_tariff(database: Db, tables: TablesDep, query: Annotated[TariffQuery, Query()], now: Now) -> TariffAnswer:
    """The surcharge on the unit's electricity: the aluminium rule for smelters, the unified rule for the others.

    Energy use is that of the year before, which must be over, with meters throughout. Steps of the unified rule are
    configured; none are shipped.
    """
    year = query.year or now.astimezone(SHANGHAI).year
    with database.read() as connection:
        found = tariff_of(connection, tables, query.unit, year, now=now)
    return _answer(tables, found, year)


def _answer(tables: Tables, found: UnitTariff, year: int) -> TariffAnswer:
    use, surcharge, unit = found.use, found.surcharge, found.unit
    ratio = use.ratio if use else None
    terms = [ratio.numerator, ratio.denominator] if ratio else []
    steps = surcharge.steps if surcharge else ()
    reasons = [("no_limit", unit.process or "")]
    if surcharge is not None:
        known = dict(found.lacking)
        first = surcharge.finding.reason
        reasons = [(first, known.get(first, "")), *(reason for reason in found.lacking if reason[0] != first)]
    yuan, kwh = surcharge.yuan_per_kwh if surcharge else None, found.charged.kwh
    return TariffAnswer.model_validate(
        names_of(unit)
        | {
            "process": unit.process,
            "year": year,
            "start": found.start,
            "end": found.end,
            "rule": surcharge.rule if surcharge else None,
            "surcharge": None if yuan is None else float(yuan),
            "surcharge_unit": YUAN_PER_KWH,
            "punitive_price": unit.capacity_class in PUNISHED,
            "electricity_kwh": _number(kwh),
            "electricity_coverage": found.charged.coverage,
            "provisional": found.charged.provisional,
            "surcharge_yuan": None if yuan is None or kwh is None else float(yuan * kwh),
            "punitive": _punitive(found),
            "verdict": surcharge.finding.verdict if surcharge else Verdict.CANNOT_JUDGE,
            "reasons": [reason_out(code, of) for code, of in reasons],
            "value": None if ratio is None or ratio.value is None else float(ratio.value),
            "value_unit": use.unit if use else None,
            "coverage": ratio.coverage if ratio else None,
            "project": use.project if use else None,
            "steps": [_step(step) for step in steps],
            "rows": _rows(tables, found, terms),
        }
    )


def _rows(tables: Tables, found: UnitTariff, terms: list[Term]) -> list[dict[str, Any]]:
    steps = found.surcharge.steps if found.surcharge else ()
    rows = rows_used(tables, codes=[step.row for step in steps if step.row], terms=terms)
    punitive = [used_row(*found.punitive)] if found.punitive else []
    return sorted([*rows, *punitive], key=lambda row: row["code"])


def _number(exact: Fraction | None) -> float | None:
    return None if exact is None else float(exact)


def _punitive(found: UnitTariff) -> dict[str, Any] | None:
    if found.punitive is None:
        return None
    (price, carried), kwh = found.punitive, found.charged.kwh
    return {
        "capacity_class": price.capacity_class,
        "yuan_per_kwh": float(price.value),
        "computed": price.computed,
        "carried": carried,
        "amount_yuan": None if kwh is None else float(Fraction(price.value) * kwh),
        "row": price.code,
    }


def _step(step: DerivationStep) -> dict[str, str | float | None]:
    value = None if step.value is None else float(step.value)
    return {
        "code": step.code,
        "text": step.text,
        "text_zh": step.text_zh,
        "value": value,
        "unit": step.unit,
        "row": step.row,
    }
