"""Numbers written so that they can be told from what they were held against."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.told_apart import plain, told_apart


@pytest.mark.parametrize(
    ("value", "limit", "text"),
    [
        ("1.300004", "1.3", "1.300004"),
        ("1.3004", "1.3", "1.3004"),
        ("1.2999999", "1.3", "1.2999999"),
        ("1.31", "1.3", "1.310"),
        ("1.3", "1.3", "1.300"),
        ("-10.00001", "-10", "-10.00001"),
        ("0", "0.0001", "0.000"),
    ],
)
def test_a_number_has_as_many_digits_as_tell_it_from_its_limit(value: str, limit: str, text: str) -> None:
    assert f"{told_apart(Decimal(value), [Decimal(limit)], places=3):f}" == text


def test_a_number_is_told_from_each_that_it_stands_beside() -> None:
    assert told_apart(Fraction(4, 3), [Fraction("1.33"), Fraction("1.3334")], places=2) == Decimal("1.333")
    assert told_apart(13_350.4, [13_350.0], places=-1) == Decimal("13350.4")


def test_a_float_is_meant_as_it_is_written() -> None:
    assert told_apart(0.1, [Fraction("0.1")], places=1) == Decimal("0.1")


@given(
    value=st.decimals(min_value=-1000, max_value=1000, places=9),
    limit=st.decimals(min_value=-1000, max_value=1000, places=3),
    places=st.integers(0, 6),
)
def test_what_is_written_lies_on_the_side_of_the_limit_on_which_the_number_lies(
    value: Decimal, limit: Decimal, places: int
) -> None:
    shown = told_apart(value, [limit], places=places)
    assert ((shown > limit), (shown < limit)) == ((value > limit), (value < limit))
    assert abs(shown - value) <= Decimal(1).scaleb(-places)


@pytest.mark.parametrize(
    ("figure", "text"),
    [(1.3, "1.3"), (1234567.25, "1234567.25"), (1e16, "10000000000000000"), (-12.0, "-12"), (0.0, "0")],
)
def test_a_plain_number_has_all_its_digits_and_no_exponent(figure: float, text: str) -> None:
    assert plain(figure) == text
