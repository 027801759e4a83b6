"""Step tariffs as they are answered: the surcharge of each unit with its derivation, and what all come to."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from pydantic import BaseModel, Field

from services.api.energy.pending import PendingSums
from services.api.faceted import FacetCounts
from services.api.indicators.answer import ReasonOut, RowUsed, reason_out
from services.api.judgement.listing import UnitNames, names_of, rows_used
from services.api.judgement.tariff import UnitTariff
from services.api.names import NamesOut
from services.core.data.used import used_row
from services.core.verdict import Verdict
from services.judging.data.tables import Tables
from services.judging.tariff import PUNISHED, YUAN_PER_KWH, DerivationStep


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


class TariffRow(UnitNames):
    """What a unit pays more for each kWh in a year, and why."""

    process: str | None
    capacity_class: str | None = Field(description="permitted, restricted or eliminated; null: not registered")
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


class TariffAnswer(TariffRow):
    """The tariff of one unit, with the rows it stands on."""

    names: NamesOut
    rows: list[RowUsed]


class TariffTotals(BaseModel):
    """What all units come to that the filters leave, on every page."""

    units: int
    due: int = Field(description="Units that pay a surcharge")
    none_due: int
    cannot_judge: int
    punitive: int = Field(description="Units of a class that pays a punitive price")
    surcharge_yuan: float = Field(description="Of those that pay one, as far as their electricity is measured")
    punitive_yuan: float = Field(description="Likewise")
    provisional: bool = Field(description="Whether one of these amounts is")


class TariffList(BaseModel):
    """Units of which a rule speaks, or whose class pays a punitive price, in the order of their codes."""

    year: int
    start: datetime
    end: datetime
    facets: FacetCounts = Field(
        description="How many units each choice of a filter would give, the other filters as they are: verdict, rule,"
        " trade, process, capacity_class; area by league and banner, within the place asked for"
    )
    totals: TariffTotals
    data: list[TariffRow]
    names: NamesOut
    rows: list[RowUsed]
    pending: PendingSums | None = Field(
        description="What is stored of these units and not yet in what they are judged by; null: nothing"
    )
    next: str | None = Field(description="Cursor of the next page; null on the last one")
    total: int | None = Field(None, description="Entries of all pages, at most 100 000; null where not asked for")


def row_of(found: UnitTariff, year: int) -> dict[str, Any]:
    """As TariffRow describes it."""
    use, surcharge, unit = found.use, found.surcharge, found.unit
    ratio = use.ratio if use else None
    steps = surcharge.steps if surcharge else ()
    reasons = [("no_limit", unit.process or "")]
    if surcharge is not None:
        known = dict(found.lacking)
        first = surcharge.finding.reason
        reasons = [(first, known.get(first, "")), *(reason for reason in found.lacking if reason[0] != first)]
    yuan = surcharge.yuan_per_kwh if surcharge else None
    return names_of(unit) | {
        "process": unit.process,
        "capacity_class": unit.capacity_class,
        "year": year,
        "start": found.start,
        "end": found.end,
        "rule": surcharge.rule if surcharge else None,
        "surcharge": None if yuan is None else float(yuan),
        "surcharge_unit": YUAN_PER_KWH,
        "punitive_price": unit.capacity_class in PUNISHED,
        "electricity_kwh": _number(found.charged.kwh),
        "electricity_coverage": found.charged.coverage,
        "provisional": found.charged.provisional,
        "surcharge_yuan": surcharge_yuan(found),
        "punitive": _punitive(found),
        "verdict": verdict_of(found),
        "reasons": [reason_out(code, of) for code, of in reasons],
        "value": None if ratio is None or ratio.value is None else float(ratio.value),
        "value_unit": use.unit if use else None,
        "coverage": ratio.coverage if ratio else None,
        "project": use.project if use else None,
        "steps": [_step(step) for step in steps],
    }


def rows_of_all(tables: Tables, found: Iterable[UnitTariff]) -> list[dict[str, Any]]:
    """The rows of the data files that these tariffs stand on."""
    of_all = list(found)
    surcharges = [each.surcharge for each in of_all if each.surcharge]
    ratios = [each.use.ratio for each in of_all if each.use]
    rows = rows_used(
        tables,
        codes=[step.row for surcharge in surcharges for step in surcharge.steps if step.row],
        terms=[term for ratio in ratios for term in (ratio.numerator, ratio.denominator)],
    )
    punitive = {each.punitive[0].code: used_row(*each.punitive) for each in of_all if each.punitive}
    return sorted([*rows, *punitive.values()], key=lambda row: row["code"])


def totals_of(found: Sequence[UnitTariff]) -> dict[str, Any]:
    """As TariffTotals describes it."""
    verdicts = Counter(verdict_of(each) for each in found)
    surcharged = [each for each in found if surcharge_yuan(each) is not None]
    punished = [each for each in found if each.punitive is not None]
    return {
        "units": len(found),
        "due": verdicts[Verdict.BREACH],
        "none_due": verdicts[Verdict.OK],
        "cannot_judge": verdicts[Verdict.CANNOT_JUDGE],
        "punitive": len(punished),
        "surcharge_yuan": sum(surcharge_yuan(each) or 0.0 for each in surcharged),
        "punitive_yuan": sum(punitive_yuan(each) or 0.0 for each in punished),
        "provisional": any(each.charged.provisional for each in (*surcharged, *punished)),
    }


def verdict_of(found: UnitTariff) -> Verdict:
    """ok: no surcharge is due; breach: one is."""
    return found.surcharge.finding.verdict if found.surcharge else Verdict.CANNOT_JUDGE


def surcharge_yuan(found: UnitTariff) -> float | None:
    """The surcharge on the electricity of the year; None where one of them is not known."""
    yuan, kwh = found.surcharge.yuan_per_kwh if found.surcharge else None, found.charged.kwh
    return None if yuan is None or kwh is None else float(yuan * kwh)


def punitive_yuan(found: UnitTariff) -> float | None:
    """What its class pays more for the electricity of the year; None where that is nothing, or not known."""
    if found.punitive is None or found.charged.kwh is None:
        return None
    return float(Fraction(found.punitive[0].value) * found.charged.kwh)


def _number(exact: Fraction | None) -> float | None:
    return None if exact is None else float(exact)


def _punitive(found: UnitTariff) -> dict[str, Any] | None:
    if found.punitive is None:
        return None
    price, carried = found.punitive
    return {
        "capacity_class": price.capacity_class,
        "yuan_per_kwh": float(price.value),
        "computed": price.computed,
        "carried": carried,
        "amount_yuan": punitive_yuan(found),
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
