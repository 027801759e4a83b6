"""Units convert exactly, and only within a dimension."""

from fractions import Fraction

import pytest

from services.core.units import Scale, UnitError, conversion, factor_to


@pytest.mark.parametrize(
    ("unit", "carrier_unit", "scale"),
    [
        ("kWh", "kWh", Scale(Fraction(1), False)),
        ("MWh", "kWh", Scale(Fraction(1000), False)),
        ("W", "kWh", Scale(Fraction(1, 1000), True)),
        ("kWh", "GJ", Scale(Fraction(36, 10_000), False)),
        ("GJ/h", "GJ", Scale(Fraction(1), True)),
        ("l/min", "m3", Scale(Fraction(60, 1000), True)),
        ("m3/s", "m3", Scale(Fraction(3600), True)),
        ("t/h", "t", Scale(Fraction(1), True)),
        ("10km3", "m3", Scale(Fraction(10_000), False)),
        ("万kWh", "kWh", Scale(Fraction(10_000), False)),
        ("万千瓦时", "kWh", Scale(Fraction(10_000), False)),
        ("度", "kWh", Scale(Fraction(1), False)),
        ("KWH", "kWh", Scale(Fraction(1), False)),
        ("ｋＷ·ｈ", "kWh", Scale(Fraction(1), False)),
        ("万m³", "m3", Scale(Fraction(10_000), False)),
        ("㎥/h", "m3", Scale(Fraction(1), True)),
        ("立方米/小时", "m3", Scale(Fraction(1), True)),
        ("百万千焦", "GJ", Scale(Fraction(1), False)),
        ("吉焦", "GJ", Scale(Fraction(1), False)),
        ("万千瓦", "kWh", Scale(Fraction(10_000), True)),
        ("百万大卡", "GJ", Scale(Fraction(41_868, 10_000), False)),
        ("Nm3", "m3", Scale(Fraction(29_315, 27_315), False)),
        ("万Nm³", "m3", Scale(Fraction(10_000) * Fraction(29_315, 27_315), False)),
        ("Nm3/h", "m3", Scale(Fraction(29_315, 27_315), True)),
        ("tce_calorific", "GJ", Scale(Fraction(293_076, 10_000), False)),
    ],
)
def test_unit_of_measure_is_worth(unit: str, carrier_unit: str, scale: Scale) -> None:
    assert factor_to(unit, carrier_unit) == scale


@pytest.mark.parametrize(
    ("unit", "carrier_unit"),
    [
        ("m3", "kWh"),
        ("kWh", "t"),
        ("bushel", "t"),
        ("kg/week", "t"),
        ("", "t"),
        ("mW", "kWh"),
        ("万", "t"),
        ("万t", "kWh"),
        ("kWh/t", "kWh"),
    ],
)
def test_other_dimensions_and_unknown_units_are_refused(unit: str, carrier_unit: str) -> None:
    with pytest.raises(UnitError):
        factor_to(unit, carrier_unit)


def test_an_unknown_unit_is_refused_with_all_that_are_known() -> None:
    with pytest.raises(UnitError, match=r"unknown unit 'bushel'; known: .*kWh.*Nm3.*万.*m3/h"):
        factor_to("bushel", "t")


@pytest.mark.parametrize("unit", ["tce", "kgce", "万吨标准煤"])
def test_standard_coal_of_no_stated_basis_is_refused(unit: str) -> None:
    with pytest.raises(UnitError, match=r"two bases.*tce_calorific"):
        factor_to(unit, "GJ")


@pytest.mark.parametrize(
    ("given", "wanted", "factor"),
    [
        ("Wh", "kWh", Fraction(1, 1000)),
        ("10MWh", "kWh", Fraction(10_000)),
        ("Mcal", "GJ", Fraction(41_868, 10**7)),
        ("W", "kW", Fraction(1, 1000)),
        ("m3/s", "m3/h", Fraction(3600)),
        ("ug", "kg", Fraction(1, 10**9)),
        ("varh", "kvarh", Fraction(1, 1000)),
        ("mg/L", "mg/m3", Fraction(1000)),
        ("μg/m³", "mg/m3", Fraction(1, 1000)),
        ("℃", "degC", Fraction(1)),
        ("MPa", "kPa", Fraction(1000)),
    ],
)
def test_units_of_one_measure_convert(given: str, wanted: str, factor: Fraction) -> None:
    assert conversion(given, wanted) == factor


@pytest.mark.parametrize(
    ("given", "wanted"), [("kWh", "kW"), ("kvarh", "kWh"), ("mg/Nm3", "mg/m3"), ("Mg", "t"), ("%", "kWh")]
)
def test_units_of_two_measures_do_not(given: str, wanted: str) -> None:
    with pytest.raises(UnitError):
        conversion(given, wanted)
