"""Standard coal and CO2 of one quantity: by the coefficients of its year, exact until the last step."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.energy.valuing import Valuing
from services.core.meter import PICO, Flow
from services.energy.account import Account
from services.energy.factors import Basis, Factor, Factors, FactorTable


def _table(*rows: tuple[str, str, int]) -> FactorTable:
    return FactorTable(Factor(f"{c}.{year}", c, Fraction(kg), date(year, 1, 1)) for c, kg, year in rows)


FACTORS = Factors(
    calorific=_table(("electricity", "0.1229", 2008), ("raw_coal", "714.3", 2008), ("natural_gas", "1.33", 2008)),
    equivalent=_table(("electricity", "0.321", 2020), ("electricity", "0.31", 2021)),
    co2=_table(("electricity", "0.7025", 2021), ("raw_coal", "1900.3", 2008), ("natural_gas", "7927/3666", 2008)),
    family={"electricity": "electricity", "raw_coal": "coal", "natural_gas": "gas", "biogas": "gas"},
)
THOUSAND = 1_000 * PICO


@pytest.fixture
def valuing() -> Valuing:
    return Valuing(FACTORS)


def test_quantity_is_valued_on_both_bases_and_in_co2(valuing: Valuing) -> None:
    # 1000 kWh: 122.9 kg by its heat, 310 kg by the coal it took in 2021, 702.5 kg CO2
    assert valuing.of("electricity", "input", ((2021, THOUSAND),)) == (0.1229, 0.31, 0.7025)
    assert sorted(valuing.used) == ["electricity.2008", "electricity.2021"]
    assert valuing.missing == set()


def test_quantity_of_two_years_counts_each_by_its_own_coefficient(valuing: Valuing) -> None:
    of_both = valuing.of("electricity", "sub", ((2020, THOUSAND), (2021, 3 * THOUSAND)))
    assert of_both[:2] == (0.4916, 0.321 + 3 * 0.31)


def test_quantity_has_its_own_sign_whatever_the_flow(valuing: Valuing) -> None:
    assert valuing.of("raw_coal", "output", ((2021, THOUSAND),)) == (714.3, 714.3, 1900.3)


@pytest.mark.parametrize("flow", ["renewable", "feedstock"])
def test_renewable_electricity_and_feedstock_emit_nothing(valuing: Valuing, flow: str) -> None:
    assert valuing.of("electricity", flow, ((2021, THOUSAND),)) == (0.1229, 0.31, 0.0)


def test_what_is_no_energy_has_no_standard_coal_and_lacks_none(valuing: Valuing) -> None:
    assert valuing.of("water", "input", ((2021, THOUSAND),)) == (None, None, None)
    assert (valuing.used, valuing.missing) == ({}, set())


def test_nothing_booked_is_not_zero(valuing: Valuing) -> None:
    assert valuing.of("raw_coal", "input", ()) == (None, None, None)
    assert valuing.missing == set()


def test_missing_coefficient_is_named_and_leaves_the_rest(valuing: Valuing) -> None:
    assert valuing.of("electricity", "input", ((2019, THOUSAND), (2021, THOUSAND))) == (0.2458, None, None)
    assert valuing.missing == {("electricity", 2019, "equivalent"), ("electricity", 2019, "co2")}


def test_zero_of_a_carrier_without_coefficient_is_zero(valuing: Valuing) -> None:
    assert valuing.of("biogas", "input", ((2021, 0),)) == (0.0, 0.0, 0.0)
    assert valuing.of("biogas", "input", ((2021, 1),)) == (None, None, None)
    assert {basis for _, _, basis in valuing.missing} == {"calorific", "equivalent", "co2"}


def test_one_basis_may_be_asked_for() -> None:
    valuing = Valuing(FACTORS, [Basis.EQUIVALENT])
    assert valuing.columns == ("tce_equivalent", "tco2")
    assert valuing.of("electricity", "input", ((2021, THOUSAND),)) == (0.31, 0.7025)


@given(
    carrier=st.sampled_from(["electricity", "raw_coal", "natural_gas"]),
    pico_of_year=st.dictionaries(st.sampled_from([2020, 2021, 2022]), st.integers(0, 10**30), min_size=1),
)
def test_row_of_an_input_is_what_the_account_makes_of_it(carrier: str, pico_of_year: dict[int, int]) -> None:
    account = Account(FACTORS)
    for year, pico in pico_of_year.items():
        account.add({(carrier, Flow.INPUT): pico}, year=year)
    exact = [account.consumption(Basis.CALORIFIC), account.consumption(Basis.EQUIVALENT), account.tco2()]
    row = Valuing(FACTORS).of(carrier, "input", tuple(pico_of_year.items()))
    assert row == tuple(None if amount is None else float(amount) for amount in exact)
