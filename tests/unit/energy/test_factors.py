"""Which coefficient holds for a carrier in a year."""

from datetime import date
from fractions import Fraction

from services.energy.factors import Basis, Factor, Factors, FactorTable

ELECTRICITY_2020 = Factor("e2020", "electricity", Fraction("0.321"), date(2020, 1, 1), date(2021, 1, 1))
ELECTRICITY_2022 = Factor("e2022", "electricity", Fraction("0.31"), date(2022, 1, 1))
COAL = Factor("coal", "raw_coal", Fraction("714.3"), date(2008, 1, 1))
CALORIFIC = Factor("heat content", "electricity", Fraction("0.1229"), date(2008, 1, 1))
FACTORS = Factors(
    calorific=FactorTable([COAL, CALORIFIC]),
    equivalent=FactorTable([ELECTRICITY_2022, ELECTRICITY_2020]),
    co2=FactorTable([]),
    family={"electricity": "electricity", "raw_coal": "coal"},
)


def code_and_carried(carrier: str, basis: Basis, year: int) -> tuple[str, bool] | None:
    applied = FACTORS.standard_coal(carrier, basis, year)
    return None if applied is None else (applied.factor.code, applied.carried)


def test_equivalent_value_of_electricity_is_that_of_the_year() -> None:
    assert code_and_carried("electricity", Basis.EQUIVALENT, 2020) == ("e2020", False)
    assert code_and_carried("electricity", Basis.EQUIVALENT, 2022) == ("e2022", False)


def test_coefficient_is_carried_until_a_newer_one_and_says_so() -> None:
    assert code_and_carried("electricity", Basis.EQUIVALENT, 2021) == ("e2020", True)


def test_coefficient_without_end_is_not_carried() -> None:
    assert code_and_carried("electricity", Basis.EQUIVALENT, 2030) == ("e2022", False)


def test_year_before_the_first_coefficient_has_none() -> None:
    assert code_and_carried("electricity", Basis.EQUIVALENT, 2019) is None


def test_carrier_with_equivalent_values_never_falls_back_to_its_calorific_one() -> None:
    assert code_and_carried("electricity", Basis.CALORIFIC, 2019) == ("heat content", False)
    assert code_and_carried("electricity", Basis.EQUIVALENT, 2019) is None


def test_carrier_without_equivalent_value_has_its_calorific_one() -> None:
    assert code_and_carried("raw_coal", Basis.EQUIVALENT, 2020) == ("coal", False)


def test_carrier_without_any_coefficient_has_none() -> None:
    assert code_and_carried("water", Basis.CALORIFIC, 2020) is None
