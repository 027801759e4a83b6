"""An exact number as text, without a digit lost. Pure."""

from fractions import Fraction


def exact_text(exact: Fraction) -> str:
    """All its decimals where these end, else numerator/denominator: what adds up does so to the digit."""
    twos = fives = 0
    rest = exact.denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{exact.numerator}/{exact.denominator}"
    places = max(twos, fives)
    digits = str(abs(exact.numerator) * 10**places // exact.denominator).rjust(places + 1, "0")
    whole, decimals = (digits[:-places], digits[-places:]) if places else (digits, "")
    return f"{'-' if exact < 0 else ''}{whole}{'.' if decimals else ''}{decimals}"
