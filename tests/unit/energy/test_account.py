"""The energy account of GB/T 2589: what comes in less what goes out, on both bases, exact and in any order."""

from collections import defaultdict
from datetime import date
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from services.core.meter import PICO, Flow
from services.energy.account import Account
from services.energy.amount import Amount, Measure
from services.energy.factors import Basis, Factor, Factors, FactorTable
from services.judging.indicators.terms import Measured

FAMILY = {
    "raw_coal": "coal",
    "coke": "coal",
    "electricity": "electricity",
    "heat": "heat",
    "natural_gas": "gas",
    "mine_gas": "gas",
}
YEARS = (2020, 2021, 2022)


def _factor(carrier: str, kg: str, year: int = 2008, until: int | None = None) -> Factor:
    end = None if until is None else date(until, 1, 1)
    return Factor(f"{carrier}.{year}.{kg}", carrier, Fraction(kg), date(year, 1, 1), end)


FACTORS = Factors(
    calorific=FactorTable(
        [
            _factor("raw_coal", "714.3"),
            _factor("coke", "971.4"),
            _factor("electricity", "0.1229"),
            _factor("heat", "34.12"),
            _factor("natural_gas", "1.33"),
        ]
    ),
    equivalent=FactorTable(
        [
            _factor("electricity", "0.321", 2020, 2021),
            _factor("electricity", "0.315", 2021, 2022),
            _factor("electricity", "0.310", 2022, 2023),
        ]
    ),
    co2=FactorTable(
        [
            _factor("raw_coal", "1900.3"),
            _factor("natural_gas", "7927/3666"),
            _factor("electricity", "0.7025", 2021),
            _factor("heat", "110"),
        ]
    ),
    family=FAMILY,
)

Booked = tuple[str, Flow, int, int]
"""Carrier, flow, 1e-12 of its unit, year."""

amounts = st.integers(min_value=0, max_value=10**9 * PICO)
bookings = st.lists(
    st.tuples(st.sampled_from([*FAMILY, "water", "product"]), st.sampled_from(Flow), amounts, st.sampled_from(YEARS)),
    max_size=25,
)
bases = st.sampled_from(Basis)


def account_of(*booked: Booked) -> Account:
    account = Account(FACTORS)
    for carrier, flow, quantity_pico, year in booked:
        account.add({(carrier, flow): quantity_pico}, year=year)
    return account


def _sums(account: Account) -> list[object]:
    parts = [account.of(basis, flows=[flow]) for basis in Basis for flow in Flow]
    return [*parts, account.tco2(), account.missing, account.used]


def test_consumption_is_inputs_renewables_and_feedstock_less_outputs() -> None:
    account = account_of(
        ("raw_coal", Flow.INPUT, 1_000 * PICO, 2021),
        ("raw_coal", Flow.FEEDSTOCK, 200 * PICO, 2021),
        ("electricity", Flow.RENEWABLE, 10_000 * PICO, 2021),
        ("heat", Flow.OUTPUT, 500 * PICO, 2021),
    )
    # 1000 t x 0.7143 + 200 t x 0.7143 + 10 000 kWh x 0.1229 kg - 500 GJ x 34.12 kg = 714.3 + 142.86 + 1.229 - 17.06
    assert account.consumption(Basis.CALORIFIC) == Fraction("841.329")
    # electricity by the coal it took in that year: 10 000 x 0.315 kg = 3.15 t
    assert account.consumption(Basis.EQUIVALENT) == Fraction("843.25")
    # coal burnt, less heat sold on; renewable electricity and feedstock have none: 1900.3 - 55
    assert account.tco2() == Fraction("1845.3")


def test_sub_meters_products_it_load_and_water_are_never_added() -> None:
    account = account_of(
        ("electricity", Flow.SUB, PICO, 2021),
        ("electricity", Flow.IT_LOAD, PICO, 2021),
        ("coke", Flow.PRODUCT, PICO, 2021),
        ("water", Flow.INPUT, PICO, 2021),
    )
    assert account.consumption(Basis.CALORIFIC) == 0
    assert account.tco2() == 0
    assert not account.used
    assert not account.missing


def test_each_year_counts_by_its_own_coefficient() -> None:
    account = account_of(*[("electricity", Flow.INPUT, 1_000_000 * PICO, year) for year in YEARS])
    assert account.consumption(Basis.EQUIVALENT) == 321 + 315 + 310
    assert account.consumption(Basis.CALORIFIC) == Fraction("368.7")


def test_year_after_the_last_published_one_is_carried_and_says_so() -> None:
    account = account_of(
        ("electricity", Flow.INPUT, 1_000 * PICO, 2022), ("electricity", Flow.INPUT, 1_000 * PICO, 2025)
    )
    assert account.consumption(Basis.EQUIVALENT) == Fraction("0.62")
    carried = {code: applied.carried for code, applied in account.used.items()}
    assert carried["electricity.2022.0.310"]
    assert not carried["electricity.2008.0.1229"]


def test_year_without_coefficient_cannot_be_told_and_is_named() -> None:
    account = account_of(
        ("electricity", Flow.INPUT, 1_000 * PICO, 2019),
        ("electricity", Flow.INPUT, 1_000 * PICO, 2021),
        ("raw_coal", Flow.INPUT, 1_000 * PICO, 2019),
    )
    assert account.consumption(Basis.EQUIVALENT) is None
    assert account.tco2() is None
    assert account.consumption(Basis.CALORIFIC) == Fraction("714.5458")
    assert account.missing == {Basis.EQUIVALENT: {("electricity", 2019)}, None: {("electricity", 2019)}}


def test_what_does_not_depend_on_a_missing_coefficient_is_told() -> None:
    account = account_of(("mine_gas", Flow.INPUT, PICO, 2021), ("raw_coal", Flow.INPUT, 1_000 * PICO, 2021))
    assert account.of(Basis.EQUIVALENT, families=["coal"]) == Fraction("714.3")
    assert account.of(Basis.EQUIVALENT, families=["gas"]) is None
    assert account.consumption(Basis.EQUIVALENT) is None


def test_nothing_is_nothing_whatever_the_coefficient() -> None:
    account = account_of(("mine_gas", Flow.INPUT, 0, 2021), ("raw_coal", Flow.INPUT, 1_000 * PICO, 2021))
    assert account.consumption(Basis.CALORIFIC) == Fraction("714.3")
    assert account.missing == {}


@given(booked=bookings, data=st.data())
def test_account_is_the_same_in_any_order_and_in_any_parts(booked: list[Booked], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(booked))
    halves = [(c, f, part, y) for c, f, pico, y in shuffled for part in (pico // 3, pico - pico // 3)]
    assert _sums(account_of(*booked)) == _sums(account_of(*shuffled)) == _sums(account_of(*halves))


@given(enterprises=st.lists(bookings, max_size=4), basis=bases)
def test_consumption_of_an_area_is_the_sum_over_its_enterprises(enterprises: list[list[Booked]], basis: Basis) -> None:
    area = account_of(*[booked for one in enterprises for booked in one])
    parts = [account_of(*one).consumption(basis) for one in enterprises]
    told = [part for part in parts if part is not None]
    assert area.consumption(basis) == (sum(told, Fraction(0)) if len(told) == len(parts) else None)


@given(booked=bookings, basis=bases, sold=amounts, carrier=st.sampled_from(["electricity", "heat", "coke"]))
def test_what_one_enterprise_sells_to_another_leaves_the_area_unchanged(
    booked: list[Booked], basis: Basis, sold: int, carrier: str
) -> None:
    trade: list[Booked] = [(carrier, Flow.OUTPUT, sold, 2021), (carrier, Flow.INPUT, sold, 2021)]
    before, after = account_of(*booked), account_of(*booked, *trade)
    assert after.consumption(basis) == before.consumption(basis)
    if carrier != "coke":  # which has no CO2 coefficient here
        assert after.tco2() == before.tco2()


@given(booked=bookings, basis=bases)
def test_flows_and_families_add_up_to_the_consumption(booked: list[Booked], basis: Basis) -> None:
    account = account_of(*booked)
    for parts in (
        [account.of(basis, flows=[flow]) for flow in Flow],
        [account.of(basis, families=[family]) for family in sorted(set(FAMILY.values()))],
    ):
        told = [part for part in parts if part is not None]
        assert account.consumption(basis) == (sum(told, Fraction(0)) if len(told) == len(parts) else None)


def test_coal_burnt_for_electricity_sold_outside_is_not_counted_as_the_areas_own() -> None:
    # 1000 t coal x 0.7143 = 714.3 tce; 900 000 kWh sold x 0.310 = 279 tce were made of it
    account = Account(FACTORS)
    account.add({("raw_coal", Flow.INPUT): 1000 * PICO, ("electricity", Flow.OUTPUT): 900_000 * PICO}, year=2024)
    assert account.coal(Basis.EQUIVALENT) == Fraction("714.3") - 279
    bought = Account(FACTORS)
    bought.add({("raw_coal", Flow.INPUT): 1000 * PICO, ("electricity", Flow.INPUT): 900_000 * PICO}, year=2024)
    assert bought.coal(Basis.EQUIVALENT) == Fraction("714.3")


@given(bookings, bases)
def test_indicators_and_balances_make_the_same_of_the_same_quantities(booked: list[Booked], basis: Basis) -> None:
    account, amounts = account_of(*booked), defaultdict[Measure, Amount](Amount)
    for carrier, flow, quantity_pico, year in booked:
        amounts[carrier, flow].add(Amount({year: quantity_pico}))
    measured = Measured(amounts, FACTORS)
    assert measured.energy(basis, absent_is_zero=True).value == account.consumption(basis)
    emitted = measured.co2()
    assert emitted.value == account.tco2() or "not_measured" in dict(emitted.lacking)
