import pytest

from simulators.credit_code import ENTERPRISE, check_character, credit_code, is_valid, organisation_check


def test_example_of_the_standard_has_its_check_character() -> None:
    assert check_character("91350100M000100Y4") == "3"


def test_example_of_the_standard_is_valid() -> None:
    assert is_valid("91350100M000100Y43")


@pytest.mark.parametrize("position", range(17))
def test_one_changed_character_is_noticed(position: int) -> None:
    code = "91350100M000100Y43"
    other = "1" if code[position] != "1" else "2"
    assert not is_valid(code[:position] + other + code[position + 1 :])


def test_organisation_check_of_the_standards_example() -> None:
    assert organisation_check("D2143569") == "X"


def test_generated_codes_are_valid_and_differ() -> None:
    codes = [credit_code(kind=ENTERPRISE, area_code="150622", key=f"site {number}") for number in range(500)]
    assert all(is_valid(code) for code in codes)
    assert all(organisation_check(code[8:16]) == code[16] for code in codes)
    assert len(set(codes)) == 500


@pytest.mark.parametrize("code", ["", "91350100M000100Y4", "91350100M000100Y4O", "91350100m000100y43"])
def test_a_code_of_wrong_form_is_invalid(code: str) -> None:
    assert not is_valid(code)
