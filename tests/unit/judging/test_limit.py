"""Grades of mandatory limits, the three scopes of the PUE, and the two thresholds of energy per value added."""

from fractions import Fraction

import pytest

from services.core.verdict import Verdict
from services.judging.limit import (
    IndustrialIntensity,
    PueScope,
    PueTarget,
    ValueAddedIntensity,
    grade_of,
    judge_pue,
    low_intensity_project,
    pue_scope,
    two_high_admitted,
)

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


REGION_NEW = PueTarget(PueScope.NEW_LARGE, Fraction("1.3"), "region row")
ORDOS_EXISTING = PueTarget(PueScope.EXISTING, Fraction("1.3"), "Ordos row")
REGION_FLEET = PueTarget(PueScope.FLEET, Fraction("1.3"), "annex row")


def test_t12_the_three_scopes_of_the_pue_are_never_mixed() -> None:
    # 1.3 three times over: of new large ones (region), of existing ones (Ordos), of the average (region, annex 2).
    assert judge_pue(Fraction("1.3"), PueScope.NEW_LARGE, REGION_NEW).verdict is Verdict.OK
    assert judge_pue(Fraction("1.31"), PueScope.EXISTING, ORDOS_EXISTING).verdict is Verdict.BREACH
    for scope, target in [
        (PueScope.EXISTING, REGION_NEW),
        (PueScope.NEW_LARGE, ORDOS_EXISTING),
        (PueScope.EXISTING, REGION_FLEET),
        (PueScope.FLEET, REGION_NEW),
    ]:
        with pytest.raises(ValueError, match="cannot be judged by"):
            judge_pue(Fraction("1.2"), scope, target)


def test_t12_a_single_data_centre_never_has_the_scope_of_the_fleet() -> None:
    def scope(is_new: bool, racks: int | None) -> PueScope | None:
        return pue_scope(is_new=is_new, standard_racks=racks, large_from_racks=3000)

    assert scope(False, 5000) is scope(False, None) is PueScope.EXISTING
    assert scope(True, 3000) is PueScope.NEW_LARGE
    assert scope(True, 2999) is scope(True, None) is None


def test_pue_below_one_is_no_pue() -> None:
    finding = judge_pue(Fraction("0.99"), PueScope.EXISTING, ORDOS_EXISTING)
    assert (finding.verdict, finding.reason) == (Verdict.CANNOT_JUDGE, "below_possible")


def test_t14_the_two_thresholds_are_two_rules_over_two_denominators() -> None:
    # 1.5 tce/10 000 yuan: of value added it is a low intensity (below 1.7); of industrial value added too high (1.33).
    assert low_intensity_project(ValueAddedIntensity(Fraction("1.5"), 2020), below=Fraction("1.7"))
    assert not two_high_admitted(IndustrialIntensity(Fraction("1.5"), 2020), below=Fraction("1.33"))


def test_t14_a_value_on_the_threshold_is_not_below_it() -> None:
    assert not low_intensity_project(ValueAddedIntensity(Fraction("1.7"), 2020), below=Fraction("1.7"))
    assert not two_high_admitted(IndustrialIntensity(Fraction("1.33"), 2020), below=Fraction("1.33"))
    assert two_high_admitted(IndustrialIntensity(Fraction("1.3299"), 2020), below=Fraction("1.33"))


@pytest.mark.parametrize("intensity", [ValueAddedIntensity, IndustrialIntensity])
def test_t14_an_intensity_without_a_price_base_is_refused(
    intensity: type[ValueAddedIntensity] | type[IndustrialIntensity],
) -> None:
    with pytest.raises(ValueError, match="price base"):
        intensity(Fraction(1), 0)
