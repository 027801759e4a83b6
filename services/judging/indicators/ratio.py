"""From terms to a ratio: when it can be told, and how several subjects are put together. Pure.

Ratios of sums, never means of ratios. Below the least coverage, with numerator and denominator covered unlike each
other, with a zero denominator, or below the least possible value the verdict is "cannot judge".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from services.core.told_apart import told_apart
from services.energy.amount import coverage_of, joined_cover
from services.judging.indicators.band import band_of_all
from services.judging.indicators.kinds import Indicator, IndicatorLevel, Ratio
from services.judging.indicators.terms import Term, total_of

SHOWN_LEFT_OUT = 50
SHARE_PLACES = 4
SHOWN_PLACES = 3
PART_OF_PERIOD = "part_of_period"


@dataclass(frozen=True, slots=True)
class NeededCoverage:
    """What is needed for a verdict; shares of 1."""

    least: float
    """Of the least covered carrier and flow."""
    apart: float
    """By how much numerator and denominator of a unit may differ: what one of them lacks makes the ratio wrong."""


def ratio_of(
    indicator: Indicator, numerator: Term, denominator: Term, *, needed: NeededCoverage, metered: float
) -> Ratio:
    """The ratio of one subject. `value` is None where there is none; `reasons` is empty where it can be judged.

    `metered`: share of the period in which there were meters. What is reported speaks of the whole period, so the
    meters beside it must too.
    """
    reasons = list(dict.fromkeys((*numerator.lacking, *denominator.lacking)))
    cover = {**numerator.cover, **denominator.cover}
    coverage = coverage_of(cover)
    value = None
    if numerator.value is not None and denominator.value is not None:
        if denominator.value == 0:
            reasons.append(("zero_denominator", indicator.slug))
        elif denominator.value < 0:
            reasons.append(("negative_denominator", indicator.slug))
        else:
            value = numerator.value / denominator.value
            if indicator.scale != 1:
                value *= indicator.scale
    if value is not None and (impossible := _impossible(indicator, value)):
        reasons.append(impossible)
        value = None
    if indicator.coverage_counts and cover:
        if coverage is None:
            reasons.append(("not_expected", indicator.slug))
        elif coverage < needed.least:
            reasons.append(("low_coverage", share_text(coverage, needed.least)))
        elif (numerator.reported or denominator.reported) and metered < needed.least:
            reasons.append((PART_OF_PERIOD, share_text(metered, needed.least)))
        elif indicator.level is IndicatorLevel.UNIT:
            parts = coverage_of(numerator.cover), coverage_of(denominator.cover)
            if None not in parts and abs((parts[0] or 0.0) - (parts[1] or 0.0)) > needed.apart:
                reasons.append(("uneven_coverage", f"{parts[0]:.4f} / {parts[1]:.4f}"))
    return Ratio(value, numerator, denominator, coverage, tuple(reasons), judged=0 if reasons else 1)


def _impossible(indicator: Indicator, value: Fraction) -> tuple[str, str] | None:
    """The reason why there can be no such value; None where there can."""
    if indicator.least is not None and value < indicator.least:
        return "below_possible", f"{told_apart(value, [indicator.least], places=SHOWN_PLACES).normalize():f}"
    if indicator.most is not None and value > indicator.most:
        return "above_possible", f"{told_apart(value, [indicator.most], places=SHOWN_PLACES).normalize():f}"
    return None


def share_text(share: float, least: float) -> str:
    """A share of 1 with four decimals, or as many as tell it from the least one."""
    return f"{told_apart(share, [least], places=SHARE_PLACES):f}"


def ratio_of_all(indicator: Indicator, ratios: Mapping[str, Ratio], *, needed: NeededCoverage) -> Ratio:
    """The ratio of the sums over those subjects that can be judged.

    Coverage is that of all subjects: where too much is left out, the whole cannot be judged.
    """
    if len(ratios) == 1:
        return next(iter(ratios.values()))
    judged = {code: ratio for code, ratio in ratios.items() if not ratio.reasons}
    left_out = tuple(sorted(ratios.keys() - judged.keys())[:SHOWN_LEFT_OUT])
    because = {code: ratios[code].reasons for code in left_out}
    covers = ({**ratio.numerator.cover, **ratio.denominator.cover} for ratio in ratios.values())
    coverage = coverage_of(joined_cover(covers))
    if not judged:
        causes = dict.fromkeys(code for ratio in ratios.values() for code, _ in ratio.reasons)
        reasons = tuple((code, f"{len(ratios)} of {len(ratios)}") for code in causes) or (("no_subjects", ""),)
        numerator, denominator = Term(None), Term(None)
        return Ratio(None, numerator, denominator, coverage, reasons, len(ratios), 0, left_out, None, because)
    numerator = total_of([ratio.numerator for ratio in judged.values()])
    denominator = total_of([ratio.denominator for ratio in judged.values()])
    assert numerator.value is not None
    assert denominator.value is not None
    reasons = ()
    if indicator.coverage_counts and coverage is not None and coverage < needed.least:
        reasons = (("low_coverage", share_text(coverage, needed.least)),)
    return Ratio(
        numerator.value / denominator.value * indicator.scale,
        numerator,
        denominator,
        coverage,
        reasons,
        len(ratios),
        len(judged),
        left_out,
        band_of_all(list(judged.values()), indicator.scale),
        because,
    )
