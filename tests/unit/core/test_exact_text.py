"""An exact number written out loses no digit."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.exact_text import exact_text


@given(st.fractions())
def test_what_is_written_is_read_back_as_it_was(exact: Fraction) -> None:
    assert Fraction(exact_text(exact)) == exact


@pytest.mark.parametrize(
    ("exact", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(71_430), "71430"),
        (Fraction(1, 8), "0.125"),
        (Fraction(-3, 200), "-0.015"),
        (Fraction(-7, 3), "-7/3"),
        (Fraction(10, 1_000_000), "0.00001"),
    ],
)
def test_decimals_that_end_are_written_as_decimals(exact: Fraction, text: str) -> None:
    assert exact_text(exact) == text
