"""A plan's target beside what is measured: has it been met, how far is it, does its printed change fit. Pure.

The rules are those of the plan documents; docs/plans.md says where the documents fail them.
"""

import enum
from decimal import Decimal
from fractions import Fraction

from services.core.verdict import ReasonedVerdict

PERCENT = Fraction(100)


class Operator(enum.StrEnum):
    """How a value stands to its target, taken from the Chinese words."""

    AT_LEAST = ">="
    """以上, 不低于, 达到, 完成."""
    AT_MOST = "<="
    """以下, 不超过, 降至, 以内."""
    ABOVE = ">"
    """超过, 突破."""
    BELOW = "<"
    """低于."""
    EXACTLY = "="
    """全面, 全部, 100 %."""
    ABOUT = "~"
    """左右, 约."""
    RANGE = "range"
    CLASS_AT_MOST = "class<="
    """A class of water or the like, or a better one."""
    QUALITATIVE = "qualitative"
    """Words without a number."""
    ACTUAL = "actual"
    """No target: a result the document reports."""


class Better(enum.StrEnum):
    """Which way a value should go."""

    HIGHER = "higher"
    LOWER = "lower"


class PrintedState(enum.StrEnum):
    """What stands where the value is printed. Zero, not applicable and missing are three different things."""

    NUMBER = "number"
    ZERO = "zero"
    """A true 0: no reduction is asked for, no growth is allowed."""
    NOT_APPLICABLE = "not_applicable"
    """Printed "/": there is no such target."""
    TEXT = "text"
    """Words or a class."""
    MISSING = "missing"
    """The cell is empty."""


class TargetChangeKind(enum.StrEnum):
    """What a change column means."""

    ABSOLUTE = "absolute"
    """Difference in the unit of the value."""
    PP = "pp"
    """Difference of two percentages, in percentage points."""
    RATE = "rate"
    """Per cent of the absolute base."""


_DIRECTION = {
    Operator.AT_LEAST: Better.HIGHER,
    Operator.ABOVE: Better.HIGHER,
    Operator.AT_MOST: Better.LOWER,
    Operator.BELOW: Better.LOWER,
}


def better_by(operator: Operator) -> Better | None:
    """The direction an operator says by itself."""
    return _DIRECTION.get(operator)


def computed_change(kind: TargetChangeKind, *, base: Decimal, value: Decimal) -> Fraction | None:
    """The change from `base` to `value`; None for a rate on a base of zero.

    The rate is taken on the absolute base, so that energy of a converter falling from -10 to -11 is -10 %.
    """
    difference = Fraction(value) - Fraction(base)
    if kind is not TargetChangeKind.RATE:
        return difference
    return difference * PERCENT / abs(Fraction(base)) if base else None


def value_from_change(kind: TargetChangeKind, *, base: Decimal, change: Decimal) -> Fraction:
    """The value that `change` makes of `base`."""
    if kind is not TargetChangeKind.RATE:
        return Fraction(base) + Fraction(change)
    return Fraction(base) + abs(Fraction(base)) * Fraction(change) / PERCENT


def decimals(printed: Decimal) -> int:
    """How many decimals a number is printed with."""
    exponent = printed.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def as_printed(exact: Fraction, like: Decimal) -> Decimal:
    """`exact` rounded to the decimals of `like`, halves away from zero."""
    places = decimals(like)
    scaled = abs(exact) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(-whole if exact < 0 else whole).scaleb(-places)


def change_differs(kind: TargetChangeKind, *, base: Decimal, value: Decimal, printed: Decimal) -> bool:
    """Whether the printed change is another number than base and value give, at the precision it is printed with.

    So -1 % for -0.85 % fits, and -5.7 % for -5.59 % does not.
    """
    computed = computed_change(kind, base=base, value=value)
    return computed is None or as_printed(computed, printed) != printed


def progress(*, base: Fraction, target: Fraction, actual: Fraction) -> Fraction | None:
    """Which part of the way from `base` to `target` has been gone: 0 at the base, 1 at the target.

    A ratio of differences, hence right for negative numbers too. None where there is no way to go.
    """
    return None if target == base else (base - actual) / (base - target)


def meets(
    operator: Operator,
    *,
    actual: Fraction,
    target: Decimal | None,
    high: Decimal | None = None,
    better: Better | None = None,
    state: PrintedState = PrintedState.NUMBER,
) -> ReasonedVerdict:
    """Whether `actual` meets a target, both in the same unit.

    About (左右) is met by what equals the target once rounded to its printed decimals, and by what is better.
    Exactly is met by what equals it, a range by what lies in it, its ends included.
    """
    if state in (PrintedState.NOT_APPLICABLE, PrintedState.TEXT, PrintedState.MISSING) or target is None:
        return ReasonedVerdict.cannot(
            {PrintedState.NOT_APPLICABLE: "not_applicable", PrintedState.TEXT: "no_number"}.get(state, "no_target")
        )
    if operator is Operator.ABOUT:
        return _about(actual, target, better)
    aim = Fraction(target)
    if operator is Operator.RANGE:
        return _finding(high is not None and aim <= actual <= Fraction(high))
    held = {
        Operator.AT_LEAST: actual >= aim,
        Operator.AT_MOST: actual <= aim,
        Operator.ABOVE: actual > aim,
        Operator.BELOW: actual < aim,
        Operator.EXACTLY: actual == aim,
    }.get(operator)
    return ReasonedVerdict.cannot("no_target") if held is None else _finding(held)


def _about(actual: Fraction, target: Decimal, better: Better | None) -> ReasonedVerdict:
    rounded = as_printed(actual, target)
    is_better = rounded > target if better is Better.HIGHER else rounded < target if better is Better.LOWER else False
    return _finding(rounded == target or is_better)


def _finding(met: bool) -> ReasonedVerdict:
    return ReasonedVerdict.ok("met") if met else ReasonedVerdict.breach("missed")
