"""Placing, judging and retrofit deadlines of units."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.verdict import Verdict
from services.judging.levels import (
    BenchmarkLevel,
    Deadline,
    DeadlineFrom,
    Gap,
    Levels,
    Placing,
    ProjectKind,
    deadline_applies,
    gap,
    judge,
    level_for,
    levels_on,
    place,
    project_kind,
    retrofit_deadline,
)

COKE = Levels("2023", Fraction(110), Fraction(135), date(2023, 7, 4))
CONVERTER = Levels("2023", Fraction(-30), Fraction(-10), date(2023, 7, 4))
EDITION_2021 = Levels("2021", Fraction(110), Fraction(135), date(2022, 1, 1), date(2023, 7, 4))


def test_t16_below_the_baseline_is_a_number_above_it() -> None:
    # Baseline 基准 of top-charged coke ovens: 135 kgce/t. "低于基准水平" is an oven that uses 136, not 134.
    assert place(Fraction(136), COKE) is Placing.BELOW_BASELINE
    assert place(Fraction(134), COKE) is Placing.BETWEEN
    assert place(Fraction(109), COKE) is Placing.LEADER


def test_a_value_exactly_on_a_level_has_reached_it() -> None:
    assert place(Fraction(135), COKE) is Placing.BETWEEN
    assert place(Fraction(110), COKE) is Placing.LEADER
    assert place(Fraction("135.0000001"), COKE) is Placing.BELOW_BASELINE


@pytest.mark.parametrize(
    ("value", "placing"),
    [
        (-31, Placing.LEADER),
        (-30, Placing.LEADER),
        (-29, Placing.BETWEEN),
        (-10, Placing.BETWEEN),
        (-9, Placing.BELOW_BASELINE),
        (0, Placing.BELOW_BASELINE),
        (5, Placing.BELOW_BASELINE),
    ],
)
def test_t05_lower_is_better_below_zero_too(value: int, placing: Placing) -> None:
    # A converter gives energy back: -31 is better than -30. By size alone 31 > 30 would make it the worse one.
    assert place(Fraction(value), CONVERTER) is placing


def test_t05_no_percentage_is_formed_of_a_level_that_is_not_positive() -> None:
    # -8 against -10: worse by 2 kgce/t. 2/-10 = -20 % would say "better".
    assert gap(Fraction(-8), CONVERTER.baseline) == Gap(Fraction(2), None)
    assert gap(Fraction(1), Fraction(0)) == Gap(Fraction(1), None)


def test_gap_is_positive_where_the_unit_is_worse() -> None:
    # 148.5 - 135 = 13.5; 13.5 / 135 = 10 %. 99 - 110 = -11; -11 / 110 = -10 %.
    assert gap(Fraction("148.5"), COKE.baseline) == Gap(Fraction("13.5"), Fraction(10))
    assert gap(Fraction(99), COKE.benchmark) == Gap(Fraction(-11), Fraction(-10))


@pytest.mark.parametrize(
    ("kind", "value", "verdict", "reason"),
    [
        (ProjectKind.EXISTING, 120, Verdict.OK, "baseline_reached"),
        (ProjectKind.EXISTING, 105, Verdict.OK, "benchmark_reached"),
        (ProjectKind.EXISTING, 136, Verdict.BREACH, "below_baseline"),
        (ProjectKind.NEW, 120, Verdict.BREACH, "worse_than_benchmark"),
        (ProjectKind.NEW, 110, Verdict.OK, "benchmark_reached"),
        (ProjectKind.BUILDING, 111, Verdict.BREACH, "worse_than_benchmark"),
        (ProjectKind.PLANNED, 136, Verdict.BREACH, "worse_than_benchmark"),
    ],
)
def test_existing_units_are_judged_by_the_baseline_and_others_by_the_benchmark(
    kind: ProjectKind, value: int, verdict: Verdict, reason: str
) -> None:
    finding = judge(place(Fraction(value), COKE), kind)
    assert (finding.verdict, finding.reason) == (verdict, reason)


def test_unit_commissioned_since_the_first_edition_is_new() -> None:
    new_from = date(2022, 1, 1)
    assert project_kind("existing", date(2022, 1, 1), new_from=new_from) is ProjectKind.NEW
    assert project_kind("existing", date(2021, 12, 31), new_from=new_from) is ProjectKind.EXISTING
    assert project_kind("existing", date(2022, 1, 1), new_from=None) is ProjectKind.EXISTING
    assert project_kind("existing", None, new_from=new_from) is ProjectKind.EXISTING
    assert project_kind("building", date(2020, 1, 1), new_from=new_from) is ProjectKind.BUILDING
    assert project_kind("planned", None, new_from=new_from) is ProjectKind.PLANNED
    assert level_for(ProjectKind.NEW) is BenchmarkLevel.BENCHMARK


def test_newest_edition_in_force_on_the_day_holds() -> None:
    editions = [COKE, EDITION_2021]
    assert levels_on(editions, date(2021, 12, 31)) is None
    assert levels_on(editions, date(2022, 1, 1)) is EDITION_2021
    assert levels_on(editions, date(2023, 7, 3)) is EDITION_2021
    assert levels_on(editions, date(2023, 7, 4)) is COKE


def test_benchmark_above_its_baseline_is_refused() -> None:
    with pytest.raises(ValueError, match="edition 2023: the benchmark must not be above the baseline"):
        Levels("2023", Fraction(-10), Fraction(-30), date(2023, 7, 4))


NATIONAL = date(2025, 12, 31)


def test_day_registered_for_the_unit_is_its_deadline() -> None:
    found = retrofit_deadline(due_on=date(2024, 6, 30), listed_on=date(2022, 7, 1), longest_years=3, national=NATIONAL)
    assert found == Deadline(date(2024, 6, 30), DeadlineFrom.UNIT)


def test_retrofit_takes_at_most_three_years_after_the_unit_was_listed() -> None:
    # 淘汰时限不超过3年: listed on 1 July 2022, so 1 July 2025 is the last day, whatever later day is registered.
    three_years = Deadline(date(2025, 7, 1), DeadlineFrom.LONGEST)
    given = {"listed_on": date(2022, 7, 1), "longest_years": 3, "national": NATIONAL}
    assert retrofit_deadline(due_on=None, **given) == three_years  # type: ignore[arg-type]
    assert retrofit_deadline(due_on=date(2025, 7, 2), **given) == three_years  # type: ignore[arg-type]


def test_unit_never_listed_has_the_day_of_its_process() -> None:
    national = retrofit_deadline(due_on=None, listed_on=None, longest_years=3, national=NATIONAL)
    assert national == Deadline(NATIONAL, DeadlineFrom.NATIONAL)
    assert retrofit_deadline(due_on=None, listed_on=None, longest_years=3, national=None) is None


def test_unit_listed_on_a_leap_day_is_due_at_the_end_of_february() -> None:
    found = retrofit_deadline(due_on=None, listed_on=date(2024, 2, 29), longest_years=3, national=None)
    assert found == Deadline(date(2027, 2, 28), DeadlineFrom.LONGEST)


def test_days_left_turn_negative_once_the_last_day_has_passed() -> None:
    deadline = Deadline(NATIONAL, DeadlineFrom.NATIONAL)
    days = [deadline.days_left(today) for today in (date(2025, 12, 1), NATIONAL, date(2026, 1, 1))]
    assert days == [30, 0, -1]


def test_only_an_existing_unit_below_the_baseline_has_a_retrofit_before_it() -> None:
    applies = {(p, k) for p in Placing for k in ProjectKind if deadline_applies(p, k)}
    assert applies == {(Placing.BELOW_BASELINE, ProjectKind.EXISTING)}


@given(st.fractions(), st.fractions(), st.fractions(min_value=0))
def test_using_less_never_places_a_unit_worse(benchmark: Fraction, value: Fraction, less: Fraction) -> None:
    levels = Levels("any", benchmark, benchmark + 20, date(2023, 1, 1))
    order = [Placing.LEADER, Placing.BETWEEN, Placing.BELOW_BASELINE]
    assert order.index(place(value - less, levels)) <= order.index(place(value, levels))
