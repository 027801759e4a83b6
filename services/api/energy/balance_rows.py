"""Balances as the rows of an answer, beside those of another period."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any, Self

from services.api.comparing.change import NOTHING_BY_HAND, ByHand, ComparedSide, change_out, period_out
from services.api.energy.answer import EnergyLine, Group, totals
from services.api.energy.ask import Asked, By
from services.api.energy.balance import Balance, balance, enters, grouped, manual_account, place_of
from services.api.energy.compared import ComparedLines, average_meters
from services.api.energy.explaining import Explaining
from services.energy.factors import Applied, Basis, Factors
from services.judging.data.tables import Tables

MEASURES: Mapping[str, Callable[[Balance], Fraction | None]] = {
    "calorific": lambda found: found.consumption(Basis.CALORIFIC),
    "equivalent": lambda found: found.consumption(Basis.EQUIVALENT),
    "tco2": Balance.exact_tco2,
}


class BalanceRows:
    """The balances of lines, as rows of an answer."""

    def __init__(
        self,
        tables: Tables,
        lines: Sequence[EnergyLine],
        compared: ComparedLines | None,
        units: Mapping[str, str],
        *,
        asked: Asked,
        now: datetime,
    ) -> None:
        """`units`: of the quantities, by carrier; `compared`: what stands beside the lines."""
        self._tables, self._lines, self._units, self._asked, self._now = tables, lines, units, asked, now
        self._compared_lines = compared
        by_carrier = By.CARRIER in asked.by
        self._grouped = grouped(lines, tables.factors, by_carrier=by_carrier)
        least = float(tables.parameter("coverage_least").value)
        self._compared = (
            None if compared is None else BalancesCompared(compared, tables.factors, least, by_carrier=by_carrier)
        )
        self._others: dict[tuple[datetime, Group], list[EnergyLine]] = {}
        for line in lines:
            if not enters(line, tables.factors):
                place = place_of(line, by_carrier=by_carrier)
                self._others.setdefault((line.start, place), []).append(line)

    @property
    def places(self) -> Sequence[tuple[datetime, Group]]:
        """Of what there is a balance, in the order of the answer."""
        return list(self._grouped)

    @property
    def balances(self) -> Sequence[Balance]:
        """All of them, in this order."""
        return [self.balance_of(key) for key in self.places]

    def balance_of(self, key: tuple[datetime, Group]) -> Balance:
        """One of them."""
        return balance(self._grouped[key], key[1], self._tables.factors)

    def of_whole(self) -> Self:
        """Those of the whole, to which these add up."""
        asked = replace(self._asked, by=frozenset({By.FLOW}))
        compared = self._compared_lines and self._compared_lines.of_whole()
        return type(self)(self._tables, totals(self._lines), compared, self._units, asked=asked, now=self._now)

    def row(
        self,
        found: Balance,
        names: Sequence[str],
        *,
        whole: Balance | None = None,
        explaining: Mapping[str, Applied] | None,
    ) -> dict[str, Any]:
        """A balance as BalanceRow describes it, with its share of the `whole`.

        It is explained where the coefficients used are given as `explaining`.
        """
        carrier = found.place.carrier
        of_carrier = {"carrier": carrier, "quantity": found.net_quantity, "quantity_unit": self._units.get(carrier)}
        row = {
            "start": found.start,
            "end": found.end,
            **(of_carrier if carrier else {}),
            **{name: getattr(found.place, name) for name in names},
            **{str(basis): amounts for basis, amounts in found.bases.items()},
            "tco2": found.tco2,
            "shares": found.shares,
            "coverage": found.coverage,
            "silent": [{"carrier": carrier, "flow": flow} for carrier, flow in found.silent],
        }
        amounts = _by_hand(found, self._tables.factors)
        if amounts:
            row["manual"] = {
                **{f"{basis}_tce": _float(amounts[basis]) for basis in ("calorific", "equivalent")},
                "tco2": _float(amounts["tco2"]),
                "shares": {name: _share(amounts[name], measure(found)) for name, measure in MEASURES.items()},
                "of": [{"carrier": line.group.carrier, "flow": line.group.flow} for line in found.lines if line.manual],
                "reports": found.reports,
            }
        if whole is not None:
            row["of_total"] = {name: _share(measure(found), measure(whole)) for name, measure in MEASURES.items()}
        if self._compared is not None:
            row["compared"] = self._compared.of(found)
        if explaining is not None:
            past_s = (min(found.end, self._now) - found.start).total_seconds()
            others = self._others.get((found.start, found.place), ())
            row["explained"] = Explaining(self._tables.factors, self._units, explaining).of(found, others, past_s)
        return row


class BalancesCompared:
    """The balances of another period by the rows beside which they stand; `least`: the coverage a change needs."""

    def __init__(self, compared: ComparedLines, factors: Factors, least: float, *, by_carrier: bool) -> None:
        self._compared, self._factors, self._least, self._by_carrier = compared, factors, least, by_carrier
        self._other = self._by_row(compared.other)
        self._until = self._by_row(compared.until)

    def of(self, found: Balance) -> dict[str, Any] | None:
        """What stands beside a balance, as ComparedBalance describes it; None where it has no counterpart."""
        counterpart = self._compared.counterparts.get(found.start)
        if counterpart is None:
            return None
        key, at_hand = (found.start, found.place), counterpart.until is not None
        own = self._formed(self._until, key) if at_hand else found
        other = self._formed(self._other, key)
        meters = (
            average_meters(own.lines if own else (), found.start, counterpart.until or found.end),
            average_meters(other.lines if other else (), counterpart.start, counterpart.end),
        )

        def sides(name: str) -> tuple[ComparedSide, ComparedSide]:
            return self._side(own, name, meters[0]), self._side(other, name, meters[1])

        measures = {name: sides(name) for name in MEASURES}
        changes = {name: change_out(*both, self._least, at_hand=at_hand) for name, both in measures.items()}
        return period_out(counterpart, *measures["tco2"]) | changes

    def _by_row(
        self, found: Mapping[datetime, Sequence[EnergyLine]]
    ) -> Mapping[tuple[datetime, Group], Sequence[EnergyLine]]:
        return {
            (start, place): lines
            for start, of_row in found.items()
            for (_, place), lines in grouped(of_row, self._factors, by_carrier=self._by_carrier).items()
        }

    def _side(self, found: Balance | None, name: str, meters: float) -> ComparedSide:
        if found is None:
            return ComparedSide(None, None, meters)
        value, by_hand = MEASURES[name](found), NOTHING_BY_HAND
        if found.reports:
            share = _share(_by_hand(found, self._factors)[name], value)
            by_hand = ByHand(found.reports, 1.0 if share is None else share)
        on_meters = found.coverage is not None or not found.reports
        return ComparedSide(value, found.coverage, meters, on_meters, by_hand)

    def _formed(
        self, found: Mapping[tuple[datetime, Group], Sequence[EnergyLine]], key: tuple[datetime, Group]
    ) -> Balance | None:
        return balance(found[key], key[1], self._factors) if key in found else None


def _by_hand(found: Balance, factors: Factors) -> Mapping[str, Fraction | None]:
    """What of each measure was entered by hand; empty where nothing was."""
    account = manual_account(found, factors)
    if account is None:
        return {}
    return {**{str(basis): account.consumption(basis) for basis in Basis}, "tco2": account.tco2()}


def _share(part: Fraction | None, whole: Fraction | None) -> float | None:
    """A share of 1; None of a whole that is not above zero, and of a part below zero, which is none of it."""
    return None if part is None or part < 0 or whole is None or whole <= 0 else float(part / whole)


def _float(exact: Fraction | None) -> float | None:
    return None if exact is None else float(exact)
