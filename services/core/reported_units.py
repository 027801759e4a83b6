"""Units in which numbers are reported, brought to the unit of their kind. Pure.

What is metered converts as meters do; besides there are money, persons, areas, capacities and shares. Standard coal is
reported on the equivalent basis: a unit that says so is the same, one that says calorific is another thing.
"""

from fractions import Fraction

from services.core.units import UnitError, factor_to, written

# dimension, amount in the first unit of the dimension
_UNITS: dict[str, tuple[str, Fraction]] = {
    "tce": ("standard coal", Fraction(1)),
    "kgce": ("standard coal", Fraction(1, 1000)),
    "CNY": ("money", Fraction(1)),
    "10k CNY": ("money", Fraction(10**4)),
    "100M CNY": ("money", Fraction(10**8)),
    "person": ("persons", Fraction(1)),
    "m2": ("area", Fraction(1)),
    "MW": ("capacity", Fraction(1)),
    "kW": ("capacity", Fraction(1, 1000)),
    "GW": ("capacity", Fraction(1000)),
    "%": ("share", Fraction(1)),
}
_WRITTEN = {
    "10kCNY": "10k CNY",
    "100MCNY": "100M CNY",
    "元": "CNY",
    "人": "person",
    "平方米": "m2",
    "千瓦": "kW",
    "兆瓦": "MW",
    "10ktce": "万tce",
    "吨标准煤": "tce",
    "吨标煤": "tce",
    "千克标准煤": "kgce",
    "tce_equivalent": "tce",
    "kgce_equivalent": "kgce",
    "tce(等价)": "tce",
    "吨标准煤(等价)": "tce",
    "吨标准煤(等价值)": "tce",
}
_MULTIPLES = {"百万": 10**6, "万": 10**4, "亿": 10**8, "千": 10**3}


def factor_between(given: str, wanted: str) -> Fraction:
    """How many of the unit `wanted` one of the unit `given` is.

    Raises UnitError where they do not measure the same, or the unit is unknown: it names those that are known.
    """
    if given == wanted:
        return Fraction(1)
    if wanted not in _UNITS:
        scale = factor_to(given, wanted)
        return _refuse(given, wanted) if scale.is_rate else scale.factor
    name, times = _named(written(given))
    if name not in _UNITS or _UNITS[name][0] != _UNITS[wanted][0]:
        return _refuse(given, wanted)
    return times * _UNITS[name][1] / _UNITS[wanted][1]


def _named(unit: str) -> tuple[str, Fraction]:
    name = _WRITTEN.get(unit, unit)
    if name in _UNITS:
        return name, Fraction(1)
    for multiple, many in _MULTIPLES.items():
        rest = name.removeprefix(multiple)
        if rest not in ("", name):
            found, times = _named(rest)
            return found, times * many
    return name, Fraction(1)


def _refuse(given: str, wanted: str) -> Fraction:
    dimension = _UNITS[wanted][0] if wanted in _UNITS else None
    known = [name for name, (of, _) in _UNITS.items() if of == dimension] or [wanted]
    raise UnitError(
        f"{given!r} cannot be brought to {wanted}; known: {', '.join(known)}, with 万, 百万 or 亿 before it",
        f"{given} 不能换算为 {wanted}；可用：{'、'.join(known)}，前面可加万、百万或亿",
    )
