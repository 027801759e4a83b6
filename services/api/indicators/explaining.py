"""Why an indicator is what it is: the terms of numerator and denominator, which add up to them to the last digit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from pydantic import BaseModel, Field

from services.api.comparing.change import SumReason
from services.core.exact_text import exact_text
from services.core.meter import PICO
from services.energy.amount import Measure, coverage_of_seconds
from services.energy.factors import Applied
from services.energy.heat_value import year_in
from services.judging.data.coefficients_used import names_heat_values, row_code
from services.judging.data.tables import Tables
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.kinds import Indicator
from services.judging.indicators.terms import Term, TermPart


class IndicatorTerm(BaseModel):
    """A quantity, or a reported number, that is in a numerator or denominator."""

    carrier: str | None = Field(description="null: a reported number")
    flow: str | None
    statistic: str | None = Field(description="Kind of the reported number")
    periods: list[str] = Field(description="Of a reported number, each with its version")
    year: int | None = Field(description="Whose coefficient values it; null: none is needed")
    quantity: float | None = Field(description="As measured; null: it is a time, or reported")
    quantity_exact: str | None
    quantity_unit: str | None
    row: str | None = Field(description="Code of the coefficient in `rows`; null: none is needed")
    coefficient: float | None = Field(description="null: none is needed, or several heat values are in one term")
    coefficient_unit: str | None
    value: float = Field(description="What it adds, in the unit of the sum; below zero: it is taken off")
    exact: str = Field(description="All its decimals, or numerator/denominator: these add up to that of the sum")
    coverage: float | None = Field(description="Of all of this carrier and flow, 0 to 1")
    meters: float | None = Field(description="How many should have given readings, on average")


class ExplainedSum(BaseModel):
    """Numerator or denominator with its terms."""

    value: float | None
    exact: str | None
    unit: str
    terms: list[IndicatorTerm]


class LeftOutSubject(BaseModel):
    """A unit or enterprise that is in neither sum."""

    code: str
    reasons: list[SumReason]


class IndicatorExplained(BaseModel):
    """How a value is formed: numerator / denominator x scale."""

    formula: str
    formula_zh: str
    scale: int = Field(description="100 of percentages")
    exact: str | None
    numerator: ExplainedSum
    denominator: ExplainedSum
    left_out: list[LeftOutSubject]


@dataclass(slots=True)
class _Together:
    """Parts of one carrier, flow, year and coefficient."""

    first: TermPart
    value: Fraction = Fraction(0)
    pico: int = 0
    coefficients: set[Fraction] = field(default_factory=set)
    periods: dict[str, None] = field(default_factory=dict)


class IndicatorExplaining:
    """Explains the rows of an answer, of which the terms say of what they are put together."""

    def __init__(self, tables: Tables, units: Mapping[str, str], found: Iterable[Evaluated], *, now: datetime) -> None:
        self._tables, self._units, self._now = tables, units, now
        used: dict[str, Applied] = {}
        for each in found:
            used |= {**each.ratio.numerator.used, **each.ratio.denominator.used}
        self._each = names_heat_values(used)

    def of(
        self, indicator: Indicator, found: Evaluated, product: str, reasons: Mapping[str, Sequence[dict[str, str]]]
    ) -> dict[str, Any]:
        """As IndicatorExplained describes it; `reasons`: why subjects are left out, by their codes."""
        ratio = found.ratio
        past_s = (min(found.end, self._now) - found.start).total_seconds()
        return {
            "formula": indicator.formula,
            "formula_zh": indicator.formula_zh,
            "scale": indicator.scale,
            "exact": None if ratio.value is None else exact_text(ratio.value),
            "numerator": self._sum(ratio.numerator, indicator.numerator_unit.format(product=product), past_s),
            "denominator": self._sum(ratio.denominator, indicator.denominator_unit.format(product=product), past_s),
            "left_out": [{"code": code, "reasons": list(because)} for code, because in reasons.items()],
        }

    def _sum(self, term: Term, unit: str, past_s: float) -> dict[str, Any]:
        return {
            "value": None if term.value is None else float(term.value),
            "exact": None if term.value is None else exact_text(term.value),
            "unit": unit,
            "terms": [self._term(each, term, past_s) for each in self._together(term.parts)],
        }

    def _together(self, parts: Iterable[TermPart]) -> list[_Together]:
        found: dict[tuple[Any, ...], _Together] = {}
        for part in parts:
            kind = part.reported.kind if part.reported else ""
            year = 0 if part.by is None else year_in(part.by)
            each = found.setdefault((kind, part.measure or (), year, self._row(part) or ""), _Together(part))
            each.value += part.value
            each.pico += part.pico
            if part.applied is not None:
                each.coefficients.add(part.applied.factor.per_unit)
            if part.reported:
                each.periods |= dict.fromkeys(f"{period} v{version}" for period, version in part.reported.periods)
        return [found[key] for key in sorted(found)]

    def _row(self, part: TermPart) -> str | None:
        if part.applied is None:
            return None
        heat_value = part.applied.factor.heat_value
        return part.applied.factor.code if heat_value is None else row_code(heat_value, each=self._each)

    def _term(self, together: _Together, term: Term, past_s: float) -> dict[str, Any]:
        part = together.first
        measure: Measure | None = part.measure
        measured_s, expected_s = (0, 0) if measure is None else term.cover.get(measure, (0, 0))
        unit = None if measure is None else self._units[measure[0]]
        quantity = Fraction(together.pico, PICO) if measure is not None and term.cover else None
        coefficients = together.coefficients
        return {
            "carrier": measure and measure[0],
            "flow": measure and str(measure[1]),
            "statistic": part.reported and part.reported.kind,
            "periods": list(together.periods),
            "year": None if part.by is None else year_in(part.by),
            "quantity": None if quantity is None else float(quantity),
            "quantity_exact": None if quantity is None else exact_text(quantity),
            "quantity_unit": unit if quantity is not None else None,
            "row": self._row(part),
            "coefficient": float(next(iter(coefficients))) if len(coefficients) == 1 else None,
            "coefficient_unit": f"{'kgCO2' if part.is_co2 else 'kgce'}/{unit}" if part.applied else None,
            "value": float(together.value),
            "exact": exact_text(together.value),
            "coverage": coverage_of_seconds(measured_s, expected_s),
            "meters": expected_s / past_s if measure is not None and past_s > 0 else None,
        }
