"""Why a balance is what it is: the terms that add up to it to the last digit, and what is not in it."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from pydantic import BaseModel, Field

from services.api.comparing.change import SumReason, sum_reason
from services.api.energy.answer import EnergyLine
from services.api.energy.balance import Balance
from services.core.exact_text import exact_text
from services.core.meter import PICO, Flow
from services.energy.account import CO2_SIGN, SIGN, Valuation
from services.energy.factors import Applied, Basis, Factors
from services.energy.heat_value import ByHeatValue, ValuedBy, year_in
from services.judging.data.coefficients_used import names_heat_values, row_code

_BASES: Mapping[str, Basis | None] = {**{str(basis): basis for basis in Basis}, "co2": None}
_UNIT = {"calorific": "kgce", "equivalent": "kgce", "co2": "kgCO2"}


class ExactSum(BaseModel):
    """A sum, and the same without a digit lost."""

    value: float | None
    exact: str | None = Field(description="All its decimals, or numerator/denominator where these do not end")


class ValuedTerm(BaseModel):
    """What a term adds on one basis: quantity x coefficient / 1000 in tonnes, below zero where it goes out."""

    row: str | None = Field(description="Code of the coefficient in `rows`; null: it is missing")
    coefficient: float | None = Field(description="null: several heat values are in one term, or it is missing")
    coefficient_unit: str
    value: float | None
    exact: str | None = Field(description="As of ExactSum: these add up to that of the whole")


class BalanceTerm(BaseModel):
    """A quantity that is in a balance, by the coefficient that values it."""

    carrier: str
    flow: str
    year: int
    sign: int = Field(description="1: it comes in, -1: it goes out")
    quantity: float
    quantity_exact: str
    quantity_unit: str
    calorific: ValuedTerm
    equivalent: ValuedTerm
    co2: ValuedTerm | None = Field(description="null: it counts in no CO2, as renewable electricity and feedstock")
    manual: bool = Field(description="Whether it was entered by hand, of units without a meter; else it was measured")
    coverage: float | None = Field(description="Of all of this carrier and flow, 0 to 1; null: entered by hand")
    meters: float = Field(description="How many should have given readings, on average over what is over of the time")


class LeftOutOfBalance(BaseModel):
    """What was measured, or should have been, and is not in a balance."""

    carrier: str
    flow: str
    quantity: float | None
    quantity_unit: str
    coverage: float | None
    reason: SumReason


class BalanceExplained(BaseModel):
    """The terms of a balance, which add up to it."""

    calorific: ExactSum = Field(description="consumption_tce")
    equivalent: ExactSum = Field(description="consumption_tce")
    co2: ExactSum = Field(description="tco2")
    terms: list[BalanceTerm]
    left_out: list[LeftOutOfBalance]


class Explaining:
    """Explains the balances of a page. `used`: the coefficients of the page, `past_s`: seconds over of a row's time."""

    def __init__(self, factors: Factors, units: Mapping[str, str], used: Mapping[str, Applied]) -> None:
        self._family, self._units = factors.family, units
        self._valuation = Valuation(factors)
        self._each = names_heat_values(used)

    def of(self, found: Balance, others: Iterable[EnergyLine], past_s: float) -> dict[str, Any]:
        """As BalanceExplained describes it; `others`: the lines of the group that do not enter."""
        exact: Mapping[str, Fraction | None] = {
            **{str(basis): found.consumption(basis) for basis in Basis},
            "co2": found.exact_tco2(),
        }
        silent = [self._left_out(line, "silent") for line in found.lines if line.is_silent]
        return {
            **{name: exact_sum_out(value) for name, value in exact.items()},
            "terms": [term for line in found.lines for term in self._terms(line, past_s)],
            "left_out": silent + [self._left_out(line, self._why_not(line)) for line in others],
        }

    def _terms(self, line: EnergyLine, past_s: float) -> Iterable[dict[str, Any]]:
        carrier, flow = line.group.carrier, Flow(str(line.group.flow))
        together: dict[tuple[int, str, bool], list[tuple[ValuedBy, int]]] = {}
        for by, pico, is_manual in _told_apart(line):
            of = row_code(by.heat_value, each=self._each) if isinstance(by, ByHeatValue) else ""
            together.setdefault((year_in(by), of, is_manual), []).append((by, pico))
        for (year, _, is_manual), parts in sorted(together.items()):
            quantity = Fraction(sum(pico for _, pico in parts), PICO)
            yield {
                "carrier": carrier,
                "flow": str(flow),
                "year": year,
                "sign": SIGN[flow],
                "quantity": float(quantity),
                "quantity_exact": exact_text(quantity),
                "quantity_unit": self._units[carrier],
                **{name: self._valued(name, carrier, flow, parts) for name in _BASES},
                "manual": is_manual,
                "coverage": None if is_manual else line.coverage,
                "meters": line.expected_s / past_s if past_s > 0 and not is_manual else 0.0,
            }

    def _valued(
        self, name: str, carrier: str, flow: Flow, parts: Iterable[tuple[ValuedBy, int]]
    ) -> dict[str, Any] | None:
        basis = _BASES[name]
        sign = (CO2_SIGN if basis is None else SIGN).get(flow)
        if sign is None:
            return None
        value: Fraction | None = Fraction(0)
        rows, per_unit = set(), set()
        for by, pico in parts:
            tonnes = self._valuation.tonnes(basis, carrier, by, pico)
            value = None if tonnes is None or value is None else value + sign * Fraction(*tonnes)
            applied = self._valuation.coefficient(basis, carrier, by)
            if applied is not None:
                heat_value = applied.factor.heat_value
                rows.add(applied.factor.code if heat_value is None else row_code(heat_value, each=self._each))
                per_unit.add(applied.factor.per_unit)
        return {
            "row": rows.pop() if len(rows) == 1 else None,
            "coefficient": float(per_unit.pop()) if len(per_unit) == 1 else None,
            "coefficient_unit": f"{_UNIT[name]}/{self._units[carrier]}",
            **exact_sum_out(value),
        }

    def _left_out(self, line: EnergyLine, why: str) -> dict[str, Any]:
        return {
            "carrier": line.group.carrier,
            "flow": str(line.group.flow),
            "quantity": None if line.is_silent else line.quantity,
            "quantity_unit": self._units[line.group.carrier],
            "coverage": line.coverage,
            "reason": sum_reason(why, ""),
        }

    def _why_not(self, line: EnergyLine) -> str:
        if line.group.flow == Flow.PRODUCT:
            return "not_consumed"
        return "no_energy" if line.group.carrier not in self._family else "part_of_input"


def _told_apart(line: EnergyLine) -> Iterable[tuple[ValuedBy, int, bool]]:
    """The parts of a line, what was measured before what was entered by hand."""
    by_hand = dict(line.manual)
    for by, pico in line.parts:
        measured = pico - by_hand.get(by, 0)
        if by not in by_hand or measured or line.measured_s:
            yield by, measured, False
        if by in by_hand:
            yield by, by_hand[by], True


def exact_sum_out(value: Fraction | None) -> dict[str, Any]:
    """As ExactSum describes it."""
    return {"value": None if value is None else float(value), "exact": None if value is None else exact_text(value)}
