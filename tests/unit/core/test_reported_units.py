"""Reported numbers in units of the field are those of their kind."""

from fractions import Fraction

import pytest

from services.core.reported_units import factor_between
from services.core.units import UnitError


@pytest.mark.parametrize(
    ("given", "wanted", "factor"),
    [
        ("tce", "tce", 1),
        ("万tce", "tce", 10_000),
        ("万吨标准煤", "tce", 10_000),
        ("10ktce", "tce", 10_000),
        ("kgce", "tce", Fraction(1, 1000)),
        ("tce_equivalent", "tce", 1),
        ("万元", "10k CNY", 1),
        ("亿元", "10k CNY", 10_000),
        ("元", "10k CNY", Fraction(1, 10_000)),
        ("万kWh", "kWh", 10_000),
        ("MWh", "kWh", 1000),
        ("万m³", "m3", 10_000),
        ("万吨", "t", 10_000),
        ("万kW", "MW", 10),
        ("万千瓦", "MW", 10),
        ("万人", "person", 10_000),
        ("万平方米", "m2", 10_000),
        ("％", "%", 1),
    ],
)
def test_a_unit_of_the_field_is_worth(given: str, wanted: str, factor: Fraction) -> None:
    assert factor_between(given, wanted) == factor


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("tce_calorific", "tce"),
        ("GJ", "tce"),
        ("kW", "kWh"),
        ("t", "kWh"),
        ("USD", "10k CNY"),
        ("pp", "%"),
        ("万", "tce"),
        ("m3", "m2"),
    ],
)
def test_what_measures_something_else_is_refused(given: str, wanted: str) -> None:
    with pytest.raises(UnitError):
        factor_between(given, wanted)


def test_a_refusal_names_what_is_known() -> None:
    with pytest.raises(UnitError, match=r"'USD' cannot be brought to 10k CNY; known: CNY, 10k CNY, 100M CNY"):
        factor_between("USD", "10k CNY")
