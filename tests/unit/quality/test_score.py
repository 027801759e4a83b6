"""Scores are ratios of sums."""

import pytest

from services.quality.score import DIMENSIONS, Scores, Tally, scores

WEIGHTS = {"completeness": 0.4, "timeliness": 0.15, "validity": 0.2, "accuracy": 0.1, "consistency": 0.15}
WHOLE = Tally(
    expected=96,
    received=96,
    timed=96,
    on_time=96,
    valid=96,
    expected_s=86400,
    measured_s=86400,
    registered=96,
    calibrated=96,
    meter_days=1,
)


def test_all_is_well() -> None:
    assert scores(WHOLE, WEIGHTS) == Scores(**dict.fromkeys(DIMENSIONS, 1.0), composite=1.0)


def test_two_meters_together_are_the_ratio_of_their_sums() -> None:
    silent = Tally(expected=288, timed=288, expected_s=86400 * 3, meter_days=3, inconsistent=3)
    found = scores(WHOLE + silent, WEIGHTS)
    assert (found.completeness, found.timeliness, found.validity, found.accuracy, found.consistency) == (
        *(0.25, 0.25, 1.0, 1.0, 0.25),
    )


def test_what_cannot_be_told_does_not_weigh() -> None:
    found = scores(Tally(expected=96, timed=96, expected_s=86400, meter_days=1), WEIGHTS)
    assert (found.validity, found.accuracy) == (None, None)
    assert found.composite == pytest.approx(0.15 / (0.4 + 0.15 + 0.15))


def test_without_expected_readings_there_is_no_score() -> None:
    assert scores(Tally(), WEIGHTS) == Scores(**dict.fromkeys(DIMENSIONS, None), composite=None)


def test_more_than_expected_is_no_more_than_all() -> None:
    assert scores(Tally(expected=95.5, timed=95.5, on_time=96, expected_s=1, measured_s=2), WEIGHTS).timeliness == 1


def test_a_history_that_could_not_have_come_in_time_is_not_judged_for_it() -> None:
    history = Tally(expected=960, received=960, valid=960, expected_s=864000, measured_s=864000, meter_days=10)
    assert scores(history, WEIGHTS).timeliness is None
    assert scores(history, WEIGHTS).composite == 1
    assert scores(history + WHOLE, WEIGHTS).timeliness == 1
