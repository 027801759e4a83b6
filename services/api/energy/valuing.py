"""What quantities are in standard coal and CO2, as an answer tells it: one division for each number, at the end."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.core.meter import Flow
from services.energy.account import CO2_SIGN, SIGN, Parts, Valuation
from services.energy.factors import Applied, Basis, Factors
from services.judging.data.coefficients_used import coefficients_used
from services.judging.data.tables import Tables

CO2 = "co2"
CO2_COLUMN = "tco2"
COLUMNS: Mapping[Basis, str] = {Basis.CALORIFIC: "tce_calorific", Basis.EQUIVALENT: "tce_equivalent"}

Missing = tuple[str, int, str]
"""Carrier, year, and basis or `co2`."""
_WITHOUT_CO2: frozenset[Flow] = frozenset(SIGN.keys() - CO2_SIGN.keys())


class Valuing:
    """Values quantities, and remembers the coefficients used and those that were missing."""

    def __init__(self, factors: Factors, bases: Iterable[Basis] = tuple(Basis)) -> None:
        self._family = factors.family
        self._bases = tuple(bases)
        self._valuation = Valuation(factors)
        self.columns = (*(COLUMNS[basis] for basis in self._bases), CO2_COLUMN)
        """What `of` gives, in its order."""

    @property
    def used(self) -> Mapping[str, Applied]:
        """By the code of the row."""
        return self._valuation.used

    @property
    def missing(self) -> set[Missing]:
        """What is missing."""
        return named(self._valuation.missing)

    def of(self, carrier: str, flow: str, parts: Parts) -> tuple[float | None, ...]:
        """tce on each basis and tCO2 of a quantity, with its own sign whatever its flow.

        All None where nothing is booked or the carrier is no energy; one None where a coefficient is missing.
        """
        if not parts or carrier not in self._family:
            return (None,) * len(self.columns)
        tco2 = 0.0 if flow in _WITHOUT_CO2 else self._sum(None, carrier, parts)
        return (*[self._sum(basis, carrier, parts) for basis in self._bases], tco2)

    def _sum(self, basis: Basis | None, carrier: str, parts: Parts) -> float | None:
        """By denominator first, of which there are few: they are multiplied only at the end, one division for all."""
        sums: dict[int, int] = {}
        known = True
        for by, pico in parts:
            tonnes = self._valuation.tonnes(basis, carrier, by, pico)
            if tonnes is None:
                known = False
            else:
                sums[tonnes[1]] = sums.get(tonnes[1], 0) + tonnes[0]
        if not known:
            return None
        numerator, denominator = 0, 1
        for other, part in sums.items():
            numerator, denominator = numerator * other + part * denominator, denominator * other
        return numerator / denominator


def named(missing: Mapping[Basis | None, Iterable[tuple[str, int]]]) -> set[Missing]:
    """The coefficients missing on each basis, under None those of CO2, with the name of the basis."""
    return {
        (carrier, year, CO2 if basis is None else basis.value)
        for basis, found in missing.items()
        for carrier, year in found
    }


def rows_of(tables: Tables, used: Mapping[str, Applied]) -> list[dict[str, Any]]:
    """The rows used, as an answer names them."""
    found = coefficients_used(tables, used)
    return [found[code] for code in sorted(found)]


def missing_of(missing: Iterable[Missing]) -> list[dict[str, Any]]:
    """The coefficients missing, as an answer names them."""
    return [{"carrier": carrier, "year": year, "basis": basis} for carrier, year, basis in sorted(missing)]
