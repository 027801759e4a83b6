"""Numbers within reasons and names, as people read them. Pure."""

from decimal import ROUND_DOWN, Decimal

_TENTH = Decimal("0.1")
_PERCENT = 100


def share_in(share: str) -> str:
    """A share of 1, written out, in per cent: 0.0904 is 9 %, 0.8423 is 84.2 %.

    Cut to one decimal and never rounded up; with all its digits below 1 %, and where cutting would leave a whole number
    that it is not: 0.0027 is 0.27 %, 0.9004 is 90.04 %.
    """
    exact = Decimal(share) * _PERCENT
    cut = exact.quantize(_TENTH, rounding=ROUND_DOWN)
    hides = exact < 1 or (cut != exact and cut == cut.to_integral_value())
    return f"{number_in(exact if hides else cut)} %"


def number_in(value: Decimal) -> str:
    """A number without zeros at its end, and with commas from ten thousand on: 0.9, 415, 13,350."""
    plain = value.normalize()
    if plain == plain.to_integral_value():
        return f"{plain.quantize(Decimal(1)):,f}"
    return f"{plain:,f}"
