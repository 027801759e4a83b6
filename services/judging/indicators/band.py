"""Between what a value lies while heat values are not measured: the ends of the ranges of their carriers. Pure.

A ratio of sums rises or falls with each coefficient alone, whatever the others are. So its least and its greatest value
lie where each is at an end of its range, and turning the ends one by one until nothing changes finds them. The heat
value of a carrier is taken for one and the same throughout a subject.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from services.energy.factors import Basis, Factors
from services.judging.indicators.kinds import Band, Indicator, Ratio
from services.judging.indicators.terms import Measured, Term

HEAT_VALUE_UNKNOWN = "heat_value_unknown"

AtEnds = Mapping[str, bool]
"""By carrier whether its heat value is taken at the high end of its range, else at the low one."""


def with_band(indicator: Indicator, ratio: Ratio, measured: Measured, factors: Factors) -> Ratio:
    """The ratio, with its band where a carrier whose heat value is not measured could change it."""
    carriers = unmeasured((ratio.numerator, ratio.denominator), factors)
    if ratio.value is None or ratio.reasons or not carriers:
        return ratio

    def parts(ends: AtEnds) -> tuple[Fraction, Fraction]:
        numerator, denominator = indicator.parts(measured.at(ends))
        assert numerator.value is not None
        assert denominator.value is not None
        return numerator.value * indicator.scale, denominator.value

    def value(ends: AtEnds) -> Fraction | None:
        numerator, denominator = parts(ends)
        return numerator / denominator if denominator > 0 else None

    found = extremes(value, carriers)
    if found is None:
        return replace(ratio, band=Band(carriers, None))
    low, high = (parts(ends) for ends in found)
    return ratio if low == high else replace(ratio, band=Band(carriers, (low, high)))


def energy_band(measured: Measured, basis: Basis, factors: Factors) -> Band | None:
    """Between what the energy lies, in tce; None where it is known as it is, or not at all."""
    carriers = unmeasured([measured.energy(basis)], factors)
    found = extremes(lambda ends: measured.at(ends).energy(basis).value, carriers) if carriers else None
    if found is None:
        return None
    low, high = (measured.at(ends).energy(basis).value or Fraction(0) for ends in found)
    return None if low == high else Band(carriers, ((low, Fraction(1)), (high, Fraction(1))))


def unmeasured(terms: Sequence[Term], factors: Factors) -> tuple[str, ...]:
    """The carriers in these sums that a table's coefficient values, but that have a range until they are measured."""
    used = [applied.factor for term in terms for applied in term.used.values()]
    found = {factor.carrier for factor in used if factor.heat_value is None}
    return tuple(sorted(code for code in found if code in factors.fuels and factors.fuels[code].unmeasured_kgce))


def extremes(value: Callable[[AtEnds], Fraction | None], carriers: Sequence[str]) -> tuple[AtEnds, AtEnds] | None:
    """Where a value is least and greatest; None where it has none at some end, so that nothing bounds it."""
    low, high = (_extreme(value, carriers, sign) for sign in (-1, 1))
    return None if low is None or high is None else (low, high)


def _extreme(value: Callable[[AtEnds], Fraction | None], carriers: Sequence[str], sign: int) -> AtEnds | None:
    ends = dict.fromkeys(carriers, sign > 0)
    best = value(ends)
    turned_one = True
    while turned_one and best is not None:
        turned_one = False
        for carrier in carriers:
            turned = {**ends, carrier: not ends[carrier]}
            other = value(turned)
            if other is None:
                return None
            if sign * (other - best) > 0:
                ends, best, turned_one = turned, other, True
    return None if best is None else ends


def band_of_all(ratios: Sequence[Ratio], scale: int) -> Band | None:
    """The band of the ratio of the sums over several, each of them by itself at the end of its own band."""
    bands = [ratio.band for ratio in ratios if ratio.band is not None]
    if not bands:
        return None
    carriers = tuple(sorted({carrier for band in bands for carrier in band.carriers}))
    if any(band.ends is None for band in bands):
        return Band(carriers, None)
    ends = [_ends(ratio, scale) for ratio in ratios]
    low, high = (
        (sum((end[side][0] for end in ends), Fraction(0)), sum((end[side][1] for end in ends), Fraction(0)))
        for side in (0, 1)
    )
    return Band(carriers, (low, high))


def _ends(ratio: Ratio, scale: int) -> tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]:
    if ratio.band is not None and ratio.band.ends is not None:
        return ratio.band.ends
    assert ratio.numerator.value is not None
    assert ratio.denominator.value is not None
    parts = ratio.numerator.value * scale, ratio.denominator.value
    return parts, parts
