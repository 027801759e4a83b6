"""Plan and targets of an area out of the sourced tables."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from services.judging.data.plans import Plans, load_plans
from services.judging.dual_control.targets import areas_with_target, period_of, plan_of_year, rows_of, targets_of
from services.judging.targets.target import PrintedState

PLANS: Plans = load_plans()
FOURTEENTH = period_of(PLANS.plans["14"])


def test_t34_the_plan_of_a_year_is_looked_up() -> None:
    found = [plan_of_year(PLANS, year) for year in (2015, 2016, 2020, 2021, 2025, 2026)]
    assert [plan and plan.code for plan in found if plan is not None] == ["13", "13", "14", "14"]
    assert (found[0], found[-1]) == (None, None)


def test_the_leagues_and_the_banners_of_ordos_have_targets() -> None:
    areas = areas_with_target(PLANS, FOURTEENTH)
    assert len([code for code in areas if code.endswith("00") and code != "150000"]) == 12
    assert len([code for code in areas if code.startswith("1506") and code != "150600"]) == 9


@pytest.mark.parametrize(
    ("area", "basic", "incentive"),
    [("150000", "15", None), ("150600", "16.5", "18.7"), ("150624", "26", "29.5"), ("150300", "18", "20.4")],
)
def test_the_targets_are_those_printed(area: str, basic: str, incentive: str | None) -> None:
    found = targets_of(rows_of(PLANS, FOURTEENTH, area))
    assert found.basic is not None
    assert found.basic.reduction == Fraction(basic) / 100
    assert (found.incentive and found.incentive.reduction) == (None if incentive is None else Fraction(incentive) / 100)


@pytest.mark.parametrize("area", ["150602", "150603"])
def test_t10_zero_and_stroke_come_through(area: str) -> None:
    found = targets_of(rows_of(PLANS, FOURTEENTH, area))
    assert found.basic is not None
    assert found.incentive is not None
    assert (found.basic.state, found.incentive.state) == (PrintedState.ZERO, PrintedState.NOT_APPLICABLE)


def test_t24_no_league_has_a_target_of_the_13th_plan() -> None:
    assert areas_with_target(PLANS, period_of(PLANS.plans["13"])) == ["150000"]


def test_documents_that_disagree_give_no_target() -> None:
    rows = rows_of(PLANS, FOURTEENTH, "150600")
    assert not targets_of(rows).conflict
    found = targets_of([replace(rows[0], value=Decimal("17")), *rows[1:]])
    assert (found.conflict, found.basic) == (True, None)
