"""Units convert exactly, and only within a dimension."""

from fractions import Fraction

import pytest

from services.core.units import Scale, UnitError, factor_to


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
    ],
)
def test_unit_of_measure_is_worth(unit: str, carrier_unit: str, scale: Scale) -> None:
    assert factor_to(unit, carrier_unit) == scale


@pytest.mark.parametrize(
    ("unit", "carrier_unit"), [("m3", "kWh"), ("kWh", "t"), ("bushel", "t"), ("kg/week", "t"), ("", "t")]
)
def test_other_dimensions_and_unknown_units_are_refused(unit: str, carrier_unit: str) -> None:
    with pytest.raises(UnitError):
        factor_to(unit, carrier_unit)
