"""What a measured heat value is worth, and that it goes before the tables and nothing else does."""

import pickle
from datetime import date
from fractions import Fraction

import pytest

from services.core.meter import PICO, Flow
from services.energy.account import Account, Valuation
from services.energy.factors import Basis, Factors
from services.energy.heat_value import ByHeatValue, HeatValue
from services.judging.data.tables import load_tables


@pytest.fixture(scope="module")
def factors() -> Factors:
    return load_tables().factors


def measured(carrier: str = "lignite", ncv_mj: str = "14.6538", **given: Fraction) -> HeatValue:
    return HeatValue(
        heat_value_id=1,
        enterprise="91150622MA0N0000XF",
        carrier=carrier,
        month=date(2026, 3, 1),
        version=2,
        ncv_mj=Fraction(ncv_mj),
        laboratory="lab",
        report="R-1",
        **given,
    )


def tonnes(valuation: Valuation, basis: Basis | None, heat_value: HeatValue, quantity: int = 1000 * PICO) -> Fraction:
    found = valuation.tonnes(basis, heat_value.carrier, ByHeatValue(2026, heat_value), quantity)
    assert found is not None
    return Fraction(*found)


def test_standard_coal_is_the_heat_value_over_29307_6_on_both_bases(factors: Factors) -> None:
    valuation = Valuation(factors)
    # 1000 t x 14.6538 MJ/kg / 29.3076 MJ/kgce = 500 tce
    assert tonnes(valuation, Basis.CALORIFIC, measured()) == 500
    assert tonnes(valuation, Basis.EQUIVALENT, measured()) == 500
    assert list(valuation.used) == ["heat_value.91150622MA0N0000XF.lignite.2026-03.v2"]


def test_factors_that_have_valued_by_it_can_be_given_to_another_process(factors: Factors) -> None:
    by = ByHeatValue(2026, measured())
    found = Valuation(factors).tonnes(Basis.CALORIFIC, "lignite", by, PICO)
    assert found is not None
    assert Valuation(pickle.loads(pickle.dumps(factors))).tonnes(Basis.CALORIFIC, "lignite", by, PICO) == found


def test_a_gas_is_valued_per_cubic_metre(factors: Factors) -> None:
    gas = measured("natural_gas", "36.6345")
    assert tonnes(Valuation(factors), Basis.CALORIFIC, gas, 10_000 * PICO) == Fraction(125, 10)


def test_co2_is_heat_value_times_carbon_times_oxidation(factors: Factors) -> None:
    # lignite in co2.csv: 28.00 tC/TJ, 96 %
    heat = Fraction("14.6538")
    expected = heat * Fraction("0.028") * Fraction("0.96") * Fraction(44, 12) * 1000
    assert tonnes(Valuation(factors), None, measured()) == expected
    with_carbon = measured(carbon_tc_per_tj=Fraction(27))
    assert tonnes(Valuation(factors), None, with_carbon) == expected * 27 / 28
    of_mass = measured(carbon_tc_per_t=Fraction("0.4"))
    assert tonnes(Valuation(factors), None, of_mass) == 400 * Fraction("0.96") * Fraction(44, 12)


def test_a_co2_factor_that_does_not_follow_from_heat_counts_as_it_is(factors: Factors) -> None:
    valuation = Valuation(factors)
    assert tonnes(valuation, None, measured("biomass", "15")) == 0
    assert list(valuation.used) == ["co2.biomass"]


def test_a_fuel_without_co2_factor_still_lacks_it_when_its_heat_is_measured(factors: Factors) -> None:
    valuation = Valuation(factors)
    slime = measured("coal_slime", "9")
    assert valuation.tonnes(None, "coal_slime", ByHeatValue(2026, slime), PICO) is None
    assert valuation.missing == {None: {("coal_slime", 2026)}}
    assert valuation.tonnes(Basis.CALORIFIC, "coal_slime", ByHeatValue(2026, slime), PICO) is not None


def test_an_account_adds_what_is_measured_to_what_is_not(factors: Factors) -> None:
    account = Account(factors)
    account.add({("lignite", Flow.INPUT): 1000 * PICO}, year=2026)
    account.add({("lignite", Flow.INPUT): 1000 * PICO}, year=ByHeatValue(2026, measured()))
    assert account.consumption(Basis.CALORIFIC) == Fraction("428.6") + 500
    assert set(account.used) > {"kgce.lignite", "heat_value.91150622MA0N0000XF.lignite.2026-03.v2"}


def test_the_range_of_a_carrier_holds_its_coefficient(factors: Factors) -> None:
    for row in load_tables().heat_ranges:
        applied = factors.calorific.of(row.carrier, 2026)
        assert applied is not None, row.carrier
        ncv_mj = applied.factor.per_unit / factors.fuels[row.carrier].kg_or_m3 * Fraction("29.3076")
        assert row.low <= ncv_mj <= row.high, row.carrier


def test_only_coals_and_biomass_wait_for_a_measurement(factors: Factors) -> None:
    waiting = {code for code, fuel in factors.fuels.items() if fuel.unmeasured_kgce is not None}
    assert waiting == {
        "raw_coal",
        "anthracite",
        "coking_coal",
        "bituminous_coal",
        "lignite",
        "coal_gangue",
        "washed_middlings",
        "coal_slime",
        "biomass",
    }
    assert factors.range_of("coke", 2026) is None
    assert factors.range_of("electricity", 2026) is None
    assert "heat" not in factors.fuels
