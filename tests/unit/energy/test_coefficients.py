"""Standard coal and CO2 coefficients: the printed numbers, what accounts are made with, and the known mistakes."""

from fractions import Fraction

import pytest

from services.core.meter import PICO, Flow
from services.core.units import UnitError, coefficient_kg
from services.energy.account import Account
from services.energy.coefficients import factors_of
from services.energy.factors import Basis, Factors
from services.judging.data.tables import Tables, load_tables


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables()


@pytest.fixture(scope="module")
def factors(tables: Tables) -> Factors:
    return tables.factors


def kgce(factors: Factors, carrier: str, basis: Basis = Basis.CALORIFIC, year: int = 2025) -> Fraction:
    applied = factors.standard_coal(carrier, basis, year)
    assert applied is not None
    return applied.factor.per_unit


def kgco2(factors: Factors, carrier: str, year: int = 2025) -> Fraction:
    applied = factors.co2.of(carrier, year)
    assert applied is not None
    return applied.factor.per_unit


@pytest.mark.parametrize(
    ("carrier", "per_unit"),
    [
        ("raw_coal", "714.3"),  # 0.7143 kgce/kg, kept in t: 0.7143 x 1000
        ("washed_coal", "900"),
        ("coke", "971.4"),
        ("diesel", "1457.1"),
        ("heat", "34.12"),  # 0.03412 kgce/MJ, kept in GJ: x 1000
        ("electricity", "0.1229"),
        ("blast_furnace_gas", "0.1286"),  # per m3 in both
        ("methanol", "679.4"),
        ("hydrogen", "0.3329"),
    ],
)
def test_the_calorific_coefficient_is_that_of_the_unit_the_carrier_is_kept_in(
    factors: Factors, carrier: str, per_unit: str
) -> None:
    assert kgce(factors, carrier) == Fraction(per_unit)


def test_coefficients_stand_as_printed(tables: Tables) -> None:
    row = tables.row("kgce.raw_coal")
    assert (str(row.value), row.unit) == ("0.7143", "kgce/kg")
    assert str(tables.row("kgce.washed_coal").value) == "0.9000"


def test_low_pressure_steam_is_counted_by_its_heat(factors: Factors) -> None:
    # 0.1286 kgce/kg x 1000 kg; 3763 MJ/t x 0.03412 kgce/MJ = 128.39 kgce/t, the same but for the rounding
    assert kgce(factors, "steam") == Fraction("128.6")
    assert abs(3763 * Fraction("0.03412") - kgce(factors, "steam")) < Fraction(1, 4)


def test_0_1229_is_the_calorific_value_of_electricity_and_never_the_equivalent_one(tables: Tables) -> None:
    rows = [row for row in tables.standard_coal if row.carrier == "electricity"]
    assert [row.code for row in rows if row.value == Fraction("0.1229")] == ["kgce.electricity"]
    assert tables.row("kgce.electricity").unit == "kgce/kWh"
    assert all(row.value > 280 and row.unit == "gce/kWh" for row in rows if row.basis is Basis.EQUIVALENT)


def test_the_equivalent_value_of_electricity_is_that_of_the_year_and_carried_on_visibly(factors: Factors) -> None:
    of_2020 = factors.standard_coal("electricity", Basis.EQUIVALENT, 2020)
    of_2025 = factors.standard_coal("electricity", Basis.EQUIVALENT, 2025)
    assert of_2020 is not None
    assert of_2025 is not None
    assert of_2020.factor.per_unit == Fraction("0.321")
    assert (of_2020.carried, of_2025.carried) == (False, True)
    assert of_2020.factor == of_2025.factor
    assert factors.standard_coal("electricity", Basis.EQUIVALENT, 2019) is None


def test_the_target_of_305_grams_is_not_taken_for_an_actual_value(tables: Tables) -> None:
    equivalent = [row for row in tables.standard_coal if row.basis is Basis.EQUIVALENT]
    assert all(row.value != 305 for row in equivalent)
    assert tables.row("kgce.electricity.equivalent.150000.2020").verified


def test_a_carrier_without_equivalent_value_has_its_calorific_one(factors: Factors) -> None:
    assert kgce(factors, "raw_coal", Basis.EQUIVALENT) == Fraction("714.3")


def test_washed_middlings_are_0_2857_and_not_the_0_2850_of_other_washed_coal(factors: Factors) -> None:
    assert kgce(factors, "washed_middlings") == Fraction("285.7")


def test_a_coefficient_printed_as_a_range_keeps_both_ends_and_says_why_one_was_chosen(tables: Tables) -> None:
    ranged = {
        row.carrier: (str(row.low), str(row.value), str(row.high))
        for row in tables.standard_coal
        if row.low is not None and row.area_code is None
    }
    assert ranged == {
        "coal_slime": ("0.2857", "0.2857", "0.4286"),
        "natural_gas": ("1.1000", "1.3300", "1.3300"),
        "mine_gas": ("0.5000", "0.5000", "0.5714"),
        "coke_oven_gas": ("0.5714", "0.6143", "0.6143"),
        "nitrogen": ("0.4000", "0.6714", "0.6714"),
    }


def test_every_energy_carrier_has_a_calorific_value_and_nothing_else_enters_an_account(
    tables: Tables, factors: Factors
) -> None:
    for carrier in tables.carriers:
        assert (carrier.code in factors.calorific) == carrier.is_energy, carrier.code
        assert (carrier.code in factors.family) == carrier.is_energy, carrier.code


def test_water_has_a_row_for_both_editions_and_no_energy(tables: Tables, factors: Factors) -> None:
    assert {str(row.value) for row in tables.standard_coal if row.carrier == "water"} == {"0.0857", "0.2571"}
    account = Account(factors)
    account.add({("water", Flow.INPUT): 1_000_000 * PICO}, year=2025)
    assert account.consumption(Basis.CALORIFIC) == 0
    assert account.used == {}


def test_coal_nets_out_over_coke_and_gas_made_from_it(factors: Factors) -> None:
    # 1330 t washed coal in, 1000 t coke and 150 000 m3 coke oven gas out:
    # 1330 x 0.9000 - 1000 x 0.9714 - 150 x 0.6143 = 1197 - 971.4 - 92.145 = 133.455 tce of coal
    account = Account(factors)
    account.add(
        {
            ("washed_coal", Flow.INPUT): 1330 * PICO,
            ("coke", Flow.OUTPUT): 1000 * PICO,
            ("coke_oven_gas", Flow.OUTPUT): 150_000 * PICO,
        },
        year=2025,
    )
    assert account.of(Basis.CALORIFIC, families=["coal"]) == Fraction("133.455")


def test_the_factor_of_the_region_goes_before_that_of_the_nation(tables: Tables, factors: Factors) -> None:
    by_year = {year: kgco2(factors, "electricity", year) for year in (2021, 2022, 2023)}
    assert by_year == {2021: Fraction("0.7025"), 2022: Fraction("0.6849"), 2023: Fraction("0.6479")}
    national = factors_of(tables.carriers, tables.standard_coal, tables.co2, area_code="100000")
    assert kgco2(national, "electricity", 2023) == Fraction("0.5306")


def test_national_grid_factors_of_2021_and_2022_are_not_swapped(tables: Tables) -> None:
    # they fall from year to year; a public list has 2021 and 2022 the other way round, and 0.5703 is another market's
    national = [row.value for row in tables.co2 if row.area_code == "100000"]
    assert [str(value) for value in national] == ["0.5568", "0.5366", "0.5306"]


def test_a_grid_factor_is_carried_on_until_a_newer_one_is_published(factors: Factors) -> None:
    of_2023, of_2026 = factors.co2.of("electricity", 2023), factors.co2.of("electricity", 2026)
    assert of_2023 is not None
    assert of_2026 is not None
    assert (of_2023.carried, of_2026.carried) == (False, True)
    assert of_2026.factor.code == "co2.electricity.150000.2023"


def test_heat_and_fuels_have_kilograms_of_co2_per_unit_they_are_kept_in(factors: Factors) -> None:
    assert kgco2(factors, "heat") == 110  # 0.11 tCO2/GJ
    assert kgco2(factors, "diesel") == Fraction("3095.9")  # 3.0959 kg/kg, kept in t
    assert kgco2(factors, "natural_gas") == Fraction("2.1622")  # per m3, not per 10 000 m3
    assert kgco2(factors, "hydrogen") == 0


def test_a_fuel_s_co2_is_heat_value_times_carbon_times_oxidation(tables: Tables) -> None:
    # diesel: 42.652 MJ/kg x 20.2 kgC/GJ x 98 % x 44/12 = 3.09591 kg/kg
    computed = {row.carrier: row.computed() for row in tables.co2}
    assert round(float(computed["diesel"] or 0), 5) == 3.09591
    given = [row for row in tables.co2 if row.ncv is not None]
    assert len(given) == 25
    for row in given:
        assert abs((row.computed() or 0) - Fraction(row.value)) <= Fraction(1, 20_000), row.code


@pytest.mark.parametrize(
    ("unit", "of", "carrier_unit", "per_unit"),
    [
        ("kgce/kg", "ce", "t", "1000"),
        ("gce/kWh", "ce", "kWh", "0.001"),
        ("kgce/MJ", "ce", "GJ", "1000"),
        ("tce/10km3", "ce", "m3", "0.1"),
        ("tCO2/GJ", "CO2", "GJ", "1000"),
        ("tCO2/GJ", "CO2", "kWh", "3.6"),  # 1 kWh = 3.6 MJ
        ("kgce/t", "ce", None, "1"),
    ],
)
def test_a_coefficient_converts_exactly(unit: str, of: str, carrier_unit: str | None, per_unit: str) -> None:
    assert coefficient_kg(unit, of=of, carrier_unit=carrier_unit) == Fraction(per_unit)


@pytest.mark.parametrize("unit", ["kgce", "kgCO2/kg", "kg/kg", "kgce/m3", "kgce/lb", "lbce/kg", "kgce/kg/h"])
def test_a_unit_that_is_no_coefficient_of_coal_in_tonnes_is_refused(unit: str) -> None:
    with pytest.raises(UnitError):
        coefficient_kg(unit, of="ce", carrier_unit="t")
