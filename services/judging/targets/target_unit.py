"""The units of plan targets, brought to each other: 1.05 tce/t in a plan is 1050 kgce/t of a benchmark. Pure."""

from decimal import Decimal
from fractions import Fraction

from services.core.units import UnitError

# dimension, amount in the first unit of the dimension; the documents count in 10^4 (万) and 10^8 (亿)
_UNITS: dict[str, tuple[str, Fraction]] = {
    "kgce": ("standard coal", Fraction(1)),
    "tce": ("standard coal", Fraction(1000)),
    "10ktce": ("standard coal", Fraction(10**7)),
    "100Mtce": ("standard coal", Fraction(10**11)),
    "kgce/t": ("standard coal a tonne", Fraction(1)),
    "tce/t": ("standard coal a tonne", Fraction(1000)),
    "gce/kWh": ("standard coal a kWh", Fraction(1)),
    "kgce/kWh": ("standard coal a kWh", Fraction(1000)),
    "tCO2": ("carbon dioxide", Fraction(1)),
    "10ktCO2": ("carbon dioxide", Fraction(10**4)),
    "100MtCO2": ("carbon dioxide", Fraction(10**8)),
    "tce/10k CNY": ("standard coal a yuan", Fraction(1)),
    "t": ("mass", Fraction(1)),
    "10kt": ("mass", Fraction(10**4)),
    "MW": ("capacity", Fraction(1)),
    "10MW": ("capacity", Fraction(10)),
    "m2": ("area", Fraction(1)),
    "10^4 m2": ("area", Fraction(10**4)),
    # A fall by 20 percentage points and a fall by 20 % are two things.
    "%": ("share", Fraction(1)),
    "pp": ("difference of shares", Fraction(1)),
}


def in_unit(value: Decimal | Fraction, unit: str, wanted: str) -> Fraction:
    """`value`, given in `unit`, in the unit `wanted`. Raises UnitError when they do not measure the same."""
    if unit == wanted:
        return Fraction(value)
    if unit not in _UNITS or wanted not in _UNITS or _UNITS[unit][0] != _UNITS[wanted][0]:
        raise UnitError(
            f"{unit} cannot be brought to {wanted}: they do not measure the same",
            f"{unit} 不能换算为 {wanted}：二者计量的不是同一种量",
        )
    return Fraction(value) * _UNITS[unit][1] / _UNITS[wanted][1]
