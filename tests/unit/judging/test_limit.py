"""Grades of mandatory limits, and of which data centres the targets for the PUE speak."""

from fractions import Fraction

import pytest

from services.judging.limit import PueScope, grade_of, pue_scope

CONVERTER = {1: Fraction(-30), 2: Fraction(-28), 3: Fraction(-12)}
ARC_FURNACE_SMALL = {1: Fraction(61), 3: Fraction(86)}
PUE = {1: Fraction("1.20"), 2: Fraction("1.30"), 3: Fraction("1.50")}


@pytest.mark.parametrize(
    ("value", "grade"), [("1.20", 1), ("1.21", 2), ("1.30", 2), ("1.31", 3), ("1.50", 3), ("1.5001", None)]
)
def test_pue_has_the_best_grade_whose_limit_it_keeps(value: str, grade: int | None) -> None:
    assert grade_of(Fraction(value), PUE) == grade


@pytest.mark.parametrize(("value", "grade"), [(-31, 1), (-29, 2), (-28, 2), (-12, 3), (-11, None), (0, None)])
def test_t05_grades_below_zero_are_better_the_lower_the_value(value: int, grade: int | None) -> None:
    assert grade_of(Fraction(value), CONVERTER) == grade


def test_grade_that_the_standard_leaves_out_is_never_given() -> None:
    assert [grade_of(Fraction(v), ARC_FURNACE_SMALL) for v in (61, 62, 86, 87)] == [1, 3, 3, None]


def test_t12_a_single_data_centre_never_has_the_scope_of_the_fleet() -> None:
    def scope(is_new: bool, racks: int | None) -> PueScope | None:
        return pue_scope(is_new=is_new, standard_racks=racks, large_from_racks=3000)

    assert scope(False, 5000) is scope(False, None) is PueScope.EXISTING
    assert scope(True, 3000) is PueScope.NEW_LARGE
    assert scope(True, 2999) is scope(True, None) is None
