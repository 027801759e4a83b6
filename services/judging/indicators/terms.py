"""What an indicator is made of: sums of a subject in a period, with their coverage and the rows they stand on. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from services.core.meter import PICO, Flow
from services.energy.account import ALL_FLOWS, CO2_SIGN, SIGN, Valuation, exact_sum
from services.energy.amount import Amount, Cover, Measure, joined_cover
from services.energy.factors import Applied, Basis, Factors
from services.energy.heat_value import ValuedBy, year_in


@dataclass(frozen=True, slots=True)
class ReportedValue:
    """A statistic of the period: its value in its own unit, and which versions of which periods it was taken from."""

    kind: str
    value: Decimal
    periods: tuple[tuple[str, int], ...]
    """Period as reported, and version."""
    price_base: int | None = None


@dataclass(frozen=True, slots=True)
class TermPart:
    """What one quantity adds to a term: those of a term add up to its value."""

    value: Fraction
    """In the unit of the term, below zero where it is taken off."""
    measure: Measure | None = None
    """The carrier and flow that was measured."""
    by: ValuedBy | None = None
    """What it is valued by; None: it counts as it is."""
    pico: int = 0
    """What was measured: 1e-12 of the carrier's unit."""
    applied: Applied | None = None
    """The coefficient; None: none is needed, or nothing was measured."""
    is_co2: bool = False
    """Whether it is one of CO2, and not of standard coal."""
    reported: ReportedValue | None = None
    """What was reported, where it is not measured."""


@dataclass(frozen=True, slots=True)
class Term:
    """A sum. `value` is None where it cannot be told; `lacking` says why (code of a reason, and of what)."""

    value: Fraction | None
    cover: Cover = field(default_factory=dict)
    used: Mapping[str, Applied] = field(default_factory=dict)
    reported: tuple[ReportedValue, ...] = ()
    lacking: tuple[tuple[str, str], ...] = ()
    parts: tuple[TermPart, ...] = ()
    """Of what it is put together, where that is asked for."""

    def _joined(self, other: "Term", value: Fraction | None, parts: tuple[TermPart, ...]) -> "Term":
        return Term(
            value,
            {**self.cover, **other.cover},
            {**self.used, **other.used},
            tuple(dict.fromkeys((*self.reported, *other.reported))),
            tuple(dict.fromkeys((*self.lacking, *other.lacking))),
            parts,
        )

    def __add__(self, other: "Term") -> "Term":
        value = None if self.value is None or other.value is None else self.value + other.value
        return self._joined(other, value, self.parts + other.parts)

    def __sub__(self, other: "Term") -> "Term":
        return self + other.scaled(-1)

    def at_most_zero(self) -> "Term":
        """The same where it is negative, else zero."""
        if self.value is None or self.value < 0:
            return self
        return replace(self, value=Fraction(0), parts=())

    def smaller(self, other: "Term") -> "Term":
        """The smaller of both."""
        if self.value is None or other.value is None:
            return self._joined(other, None, ())
        smaller = self if self.value <= other.value else other
        return self._joined(other, smaller.value, smaller.parts)

    def scaled(self, factor: Fraction | int) -> "Term":
        """The same in another unit."""
        value = None if self.value is None else self.value * factor
        parts = tuple(replace(part, value=part.value * factor) for part in self.parts)
        return Term(value, self.cover, self.used, self.reported, self.lacking, parts)


def total_of(terms: Sequence[Term]) -> Term:
    """The same sum over several subjects, whose coverages are put together by carrier and flow."""
    used: dict[str, Applied] = {}
    for term in terms:
        used.update(term.used)
    parts: dict[int, int] = {}
    for term in terms:
        if term.value is not None:
            numerator, denominator = term.value.as_integer_ratio()
            parts[denominator] = parts.get(denominator, 0) + numerator
    return Term(
        exact_sum(parts),
        joined_cover(term.cover for term in terms),
        used,
        tuple(dict.fromkeys(reported for term in terms for reported in term.reported)),
        tuple(dict.fromkeys(lack for term in terms for lack in term.lacking)),
        tuple(part for term in terms if term.value is not None for part in term.parts),
    )


class Measured:
    """All that was measured of one subject in one period, and what was reported for it."""

    def __init__(
        self,
        amounts: Mapping[Measure, Amount],
        factors: Factors,
        *,
        reported: Mapping[str, ReportedValue] | None = None,
        product_carriers: Collection[str] | None = None,
        beside_renewable: Mapping[Measure, Amount] | None = None,
        in_parts: bool = False,
    ) -> None:
        """`product_carriers`: those that have the unit in which the product counts; None: all.

        `beside_renewable`: of the amounts, those of electricity that was sold by whoever has renewable electricity.
        `in_parts`: whether its terms say of what they are put together.
        """
        self._in_parts = in_parts
        self.amounts = amounts
        self._sold = beside_renewable or {}
        self._ends: Mapping[str, bool] = {}
        self._product_carriers = product_carriers
        self._factors = factors
        self._reported = reported or {}

    @property
    def nothing(self) -> bool:
        """Whether nothing was measured, nothing expected, and nothing reported."""
        return not self.amounts and not self._reported

    def at(self, ends: Mapping[str, bool]) -> "Measured":
        """The same, with carriers at an end of the range of their heat values as far as these are not measured.

        `ends`: by carrier whether at the high end.
        """
        found = Measured(
            self.amounts,
            self._factors,
            reported=self._reported,
            product_carriers=self._product_carriers,
            beside_renewable=self._sold,
        )
        found._ends = ends
        return found

    def _cover(self, wanted: Callable[[str, Flow], bool]) -> Cover:
        return {
            measure: (amount.measured_s, amount.expected_s)
            for measure, amount in self.amounts.items()
            if wanted(*measure)
        }

    def _valued(self, basis: Basis | None, cover: Cover, sign: Mapping[Flow, int]) -> Term:
        """Tonnes of what is covered, on a basis, or under None of CO2."""
        valuation = Valuation(self._factors)
        missing: list[tuple[str, str]] = []
        sums: dict[int, int] = {}
        parts: list[TermPart] = []
        of = "CO2 " if basis is None else ""
        for carrier, flow in cover:
            by_year = self.amounts[carrier, flow].pico_by_year
            if not by_year:
                missing.append(("no_readings", f"{carrier} {flow}"))
            for year, pico in by_year.items():
                tonnes = valuation.tonnes(basis, carrier, year, pico)
                if tonnes is None:
                    missing.append(("coefficient_missing", f"{of}{carrier} {year}"))
                    continue
                numerator, denominator = tonnes
                if self._ends and isinstance(year, int):
                    numerator, denominator = self._at_end(carrier, year, numerator, denominator)
                sums[denominator] = sums.get(denominator, 0) + sign[flow] * numerator
                if self._in_parts:
                    applied = valuation.coefficient(basis, carrier, year)
                    value = Fraction(sign[flow] * numerator, denominator)
                    parts.append(TermPart(value, (carrier, flow), year, pico, applied, is_co2=basis is None))
        total = None if missing else exact_sum(sums)
        return Term(total, cover, valuation.used, lacking=tuple(missing), parts=tuple(parts))

    def _at_end(self, carrier: str, year: int, numerator: int, denominator: int) -> tuple[int, int]:
        """What a table's coefficient gave, at the end of the range that is asked for."""
        ends = self._factors.range_of(carrier, year) if carrier in self._ends else None
        if ends is None:
            return numerator, denominator
        times, of = ends[self._ends[carrier]].as_integer_ratio()
        return numerator * times, denominator * of

    def quantity(
        self,
        carriers: Sequence[str],
        flows: Sequence[Flow],
        *,
        absent_is_zero: bool = False,
        unmetered: str = "not_measured",
    ) -> Term:
        """Physical quantity of these carriers, which have one unit, over these flows, outputs subtracted.

        `absent_is_zero`: where no such meter is registered there is nothing of it; `unmetered`: the reason for not
        knowing it where there must be one.
        """
        cover = self._cover(lambda carrier, flow: carrier in carriers and flow in flows)
        if not cover and absent_is_zero:
            return Term(Fraction(0))
        if not cover:
            return Term(None, lacking=((unmetered, f"{'/'.join(carriers)} {'/'.join(flows)}"),))
        pico, lacking, parts = 0, [], []
        for carrier, flow in cover:
            by_year = self.amounts[carrier, flow].pico_by_year
            if not by_year:
                lacking.append(("no_readings", f"{carrier} {flow}"))
            measured_pico = sum(by_year.values())
            adds_pico = -measured_pico if flow is Flow.OUTPUT else measured_pico
            pico += adds_pico
            if self._in_parts and by_year:
                parts.append(TermPart(Fraction(adds_pico, PICO), (carrier, flow), pico=measured_pico))
        total = None if lacking else Fraction(pico, PICO)
        return Term(total, cover, lacking=tuple(lacking), parts=tuple(parts))

    def product(self) -> Term:
        """What was made, in the unit of the product: by its meters, else as reported."""
        fitting = self._product_carriers
        metered = [c for c, flow in self.amounts if flow is Flow.PRODUCT and (fitting is None or c in fitting)]
        if metered:
            return self.quantity(metered, [Flow.PRODUCT])
        if "output" in self._reported:
            return self.statistic("output")
        return Term(None, lacking=(("not_measured", "product"),))

    def energy(
        self,
        basis: Basis,
        *,
        flows: Collection[Flow] = ALL_FLOWS,
        families: Sequence[str] | None = None,
        absent_is_zero: bool = False,
    ) -> Term:
        """Standard coal in tce over these flows and families of carriers, outputs subtracted."""
        family = self._factors.family
        cover = self._cover(
            lambda carrier, flow: (
                flow in flows and carrier in family and (families is None or family[carrier] in families)
            )
        )
        if not cover:
            return Term(Fraction(0)) if absent_is_zero else Term(None, lacking=(("not_measured", "energy"),))
        return self._valued(basis, cover, SIGN)

    @property
    def beside_renewable(self) -> "Measured":
        """What was sold by whoever has renewable electricity, and makes none of coal."""
        return Measured(self._sold, self._factors, in_parts=self._in_parts)

    def in_electricity(self, flows: Collection[Flow], families: Sequence[str]) -> Term:
        """kWh with the heat content of what came in of these families; nothing where there is no such meter."""
        family = self._factors.family
        cover = self._cover(lambda carrier, flow: flow in flows and family.get(carrier) in families)
        energy = self._valued(Basis.CALORIFIC, cover, SIGN)
        years = {year_in(by) for measure in cover for by in self.amounts[measure].pico_by_year}
        if energy.value is None or not years:
            return energy
        kwh = self._factors.standard_coal("electricity", Basis.CALORIFIC, max(years))
        if kwh is None:
            return Term(None, cover, energy.used, lacking=(("coefficient_missing", f"electricity {max(years)}"),))
        used = {**energy.used, kwh.factor.code: kwh}
        return replace(energy.scaled(1000 / kwh.factor.per_unit), used=used)

    def co2(self) -> Term:
        """tCO2 of what is burnt and bought, less what is sold."""
        cover = self._cover(lambda carrier, flow: flow in CO2_SIGN and carrier in self._factors.family)
        if not cover:
            return Term(None, lacking=(("not_measured", "energy"),))
        return self._valued(None, cover, CO2_SIGN)

    def statistic(self, kind: str) -> Term:
        """What was reported, in the unit of the kind."""
        found = self._reported.get(kind)
        if found is None:
            return Term(None, lacking=(("not_reported", kind),))
        parts = (TermPart(Fraction(found.value), reported=found),) if self._in_parts else ()
        return Term(Fraction(found.value), reported=(found,), parts=parts)

    def reports(self, kind: str) -> bool:
        """Whether `kind` was reported for the period."""
        return kind in self._reported

    def seconds(self) -> tuple[Term, Term]:
        """Measured and expected seconds of all meters."""
        if not any(amount.expected_s for amount in self.amounts.values()):
            return (Term(None, lacking=(("not_measured", "any meter"),)),) * 2
        counted = {measure: (min(a.measured_s, a.expected_s), a.expected_s) for measure, a in self.amounts.items()}
        return self._seconds(counted, 0), self._seconds(counted, 1)

    def _seconds(self, counted: Cover, which: int) -> Term:
        parts = (
            [TermPart(Fraction(each[which]), measure) for measure, each in counted.items()] if self._in_parts else []
        )
        return Term(Fraction(sum(each[which] for each in counted.values())), parts=tuple(parts))
