"""The proof of the cross checks: how it counts, and that the goal is reached on the measured series."""

from itertools import pairwise

import numpy as np
import pytest

from benchmarks.cross_arrival import LITTLE_BEHIND
from benchmarks.cross_proof import BEYOND, CROSS_CHECK_OF, RUNS, cross_tasks, run_cross
from benchmarks.cross_story import Story, inject_stretches
from benchmarks.quality import LEAST_RECALL, MOST_FALSE_A_YEAR, Line, cross_section, lines_of
from services.core.calendar import DAY_US
from services.quality.checks.day import Finding
from services.quality.checks.kinds import CHECKS, mark_checks, series_checks
from tests.unit.simulators.test_replay import DATA, needs_data


def on_days(*days: int) -> list[Finding]:
    return [Finding("balance", day * DAY_US, (day + 1) * DAY_US, 0.1, 0.05) for day in days]


def test_findings_of_days_that_touch_are_one_and_false_is_what_meets_no_fault() -> None:
    faults = [(10 * DAY_US, 12 * DAY_US), (20 * DAY_US, 21 * DAY_US)]
    story = Story("estate_hourly", "sub meter wrong", "estate", 0, 368 * DAY_US, faults, on_days(11, 12, 40, 41, 50))
    judged = story.judged()
    assert (judged.faults, judged.found, judged.true_findings, judged.false_findings) == (2, 1, 1, 2)
    assert judged.clean_years == 1.0


def test_faults_lie_apart_after_the_past_and_what_is_none_is_drawn_anew() -> None:
    draw, refused = np.random.default_rng(3), []

    def make(start: int, end: int) -> bool:
        if start % 2:
            refused.append((start, end))
        return start % 2 == 0

    made = inject_stretches(draw, 2000, (2, 5), 0.05, first=500, margin=10, make=make)
    assert refused
    assert all(start >= 500 and start % 2 == 0 and 2 <= end - start <= 5 for start, end in made)
    assert all(later[0] - earlier[1] >= 10 for earlier, later in pairwise(made))
    assert 100 <= sum(end - start for start, end in made) < 105


def test_every_check_across_is_proved_but_those_that_compare_dates_or_count() -> None:
    of_meters = {kind.slug for kind in [*series_checks(), *mark_checks()]}
    assert set(CROSS_CHECK_OF.values()) == set(CHECKS) - of_meters - {"calibration_due", "held_readings"}
    assert {kind for kind, _ in RUNS} == set(CROSS_CHECK_OF)


def test_the_section_says_where_the_goal_is_not_reached() -> None:
    line = Line("estate_hourly", "sub meter wrong", "balance", 100, 80, 0.5, 2.0, "estate", 3.0)
    text = cross_section([line], 0.01)
    row = "| estate_hourly | sub meter wrong | balance | 100 | 0.800 | 0.500 | 2.00 | 3.0 (estate) | **no** |"
    assert text.startswith("## Proof of the cross checks\n")
    assert row in text


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    todo = cross_tasks(DATA, rate=0.01, first_seed=201, most_runs=5)
    return lines_of([each for found in run_cross(todo) for each in found])


@needs_data
def test_at_one_percent_of_faults_nine_of_ten_are_found_and_at_most_one_a_subject_and_year_is_false(
    lines: list[Line],
) -> None:
    assert {(line.kind, line.series) for line in lines} == set(RUNS)
    for line in lines:
        assert line.false_a_year <= MOST_FALSE_A_YEAR, line
        assert (line.kind, line.series) in BEYOND or line.recall >= LEAST_RECALL, line


@needs_data
def test_a_clock_a_few_minutes_behind_is_not_told_from_a_gateway_that_waits(lines: list[Line]) -> None:
    (line,) = [line for line in lines if line.kind == LITTLE_BEHIND]
    assert line.recall < 0.3
