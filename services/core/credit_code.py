"""Unified social credit code 统一社会信用代码 of a legal person, GB 32100-2015.

18 characters: registering department, kind of organisation, six digits of the administrative division, nine
characters of the organisation code (GB 11714), and a check character over the first seventeen.
"""

from typing import Literal

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015 table 1: digits and capital letters without I, O, S, V and Z; the place of a character is its value."""

LENGTH = 18
_DIVISION = slice(2, 8)

CreditCodeFault = Literal["credit_code_length", "credit_code_character", "credit_code_division", "credit_code_check"]


class CreditCodeError(ValueError):
    """A text is not a credit code; `fault` names the rule it breaks, `context` the numbers and characters concerned."""

    def __init__(self, fault: CreditCodeFault, message: str, **context: str | int) -> None:
        super().__init__(message)
        self.fault: CreditCodeFault = fault
        self.context = context


def check_character(first_17: str) -> str:
    """The check character that belongs to the first seventeen characters of a credit code.

    GB 32100-2015 chapter 5: 31 minus the sum, modulo 31, of each character's value times 3 to the power of its place.
    Raises CreditCodeError for a wrong length or a character outside the alphabet.
    """
    if len(first_17) != LENGTH - 1:
        raise CreditCodeError(
            "credit_code_length", f"has {len(first_17)} characters before the check character instead of {LENGTH - 1}"
        )
    total = sum(_value(character) * pow(3, place, 31) for place, character in enumerate(first_17))
    return ALPHABET[-total % 31]


def require_credit_code(text: str) -> str:
    """Give `text` back if it is a credit code. Raises CreditCodeError otherwise."""
    if len(text) != LENGTH:
        raise CreditCodeError("credit_code_length", f"has {len(text)} characters instead of {LENGTH}", length=len(text))
    expected = check_character(text[:-1])
    _value(text[-1])
    division = text[_DIVISION]
    if not (division.isascii() and division.isdigit()):
        raise CreditCodeError(
            "credit_code_division", f"characters 3 to 8 are {division!r}, not the digits of a division", found=division
        )
    if text[-1] != expected:
        raise CreditCodeError(
            "credit_code_check",
            f"ends in {text[-1]!r}, but its check character is {expected!r}",
            found=text[-1],
            expected=expected,
        )
    return text


def _value(character: str) -> int:
    value = ALPHABET.find(character)
    if value < 0:
        raise CreditCodeError(
            "credit_code_character", f"contains {character!r}; allowed are {ALPHABET}", found=character
        )
    return value
