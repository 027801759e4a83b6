"""The unified social credit code and its check character (GB 32100-2015)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.credit_code import ALPHABET, CreditCodeError, check_character, require_credit_code

# Printed on public business licences: Tencent, Alibaba, and the example of the standard's public calculators.
REAL_CODES = ("9144030071526726XG", "91330100799655058B", "91350100M000100Y43")
BODIES = st.builds(
    lambda head, division, organisation: head + division + organisation,
    st.text(ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=9, max_size=9),
)


@pytest.mark.parametrize("code", REAL_CODES)
def test_codes_on_public_licences_are_accepted(code: str) -> None:
    assert require_credit_code(code) == code
    assert check_character(code[:17]) == code[17]


@given(BODIES, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_mistyped_character_is_always_found(body: str, place: int, typed: str) -> None:
    code = body + check_character(body)
    mistyped = code[:place] + typed + code[place + 1 :]
    if mistyped == code:
        assert require_credit_code(mistyped) == code
    else:
        with pytest.raises(CreditCodeError):
            require_credit_code(mistyped)


@given(BODIES, st.integers(0, 15))
def test_two_swapped_neighbours_are_always_found(body: str, place: int) -> None:
    code = body + check_character(body)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if swapped != code:
        with pytest.raises(CreditCodeError):
            require_credit_code(swapped)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("", "credit_code_length"),
        ("9144030071526726X", "credit_code_length"),
        ("9144030071526726XGG", "credit_code_length"),
        ("9144030071526726xG", "credit_code_character"),
        ("91440300I1526726XG", "credit_code_character"),
        ("91440300７1526726XG", "credit_code_character"),
        ("9144030071526726XS", "credit_code_character"),
        ("91A40300715267260P", "credit_code_division"),
        ("9144030071526726XH", "credit_code_check"),
    ],
)
def test_a_refused_code_says_which_rule_it_breaks(code: str, fault: str) -> None:
    with pytest.raises(CreditCodeError) as refusal:
        require_credit_code(code)
    assert refusal.value.fault == fault


def test_a_wrong_check_character_is_answered_with_the_right_one() -> None:
    with pytest.raises(CreditCodeError, match="ends in 'H', but its check character is 'G'") as refusal:
        require_credit_code("9144030071526726XH")
    assert refusal.value.context == {"found": "H", "expected": "G"}
