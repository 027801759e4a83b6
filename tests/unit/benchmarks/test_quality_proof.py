"""The proof of the checks: how it counts, and that the goal is reached on the measured series."""

from collections.abc import Sequence

import numpy as np
import pytest

from benchmarks.quality import LEAST_RECALL, MOST_FALSE_A_YEAR, lines_of, with_section
from benchmarks.quality_proof import CHECK_OF, Judged, run, source_faults, tasks
from simulators.replay.series import Series
from tests.unit.simulators.test_replay import DATA, needs_data

HOUR_MS = 3_600_000
HOUR_US = HOUR_MS * 1000


def judged(meter: str, *, found: int, false: int, years: float) -> Judged:
    return Judged("estate_hourly", "stuck", meter, 10, found, found, false, years, 0, 0)


def test_recall_and_false_findings_are_of_all_meters_together_and_the_worst_is_named() -> None:
    (line,) = lines_of([judged("A", found=10, false=0, years=2), judged("B", found=9, false=3, years=2)])
    assert (line.recall, line.false_a_year) == (0.95, 0.75)
    assert (line.worst_meter, line.worst_a_year) == ("B", 1.5)
    assert line.precision == 19 / 22
    assert line.holds


def test_the_section_is_replaced_and_the_others_stay() -> None:
    page = "# Data quality\n\n## Proof\n\nold\n\n## Estimates\n\ntext\n"
    assert with_section(page, "## Proof\n\nnew\n") == "# Data quality\n\n## Proof\n\nnew\n\n## Estimates\n\ntext\n"
    assert with_section("# Data quality\n", "## Proof\n\nnew\n") == "# Data quality\n\n## Proof\n\nnew\n"


def test_zeros_of_a_meter_that_never_rests_are_faults_of_the_source_and_those_of_others_are_not() -> None:
    values = np.arange(1000, dtype=float) + 1
    values[100:105] = 0.0
    series = Series("E01", np.arange(1000) * HOUR_MS, values)
    assert source_faults(series, 3600) == [(99 * HOUR_US, 106 * HOUR_US)]
    values[200:300] = 0.0
    assert source_faults(series, 3600) == []


def test_a_day_filled_with_one_value_is_a_fault_of_the_source() -> None:
    values = np.arange(10_000, dtype=float) + 1
    values[100:124] = 50.0
    series = Series("E01", np.arange(10_000) * HOUR_MS, values)
    assert source_faults(series, 3600) == [(99 * HOUR_US, 125 * HOUR_US)]


@needs_data
@pytest.mark.parametrize(("series", "seeds"), [("estate_hourly", [201]), ("steel_15min", range(201, 211))])
def test_at_one_percent_of_faults_nine_of_ten_are_found(series: str, seeds: Sequence[int]) -> None:
    lines = lines_of(list(run(tasks(series, DATA, rate=0.01, seeds=seeds, near=True))))
    assert {line.kind for line in lines} == set(CHECK_OF)
    for line in lines:
        assert line.recall >= LEAST_RECALL, line


@needs_data
@pytest.mark.parametrize(("series", "every"), [("estate_hourly", 16), ("steel_15min", 1)])
def test_at_one_percent_of_faults_not_more_than_one_finding_a_meter_and_year_is_false(series: str, every: int) -> None:
    for line in lines_of(list(run(tasks(series, DATA, rate=0.01, seeds=[201], every=every)))):
        assert line.false_a_year <= MOST_FALSE_A_YEAR, line
