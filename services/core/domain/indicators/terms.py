"""What an indicator is made of: sums of a subject in a period, with their coverage and the rows they stand on. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from services.core.domain.account import Account
from services.core.domain.factors import Applied, Basis, Factors
from services.core.domain.meter import PICO, Flow

Measure = tuple[str, Flow]
"""A carrier and the flow in which it is measured."""


@dataclass(slots=True)
class Amount:
    """What meters of one carrier and flow measured in a period. `pico_by_year` is empty where nothing is booked."""

    pico_by_year: dict[int, int] = field(default_factory=dict)
    measured_s: int = 0
    expected_s: int = 0

    def add(self, other: "Amount") -> None:
        """Take up what other meters, or another part of the period, have."""
        for year, pico in other.pico_by_year.items():
            self.pico_by_year[year] = self.pico_by_year.get(year, 0) + pico
        self.measured_s += other.measured_s
        self.expected_s += other.expected_s

    @property
    def quantity(self) -> Fraction | None:
        """In the unit of the carrier; None where nothing is booked."""
        return Fraction(sum(self.pico_by_year.values()), PICO) if self.pico_by_year else None


@dataclass(frozen=True, slots=True)
class Reported:
    """A statistic of the period: its value in its own unit, and which versions of which periods it was taken from."""

    kind: str
    value: Decimal
    periods: tuple[tuple[str, int], ...]
    """Period as reported, and version."""
    price_base: int | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A sum. `value` is None where it cannot be told; `lacking` says why (code of a reason, and of what).

    `cover` gives measured and expected seconds by carrier and flow.
    """

    value: Fraction | None
    cover: Mapping[Measure, tuple[int, int]] = field(default_factory=dict)
    used: Mapping[str, Applied] = field(default_factory=dict)
    reported: tuple[Reported, ...] = ()
    lacking: tuple[tuple[str, str], ...] = ()

    def _joined(self, other: "Term", value: Fraction | None) -> "Term":
        return Term(
            value,
            {**self.cover, **other.cover},
            {**self.used, **other.used},
            tuple(dict.fromkeys((*self.reported, *other.reported))),
            tuple(dict.fromkeys((*self.lacking, *other.lacking))),
        )

    def __add__(self, other: "Term") -> "Term":
        return self._joined(other, None if self.value is None or other.value is None else self.value + other.value)

    def __sub__(self, other: "Term") -> "Term":
        return self + other.scaled(-1)

    def scaled(self, factor: Fraction | int) -> "Term":
        """The same in another unit."""
        return Term(
            None if self.value is None else self.value * factor, self.cover, self.used, self.reported, self.lacking
        )

    @property
    def coverage(self) -> float | None:
        """The least covered carrier and flow, 0 to 1; None where no meter is expected to give readings."""
        shares = [min(1.0, measured / expected) for measured, expected in self.cover.values() if expected > 0]
        return min(shares, default=None)


def total_of(terms: Iterable[Term]) -> Term:
    """The same sum over several subjects, whose coverages are put together by carrier and flow."""
    value, used, reported, lacking = Fraction(0), dict[str, Applied](), list[Reported](), list[tuple[str, str]]()
    cover: dict[Measure, tuple[int, int]] = {}
    for term in terms:
        if term.value is not None:
            value += term.value
        for measure, (measured_s, expected_s) in term.cover.items():
            before = cover.get(measure, (0, 0))
            cover[measure] = (before[0] + measured_s, before[1] + expected_s)
        used.update(term.used)
        reported.extend(term.reported)
        lacking.extend(term.lacking)
    return Term(value, cover, used, tuple(dict.fromkeys(reported)), tuple(dict.fromkeys(lacking)))


class Measured:
    """All that was measured of one subject in one period, and what was reported for it."""

    def __init__(
        self,
        amounts: Mapping[Measure, Amount],
        factors: Factors,
        *,
        reported: Mapping[str, Reported] | None = None,
        product_carriers: Collection[str] | None = None,
    ) -> None:
        """`product_carriers`: those that have the unit in which the product counts; None: all."""
        self.amounts = amounts
        self._product_carriers = product_carriers
        self._factors = factors
        self._reported = reported or {}
        self._account: Account | None = None

    @property
    def account(self) -> Account:
        """Standard coal and CO2."""
        if self._account is None:
            self._account = Account(self._factors)
            for measure, amount in self.amounts.items():
                for year, pico in amount.pico_by_year.items():
                    self._account.add({measure: pico}, year=year)
        return self._account

    def _cover(self, wanted: Callable[[str, Flow], bool]) -> dict[Measure, tuple[int, int]]:
        return {
            measure: (amount.measured_s, amount.expected_s)
            for measure, amount in self.amounts.items()
            if wanted(*measure)
        }

    def _coefficients(self, cover: Iterable[Measure], find: Callable[[str, int], Applied | None]) -> dict[str, Applied]:
        found = (find(carrier, year) for carrier, flow in cover for year in self.amounts[carrier, flow].pico_by_year)
        return {applied.factor.code: applied for applied in found if applied is not None}

    def quantity(self, carriers: Sequence[str], flows: Sequence[Flow], *, absent_is_zero: bool = False) -> Term:
        """Physical quantity of these carriers, which have one unit, over these flows, outputs subtracted.

        `absent_is_zero`: where no such meter is registered there is nothing of it.
        """
        cover = self._cover(lambda carrier, flow: carrier in carriers and flow in flows)
        if not cover and absent_is_zero:
            return Term(Fraction(0))
        if not cover:
            return Term(None, lacking=(("not_measured", f"{'/'.join(carriers)} {'/'.join(flows)}"),))
        value, lacking = Fraction(0), []
        for carrier, flow in cover:
            quantity = self.amounts[carrier, flow].quantity
            if quantity is None:
                lacking.append(("no_readings", f"{carrier} {flow}"))
            else:
                value += -quantity if flow is Flow.OUTPUT else quantity
        return Term(None if lacking else value, cover, lacking=tuple(lacking))

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
        flows: Sequence[Flow] = (Flow.INPUT, Flow.RENEWABLE, Flow.FEEDSTOCK, Flow.OUTPUT),
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
        silent = tuple(("no_readings", f"{c} {f}") for c, f in cover if not self.amounts[c, f].pico_by_year)
        value = self.account.of(basis, flows=flows, families=families)
        missing = (
            ()
            if value is not None
            else tuple(
                ("coefficient_missing", f"{carrier} {year}") for carrier, year in sorted(self.account.missing[basis])
            )
        )
        used = self._coefficients(cover, lambda carrier, year: self._factors.standard_coal(carrier, basis, year))
        return Term(None if silent or missing else value, cover, used, lacking=(*silent, *missing))

    def co2(self) -> Term:
        """tCO2."""
        cover = self._cover(lambda carrier, flow: flow in (Flow.INPUT, Flow.OUTPUT) and carrier in self._factors.family)
        if not cover:
            return Term(None, lacking=(("not_measured", "energy"),))
        value = self.account.tco2()
        missing = tuple(("coefficient_missing", f"CO2 {c} {y}") for c, y in sorted(self.account.missing.get(None, ())))
        used = self._coefficients(cover, self._factors.co2.of)
        return Term(value, cover, used, lacking=missing)

    def statistic(self, kind: str) -> Term:
        """What was reported, in the unit of the kind."""
        found = self._reported.get(kind)
        if found is None:
            return Term(None, lacking=(("not_reported", kind),))
        return Term(Fraction(found.value), reported=(found,))

    def reports(self, kind: str) -> bool:
        """Whether `kind` was reported for the period."""
        return kind in self._reported

    def seconds(self) -> tuple[Term, Term]:
        """Measured and expected seconds of all meters."""
        if not any(amount.expected_s for amount in self.amounts.values()):
            return (Term(None, lacking=(("not_measured", "any meter"),)),) * 2
        measured = sum(min(a.measured_s, a.expected_s) for a in self.amounts.values())
        return Term(Fraction(measured)), Term(Fraction(sum(a.expected_s for a in self.amounts.values())))
