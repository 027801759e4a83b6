"""Numbers written with as many digits as tell them from what they were held against. Pure."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

MOST_PLACES = 24
"""More tell nothing apart that was measured."""
Figure = Decimal | Fraction | float


def told_apart(value: Figure, others: Iterable[Figure], *, places: int) -> Decimal:
    """`value` rounded to `places` decimals, or to as many more as leave it on its side of each of the others.

    So a PUE of 1.300004 beside a limit of 1.3 does not read 1.3. What equals another is as good as told apart.
    """
    exact, against = _exact(value), [_exact(other) for other in others]
    for more in range(places, max(places, MOST_PLACES) + 1):
        rounded = _rounded(exact, more)
        if all(_side(Fraction(rounded), other) == _side(exact, other) for other in against):
            return rounded
    return _rounded(exact, max(places, MOST_PLACES))


def plain(figure: Figure) -> str:
    """The number with all its digits and without an exponent."""
    exact = figure if isinstance(figure, Decimal) else Decimal(repr(float(figure)))
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _exact(figure: Figure) -> Fraction:
    # a float is meant as it is written, not as the binary fraction nearest to that
    return Fraction(repr(figure)) if isinstance(figure, float) else Fraction(figure)


def _rounded(exact: Fraction, places: int) -> Decimal:
    """Halves to even; `places` below zero round to tens and more."""
    whole = round(exact * Fraction(10) ** places)
    return Decimal((0 if whole >= 0 else 1, tuple(int(digit) for digit in str(abs(whole))), -places))


def _side(value: Fraction, other: Fraction) -> int:
    return (value > other) - (value < other)
