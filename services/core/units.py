"""Units of measure: how much of a carrier's unit one unit of a meter is.

Only units of one dimension convert. Energy in kWh and in GJ convert into each other by the definition 1 kWh = 3.6 MJ,
standard coal and heat by 1 kgce = 29 307.6 kJ (GB/T 2589-2020, 3.9), kcal by 4.1868 kJ (the same standard).

A m3 of gas is one at 20 °C and 101.325 kPa, at which gas is traded (GB/T 17291-1998); a Nm3 is one at 0 °C and the same
pressure, which at 20 °C fills 293.15/273.15 of it (ideal gas).
"""

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from services.core.reason import InBoth

_KGCE_J = Fraction(29_307_600)
_KCAL_J = Fraction(41_868, 10)
_NORMAL_M3 = Fraction(29_315, 27_315)

# dimension, amount in the base of the dimension (J, kg, m3)
_AMOUNTS: dict[str, tuple[str, Fraction]] = {
    "J": ("energy", Fraction(1)),
    "kJ": ("energy", Fraction(10**3)),
    "MJ": ("energy", Fraction(10**6)),
    "GJ": ("energy", Fraction(10**9)),
    "TJ": ("energy", Fraction(10**12)),
    "Wh": ("energy", Fraction(3_600)),
    "kWh": ("energy", Fraction(3_600 * 10**3)),
    "MWh": ("energy", Fraction(3_600 * 10**6)),
    "10MWh": ("energy", Fraction(3_600 * 10**7)),
    "GWh": ("energy", Fraction(3_600 * 10**9)),
    "kcal": ("energy", _KCAL_J),
    "Mcal": ("energy", _KCAL_J * 10**3),
    "Gcal": ("energy", _KCAL_J * 10**6),
    "kgce_calorific": ("energy", _KGCE_J),
    "tce_calorific": ("energy", _KGCE_J * 10**3),
    "ug": ("mass", Fraction(1, 10**9)),
    "mg": ("mass", Fraction(1, 10**6)),
    "g": ("mass", Fraction(1, 1000)),
    "kg": ("mass", Fraction(1)),
    "t": ("mass", Fraction(1000)),
    "kt": ("mass", Fraction(10**6)),
    "l": ("volume", Fraction(1, 1000)),
    "m3": ("volume", Fraction(1)),
    "Nm3": ("volume", _NORMAL_M3),
    "10km3": ("volume", Fraction(10**4)),
}
_POWERS = {"W": "J", "kW": "kJ", "MW": "MJ", "GW": "GJ"}
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_TIMES = {"秒": "s", "分": "min", "分钟": "min", "时": "h", "小时": "h", "hr": "h", "天": "d", "日": "d", "day": "d"}
_CHINESE = {
    **{"焦": "J", "千焦": "kJ", "兆焦": "MJ", "吉焦": "GJ"},
    **{"瓦时": "Wh", "度": "kWh", "千瓦时": "kWh", "兆瓦时": "MWh", "吉瓦时": "GWh"},
    **{"大卡": "kcal", "千卡": "kcal", "克": "g", "千克": "kg", "公斤": "kg", "吨": "t"},
    **{"兆卡": "Mcal", "毫克": "mg", "微克": "ug", "μg": "ug"},
    **{"升": "l", "立方米": "m3", "方": "m3", "标准立方米": "Nm3", "标方": "Nm3"},
    **{"瓦": "W", "千瓦": "kW", "兆瓦": "MW"},
    **{"吨标准煤(当量)": "tce_calorific", "吨标准煤(当量值)": "tce_calorific", "tce(当量)": "tce_calorific"},
}
_SMALL = frozenset({"ug", "mg"})
"""Only as they are written: Mg is a tonne."""
_LEVELS: dict[str, tuple[str, Fraction]] = {
    "varh": ("reactive energy", Fraction(1)),
    "kvarh": ("reactive energy", Fraction(10**3)),
    "Mvarh": ("reactive energy", Fraction(10**6)),
    "degC": ("temperature", Fraction(1)),
    "Pa": ("pressure", Fraction(1)),
    "kPa": ("pressure", Fraction(10**3)),
    "MPa": ("pressure", Fraction(10**6)),
    "%": ("share", Fraction(1)),
    "ug/m3": ("concentration", Fraction(1, 10**9)),
    "mg/m3": ("concentration", Fraction(1, 10**6)),
    "g/m3": ("concentration", Fraction(1, 10**3)),
    "ug/L": ("concentration", Fraction(1, 10**6)),
    "mg/L": ("concentration", Fraction(1, 10**3)),
    "mg/Nm3": ("concentration at 0 °C", Fraction(1, 10**6)),
}
"""What is measured besides, of which no carrier is kept: dimension, amount in its base."""
_LEVELS_WRITTEN = {"°C": "degC", "μg/m3": "ug/m3", "μg/L": "ug/L", "mg/l": "mg/L", "ug/l": "ug/L"}
_MULTIPLES = {"百万": 10**6, "万": 10**4, "亿": 10**8, "千": 10**3}
_STANDARD_COAL = frozenset({"kgce", "tce", "吨标准煤", "千克标准煤", "吨标煤"})


_DIMENSIONS = {"energy": "能量", "mass": "质量", "volume": "体积"}


class UnitError(ValueError):
    """A unit is unknown, or does not measure the carrier; `problem` says so in both languages."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.problem = InBoth(english, chinese)


@dataclass(frozen=True, slots=True)
class Scale:
    """What one unit of measure is worth in the carrier's unit: an amount, or a rate (the amount in an hour)."""

    factor: Fraction
    is_rate: bool


def known_units() -> str:
    """All that can be written, for who is told that a unit is not known."""
    names = ", ".join([*_AMOUNTS, *_POWERS])
    return f"{names}, each with 万, 百万 or 亿 before it, in Chinese too, and amounts per s, min, h or d such as m3/h"


def _known_in_chinese() -> str:
    return f"{'、'.join([*_AMOUNTS, *_POWERS])}，前面可加万、百万或亿，也可写中文；每 s、min、h 或 d 的量如 m3/h"


def written(unit: str) -> str:
    """The unit without what writing makes of it: full width, superscripts, blanks and dots between its parts."""
    return re.sub(r"[\s·⋅]", "", unicodedata.normalize("NFKC", unit))


def _named(unit: str) -> tuple[str, Fraction]:
    """The unit as this module names it, and how many of it there are."""
    for multiple, many in _MULTIPLES.items():
        rest = unit.removeprefix(multiple)
        if unit not in _CHINESE and rest not in ("", unit):
            name, times = _named(rest)
            return name, times * many
    name = _CHINESE.get(unit, unit)
    if name in _AMOUNTS or name in _POWERS:
        return name, Fraction(1)
    return _in_other_case(name), Fraction(1)


def _in_other_case(unit: str) -> str:
    """KWH and kwh are kWh; a small m before a capital is a thousandth, which nobody meters."""
    known = [n for n in (*_AMOUNTS, *_POWERS) if n.casefold() == unit.casefold() and n not in _SMALL]
    is_milli = unit.startswith("m") and not (unit.islower() or unit.isupper())
    return known[0] if len(known) == 1 and not is_milli else unit


def _amount(unit: str, times: Fraction = Fraction(1)) -> tuple[str, Fraction]:
    if unit in _STANDARD_COAL:
        raise UnitError(
            f"{unit!r} has two bases: write kgce_calorific or tce_calorific 当量值; the equivalent value 等价值"
            " is that of a year and no unit of measure",
            f"{unit} 有当量值和等价值两种口径：请填写 kgce_calorific 或 tce_calorific（当量值）；"
            "等价值随年份变化，不是计量单位",
        )
    if unit not in _AMOUNTS:
        raise UnitError(
            f"unknown unit {unit!r}; known: {known_units()}", f"没有单位 {unit}；可用：{_known_in_chinese()}"
        )
    dimension, amount = _AMOUNTS[unit]
    return dimension, amount * times


def factor_to(unit_of_measure: str, carrier_unit: str) -> Scale:
    """Scale from `unit_of_measure` to `carrier_unit`; a rate is given as the amount in one hour.

    Raises UnitError when a unit is unknown or the two are of different dimensions.
    """
    dimension, value, is_rate = _measured(unit_of_measure)
    wanted, base = _amount(carrier_unit)
    if dimension != wanted:
        raise UnitError(
            f"{unit_of_measure!r} measures {dimension}, but the carrier is kept in {carrier_unit} ({wanted})",
            f"{unit_of_measure} 计量的是{_DIMENSIONS[dimension]}，"
            f"而该能源品种以 {carrier_unit}（{_DIMENSIONS[wanted]}）计",
        )
    return Scale(value / base, is_rate)


def _measured(unit: str) -> tuple[str, Fraction, bool]:
    """Dimension, amount in the base of the dimension (of a rate that in an hour), and whether it is a rate."""
    whole, line, per = written(unit).partition("/")
    amount, times = _named(whole)
    if not line:
        is_rate = amount in _POWERS
        dimension, value = _amount(_POWERS.get(amount, amount), times)
        return dimension, value * (3600 if is_rate else 1), is_rate
    per = _TIMES.get(per, per)
    if per not in _SECONDS:
        known = ", ".join(_SECONDS)
        raise UnitError(f"unknown time in {unit!r}; known: {known}", f"{unit} 中没有这种时间；可用：{known}")
    dimension, value = _amount(amount, times)
    return dimension, value * Fraction(3600, _SECONDS[per]), True


@lru_cache(maxsize=4096)
def conversion(given: str, wanted: str) -> Fraction:
    """How many of the unit `wanted` one of the unit `given` is: both amounts, both rates, or both of one level.

    Levels are what no carrier is kept of, such as kvarh, degC, kPa, % and mg/m3. Raises UnitError when a unit is
    unknown or the two do not measure the same.
    """
    if written(given) == written(wanted):
        return Fraction(1)
    of, into = _any_measured(given), _any_measured(wanted)
    if of[0] != into[0] or of[2] != into[2]:
        raise UnitError(
            f"{given!r} and {wanted!r} do not measure the same: {_said(of)} and {_said(into)}",
            f"{given} 与 {wanted} 计量的不是同一种量，不能换算",
        )
    return of[1] / into[1]


def require_unit(unit: str) -> None:
    """Raises UnitError when a unit is unknown, be it of an amount, a rate or a level."""
    _any_measured(unit)


def _any_measured(unit: str) -> tuple[str, Fraction, bool]:
    name = _LEVELS_WRITTEN.get(written(unit), written(unit))
    if name in _LEVELS:
        dimension, amount = _LEVELS[name]
        return dimension, amount, False
    return _measured(unit)


def _said(measured: tuple[str, Fraction, bool]) -> str:
    return f"{measured[0]} in a time" if measured[2] else measured[0]


def is_normal_volume(unit_of_measure: str) -> bool:
    """Whether it is a volume of gas at 0 °C, or a flow of it."""
    return _named(written(unit_of_measure).partition("/")[0])[0] == "Nm3"


_MASS_KG = {"g": Fraction(1, 1000), "kg": Fraction(1), "t": Fraction(1000)}


def coefficient_kg(unit: str, *, of: str, carrier_unit: str | None) -> Fraction:
    """kg of `of` (ce, CO2) per `carrier_unit` that one `unit` of a coefficient is, such as kgce/kg or tCO2/GJ.

    Without a carrier unit: per unit below the line. Raises UnitError when the unit is not such a one, or measures
    something else than the carrier.
    """
    mass, line, per = unit.partition("/")
    scale = _MASS_KG.get(mass.removesuffix(of)) if mass.endswith(of) else None
    if scale is None or not line:
        raise UnitError(
            f"{unit!r} is not g{of}, kg{of} or t{of} per unit, such as kg{of}/kg",
            f"{unit} 不是每单位的 g{of}、kg{of} 或 t{of}，例如 kg{of}/kg",
        )
    return scale * factor_to(carrier_unit or per, per).factor
