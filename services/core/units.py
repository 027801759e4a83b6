"""Units of measure: how much of a carrier's unit one unit of a meter is.

Only units of one dimension convert. Energy in kWh and in GJ convert into each other by the definition 1 kWh = 3.6 MJ,
standard coal and heat by 1 kgce = 29 307.6 kJ (GB/T 2589-2020, 3.9).
"""

from dataclasses import dataclass
from fractions import Fraction

_KGCE_J = Fraction(29_307_600)

# dimension, amount in the base of the dimension (J, kg, m3)
_AMOUNTS: dict[str, tuple[str, Fraction]] = {
    "J": ("energy", Fraction(1)),
    "kJ": ("energy", Fraction(10**3)),
    "MJ": ("energy", Fraction(10**6)),
    "GJ": ("energy", Fraction(10**9)),
    "Wh": ("energy", Fraction(3_600)),
    "kWh": ("energy", Fraction(3_600 * 10**3)),
    "MWh": ("energy", Fraction(3_600 * 10**6)),
    "GWh": ("energy", Fraction(3_600 * 10**9)),
    "kgce": ("energy", _KGCE_J),
    "tce": ("energy", _KGCE_J * 10**3),
    "10ktce": ("energy", _KGCE_J * 10**7),
    "g": ("mass", Fraction(1, 1000)),
    "kg": ("mass", Fraction(1)),
    "t": ("mass", Fraction(1000)),
    "kt": ("mass", Fraction(10**6)),
    "l": ("volume", Fraction(1, 1000)),
    "m3": ("volume", Fraction(1)),
    "10km3": ("volume", Fraction(10**4)),
}
_POWERS = {"W": "J", "kW": "kJ", "MW": "MJ", "GW": "GJ"}
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}


class UnitError(ValueError):
    """A unit is unknown, or does not measure the carrier."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What one unit of measure is worth in the carrier's unit: an amount, or a rate (the amount in an hour)."""

    factor: Fraction
    is_rate: bool


def _amount(unit: str) -> tuple[str, Fraction]:
    try:
        return _AMOUNTS[unit]
    except KeyError:
        known = ", ".join([*_AMOUNTS, *_POWERS])
        raise UnitError(f"unknown unit {unit!r}; known: {known}, and amounts per s, min, h or d such as m3/h") from None


def factor_to(unit_of_measure: str, carrier_unit: str) -> Scale:
    """Scale from `unit_of_measure` to `carrier_unit`; a rate is given as the amount in one hour.

    Raises UnitError when a unit is unknown or the two are of different dimensions.
    """
    if unit_of_measure in _POWERS:
        amount, seconds, is_rate = _POWERS[unit_of_measure], 1, True
    elif "/" in unit_of_measure:
        amount, _, per = unit_of_measure.partition("/")
        if per not in _SECONDS:
            raise UnitError(f"unknown time in {unit_of_measure!r}; known: {', '.join(_SECONDS)}")
        seconds, is_rate = _SECONDS[per], True
    else:
        amount, seconds, is_rate = unit_of_measure, 1, False
    dimension, value = _amount(amount)
    wanted, base = _amount(carrier_unit)
    if dimension != wanted:
        raise UnitError(
            f"{unit_of_measure!r} measures {dimension}, but the carrier is kept in {carrier_unit} ({wanted})"
        )
    return Scale(value / base * (Fraction(3600, seconds) if is_rate else 1), is_rate)


_MASS_KG = {"g": Fraction(1, 1000), "kg": Fraction(1), "t": Fraction(1000)}


def coefficient_kg(unit: str, *, of: str, carrier_unit: str | None) -> Fraction:
    """kg of `of` (ce, CO2) per `carrier_unit` that one `unit` of a coefficient is, such as kgce/kg or tCO2/GJ.

    Without a carrier unit: per unit below the line. Raises UnitError when the unit is not such a one, or measures
    something else than the carrier.
    """
    mass, line, per = unit.partition("/")
    scale = _MASS_KG.get(mass.removesuffix(of)) if mass.endswith(of) else None
    if scale is None or not line:
        raise UnitError(f"{unit!r} is not g{of}, kg{of} or t{of} per unit, such as kg{of}/kg")
    return scale * factor_to(carrier_unit or per, per).factor
