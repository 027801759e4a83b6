"""What quantities are in standard coal and CO2, by the coefficients of their year.

Exact until the last step: whole numbers and ratios of them, one division for the number that is answered.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from services.api.energy.answer import Parts
from services.core.data.used import used_row
from services.core.meter import Flow
from services.energy.account import CO2_SIGN, PICO_KILO, SIGN
from services.energy.factors import Applied, Basis, Factors
from services.judging.data.tables import Tables

CO2 = "co2"
CO2_COLUMN = "tco2"
COLUMNS: Mapping[Basis, str] = {Basis.CALORIFIC: "tce_calorific", Basis.EQUIVALENT: "tce_equivalent"}

Missing = tuple[str, int, str]
"""Carrier, year, and basis or `co2`."""
_Ratio = tuple[int, int]
"""Tonnes for 1e-12 of the carrier's unit."""
_NOTHING: _Ratio = (0, 1)
_WITHOUT_CO2: frozenset[Flow] = frozenset(SIGN.keys() - CO2_SIGN.keys())


class Valuing:
    """Values quantities, and remembers the coefficients used and those that were missing."""

    def __init__(self, factors: Factors, bases: Iterable[Basis] = tuple(Basis)) -> None:
        self._factors = factors
        self._bases = tuple(bases)
        self._ratios: dict[tuple[str, str, int], tuple[_Ratio | None, ...] | None] = {}
        self.columns = (*(COLUMNS[basis] for basis in self._bases), CO2_COLUMN)
        """What `of` gives, in its order."""
        self.used: dict[str, Applied] = {}
        """By the code of the row."""
        self.missing: set[Missing] = set()

    def of(self, carrier: str, flow: str, parts: Parts) -> tuple[float | None, ...]:
        """tce on each basis and tCO2 of a quantity, with its own sign whatever its flow.

        All None where nothing is booked or the carrier is no energy; one None where a coefficient is missing.
        """
        if len(parts) == 1:
            ((year, pico),) = parts
            ratios = self._ratios_of(carrier, flow, year)
            if ratios is not None and pico and None not in ratios:
                return tuple([pico * ratio[0] / ratio[1] for ratio in ratios if ratio is not None])
        if not parts or self._ratios_of(carrier, flow, parts[0][0]) is None:
            return (None,) * len(self.columns)
        return tuple([self._sum(carrier, flow, parts, column) for column in range(len(self.columns))])

    def _sum(self, carrier: str, flow: str, parts: Parts, column: int) -> float | None:
        """Over several years, brought to one denominator by hand: a Fraction would look for common divisors."""
        numerator, denominator, told = 0, 1, True
        for year, pico in parts:
            ratio = (self._ratios_of(carrier, flow, year) or ())[column]
            if not pico:
                continue
            if ratio is None:
                self.missing.add((carrier, year, (*self._bases, CO2)[column]))
                told = False
            else:
                numerator, denominator = numerator * ratio[1] + pico * ratio[0] * denominator, denominator * ratio[1]
        return numerator / denominator if told else None

    def _ratios_of(self, carrier: str, flow: str, year: int) -> tuple[_Ratio | None, ...] | None:
        key = (carrier, flow, year)
        if key not in self._ratios:
            self._ratios[key] = self._look_up(carrier, flow, year) if carrier in self._factors.family else None
        return self._ratios[key]

    def _look_up(self, carrier: str, flow: str, year: int) -> tuple[_Ratio | None, ...]:
        found = [self._ratio(self._factors.standard_coal(carrier, basis, year)) for basis in self._bases]
        without_co2 = flow in _WITHOUT_CO2
        return (*found, _NOTHING if without_co2 else self._ratio(self._factors.co2.of(carrier, year)))

    def _ratio(self, applied: Applied | None) -> _Ratio | None:
        if applied is None:
            return None
        note(self.used, {applied.factor.code: applied})
        numerator, denominator = applied.factor.per_unit.as_integer_ratio()
        return numerator, denominator * PICO_KILO


def note(used: dict[str, Applied], more: Mapping[str, Applied]) -> None:
    """Take up which coefficients were used; carried is one that was so anywhere."""
    for code, applied in more.items():
        if applied.carried or code not in used:
            used[code] = applied


def rows_of(tables: Tables, used: Mapping[str, Applied]) -> list[dict[str, Any]]:
    """The rows used, as an answer names them."""
    return [used_row(tables.row(code), used[code].carried) for code in sorted(used)]


def missing_of(missing: Iterable[Missing]) -> list[dict[str, Any]]:
    """The coefficients missing, as an answer names them."""
    return [{"carrier": carrier, "year": year, "basis": basis} for carrier, year, basis in sorted(missing)]
