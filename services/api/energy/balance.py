"""The energy balance 能源消费账: the lines of an answer put together to what was consumed, by group and bucket."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from services.api.energy.answer import EnergyLine, Group
from services.api.energy.valuing import Missing, named
from services.core.meter import PICO, Flow
from services.energy.account import SIGN, Account, Parts
from services.energy.factors import Basis, Factors
from services.energy.heat_value import ValuedBy

ELECTRICITY = "electricity"
WITHOUT_FEEDSTOCK = (Flow.INPUT, Flow.RENEWABLE, Flow.OUTPUT)


@dataclass(frozen=True, slots=True)
class OnBasis:
    """Standard coal on one basis, in tce; None where a coefficient is missing, or nothing is booked."""

    input_tce: float | None = None
    renewable_tce: float | None = None
    feedstock_tce: float | None = None
    output_tce: float | None = None
    consumption_tce: float | None = None
    """综合能源消费量: input + renewable + feedstock - output."""
    without_feedstock_tce: float | None = None
    """The consumption without feedstock, which the plans exempt (M13, T17)."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of 1; None where the whole is not above zero or cannot be told."""

    coal: float | None = None
    """Coal and its products, inputs + feedstock - outputs, in the consumption; both equivalent."""
    renewable_electricity: float | None = None
    """Renewable electricity in the electricity taken in."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What a group consumed in a bucket. `place` names the group; its carrier is empty unless it is of one."""

    start: datetime
    end: datetime
    place: Group
    bases: Mapping[Basis, OnBasis]
    tco2: float | None
    shares: Shares
    coverage: float | None
    """The smallest over the carriers and flows that enter; None where no meter is expected to report."""
    silent: tuple[tuple[str, str], ...]
    """Carrier and flow of which readings are expected and nothing is booked: they are not in the sums."""
    account: Account
    lines: tuple[EnergyLine, ...]
    """Those that enter, in the order of the answer."""

    @property
    def is_booked(self) -> bool:
        """Whether anything is booked of it: nothing is not zero."""
        return any(line.parts for line in self.lines)

    @property
    def reports(self) -> int:
        """How many manual reports are in it."""
        return sum(line.reports for line in self.lines)

    @property
    def net_quantity(self) -> float | None:
        """Of a balance of one carrier: its inputs less outputs, in its unit; None where nothing is booked."""
        if not self.is_booked:
            return None
        return sum(SIGN[Flow(str(line.group.flow))] * pico for line in self.lines for _, pico in line.parts) / PICO

    def consumption(self, basis: Basis) -> Fraction | None:
        """综合能源消费量 in tce, exact; None where a coefficient is missing, or nothing is booked."""
        return self.account.consumption(basis) if self.is_booked else None

    def exact_tco2(self) -> Fraction | None:
        """`tco2` before it is rounded."""
        return self.account.tco2() if self.is_booked else None

    @property
    def missing(self) -> set[Missing]:
        """The coefficients that are missing."""
        return named(self.account.missing)


Grouped = Mapping[tuple[datetime, Group], Sequence[EnergyLine]]


def grouped(lines: Iterable[EnergyLine], factors: Factors, *, by_carrier: bool = False) -> Grouped:
    """The lines that enter each balance, in order of time and place, and by carrier where it is of one.

    Carriers that are no energy, and flows that are never added, are left out.
    """
    found: dict[tuple[datetime, Group], list[EnergyLine]] = {}
    for line in lines:
        if enters(line, factors):
            found.setdefault((line.start, place_of(line, by_carrier=by_carrier)), []).append(line)
    return dict(sorted(found.items(), key=lambda item: (item[0][0], [part or "" for part in item[0][1]])))


def enters(line: EnergyLine, factors: Factors) -> bool:
    """Whether a line is in a balance."""
    return line.group.carrier in factors.family and line.group.flow in SIGN


def place_of(line: EnergyLine, *, by_carrier: bool) -> Group:
    """In whose balance a line is."""
    return line.group._replace(carrier=line.group.carrier if by_carrier else "", flow=None)


def balance(lines: Sequence[EnergyLine], place: Group, factors: Factors) -> Balance:
    """The balance of the lines of one bucket and group, at least one."""
    account = _account_of(((line, line.parts) for line in lines), factors)
    booked = any(line.parts for line in lines)
    first = lines[0]
    return Balance(
        start=first.start,
        end=first.end,
        place=place,
        bases={basis: _on(account, basis) if booked else OnBasis() for basis in Basis},
        tco2=_number(account.tco2()) if booked else None,
        shares=_shares(account) if booked else Shares(),
        coverage=min((line.coverage for line in lines if line.coverage is not None), default=None),
        silent=tuple((line.group.carrier, str(line.group.flow)) for line in lines if line.is_silent),
        account=account,
        lines=tuple(lines),
    )


def manual_account(found: Balance, factors: Factors) -> Account | None:
    """What of a balance was entered by hand; None where nothing was."""
    by_hand = [line for line in found.lines if line.manual]
    return _account_of(((line, line.manual) for line in by_hand), factors) if by_hand else None


def _account_of(parts_of_lines: Iterable[tuple[EnergyLine, Parts]], factors: Factors) -> Account:
    account = Account(factors)
    by_year: dict[ValuedBy, dict[tuple[str, Flow], int]] = {}
    for line, parts in parts_of_lines:
        key = (line.group.carrier, Flow(line.group.flow or Flow.INPUT))
        for year, pico in parts:
            of_year = by_year.setdefault(year, {})
            of_year[key] = of_year.get(key, 0) + pico
    for year, quantities in by_year.items():
        account.add(quantities, year=year)
    return account


def _on(account: Account, basis: Basis) -> OnBasis:
    inputs, renewable, feedstock, outputs = (
        account.of(basis, flows=[flow]) for flow in (Flow.INPUT, Flow.RENEWABLE, Flow.FEEDSTOCK, Flow.OUTPUT)
    )
    return OnBasis(
        input_tce=_number(inputs),
        renewable_tce=_number(renewable),
        feedstock_tce=_number(feedstock),
        # of() gives outputs as they enter the consumption, below zero
        output_tce=None if outputs is None else float(-outputs),
        consumption_tce=_number(account.consumption(basis)),
        without_feedstock_tce=_number(account.of(basis, flows=WITHOUT_FEEDSTOCK)),
    )


def _shares(account: Account) -> Shares:
    taken_in = account.of(Basis.CALORIFIC, flows=[Flow.INPUT, Flow.RENEWABLE], families=[ELECTRICITY])
    renewable = account.of(Basis.CALORIFIC, flows=[Flow.RENEWABLE], families=[ELECTRICITY])
    coal = account.coal(Basis.EQUIVALENT)
    return Shares(
        coal=_share(coal, account.consumption(Basis.EQUIVALENT)), renewable_electricity=_share(renewable, taken_in)
    )


def _share(part: Fraction | None, whole: Fraction | None) -> float | None:
    return None if part is None or whole is None or whole <= 0 else float(part / whole)


def _number(exact: Fraction | None) -> float | None:
    return None if exact is None else float(exact)
