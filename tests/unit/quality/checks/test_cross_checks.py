"""The checks that hold several meters, reports or enterprises against each other."""

from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from services.core.calendar import DAY_US, HOUR_US
from services.quality.checks.balance import BalanceDay, BalanceLimits, balance
from services.quality.checks.calibration import CalibrationLimits, calibration_due
from services.quality.checks.clock import ClockLimits, clock_drift
from services.quality.checks.product import ProductDay, ProductLimits, energy_product
from services.quality.checks.reported import ReportedLimits, ReportedMonth, daily_monthly
from services.quality.checks.silence import FleetHours, SilenceLimits, fleet_silence

BALANCE = BalanceLimits(most_apart=0.05, coverage_least=0.9, least_days=7)


def balance_day(boundary: float = 1000.0, sub: float = 1000.0, **given: Any) -> BalanceDay:
    facts: dict[str, Any] = {"boundary_coverage": 1.0, "sub_coverage": 1.0} | given
    return BalanceDay(start_us=0, carrier="electricity", boundary=boundary, sub=sub, **facts)


def test_sub_meters_that_say_more_than_the_boundary_are_found_without_a_past() -> None:
    (found,) = balance(balance_day(sub=1060.0), [], BALANCE)
    assert (found.check, round(found.value, 9), found.limit) == ("balance", 0.06, 0.05)
    assert found.detail["boundary"] == 1000.0


def test_sub_meters_that_say_less_are_found_only_where_they_used_to_measure_everything() -> None:
    whole, part = [balance_day(sub=990.0)] * 7, [balance_day(sub=600.0)] * 7
    (found,) = balance(balance_day(sub=940.0), whole, BALANCE)
    assert round(found.value, 9) == 0.06
    assert balance(balance_day(sub=500.0), part, BALANCE) == []
    assert balance(balance_day(sub=940.0), whole[:6], BALANCE) == []


@pytest.mark.parametrize(
    "day",
    [
        balance_day(sub=1050.0),
        balance_day(sub=2000.0, sub_coverage=0.8),
        balance_day(sub=2000.0, boundary_coverage=0.8),
        balance_day(boundary=0.0),
        balance_day(boundary=-5.0),
    ],
)
def test_a_balance_within_the_limit_or_hardly_measured_is_no_finding(day: BalanceDay) -> None:
    assert balance(day, [balance_day()] * 10, BALANCE) == []


PRODUCT = ProductLimits(most_apart=0.3, times_of_past=6, coverage_least=0.9, least_days=14)


def product_days(products: list[float]) -> list[ProductDay]:
    """Energy = 200 of base load + 2 a tonne, with a little noise."""
    return [
        ProductDay(start_us=i * DAY_US, energy_kgce=200 + 2 * p + (-1) ** i, product=p, coverage=1.0)
        for i, p in enumerate(products)
    ]


def test_energy_is_expected_from_base_load_and_product() -> None:
    past = product_days([100.0, 120.0, 80.0, 0.0, 110.0] * 4)
    standing = ProductDay(start_us=20 * DAY_US, energy_kgce=200.0, product=0.0, coverage=1.0)
    assert energy_product(standing, past, PRODUCT) == []
    (found,) = energy_product(
        ProductDay(start_us=20 * DAY_US, energy_kgce=200.0, product=100.0, coverage=1.0), past, PRODUCT
    )
    assert found.value == pytest.approx(0.5, abs=0.01)
    assert found.detail["expected_kgce"] == pytest.approx(400.0, rel=0.01)


def test_a_plant_whose_energy_always_varies_is_given_more_room() -> None:
    past = [
        ProductDay(start_us=i, energy_kgce=e, product=100.0, coverage=1.0)
        for i, e in enumerate([300.0, 500.0, 380.0, 420.0] * 5)
    ]
    day = ProductDay(start_us=30, energy_kgce=550.0, product=100.0, coverage=1.0)
    assert energy_product(day, past, PRODUCT) == []
    assert len(energy_product(day, [past[2]] * 14, PRODUCT)) == 1
    assert energy_product(day, [past[2]] * 13, PRODUCT) == []


REPORTED = ReportedLimits(most_apart=0.05, coverage_least=0.9)


@pytest.mark.parametrize(
    ("reported", "metered", "coverage", "apart"),
    [
        ("1000", "949", 1.0, 0.051),
        ("1000", "950", 1.0, None),
        ("1.1", "1.045", 1.0, None),
        ("1.1", "1.155", 1.0, None),
        ("1.1", "1.155000000001", 1.0, 0.05),
        ("1000", "1060", 0.95, 0.06),
        ("1000", "100", 0.89, None),
        ("1000", "0", 0.9, 1.0),
        ("0", "100", 1.0, 1.0),
        ("0", "0", 1.0, None),
    ],
)
def test_the_reported_month_is_held_against_the_metered_days(
    reported: str, metered: str, coverage: float, apart: float | None
) -> None:
    month = ReportedMonth(
        starts_us=0,
        ends_us=30 * DAY_US,
        carrier="raw_coal",
        reported=Fraction(reported),
        metered=Fraction(metered),
        coverage=coverage,
    )
    values = [round(found.value, 9) for found in daily_monthly(month, REPORTED)]
    assert values == ([] if apart is None else [apart])


CLOCK = ClockLimits(ahead_s=60, behind_s=300, steady_s=60, least_readings=24)
S = 1_000_000


def lags(*seconds: float) -> tuple[Any, Any]:
    due = np.arange(len(seconds), dtype=np.int64) * 900 * S
    return due, due + (np.array(seconds) * S).astype(np.int64)


def test_a_clock_is_ahead_when_readings_arrive_before_their_time() -> None:
    (found,) = clock_drift(0, *lags(*[-90.0, -80.0] * 12), CLOCK)
    assert (found.value, found.detail["direction"]) == (90.0, "ahead")
    assert clock_drift(0, *lags(*[-50.0] * 24), CLOCK) == []


def test_a_clock_is_behind_when_even_the_quickest_come_late_and_all_alike() -> None:
    (found,) = clock_drift(0, *lags(*[400.0, 405.0, 410.0] * 8), CLOCK)
    assert (found.value, found.detail["direction"]) == (400.0, "behind")


def test_a_slow_line_or_a_burst_after_a_gap_is_no_wrong_clock() -> None:
    assert clock_drift(0, *lags(*[400.0 + 900 * i for i in range(24)]), CLOCK) == []
    assert clock_drift(0, *lags(*[36_000.0] * 12, *[2.0] * 12), CLOCK) == []
    assert clock_drift(0, *lags(*[400.0] * 23), CLOCK) == []


def test_a_calibration_holds_through_its_last_day() -> None:
    limits = CalibrationLimits(most_days_over=0)
    assert calibration_due(date(2026, 3, 1), date(2026, 3, 1), limits) == []
    assert calibration_due(date(2026, 3, 1), None, limits) == []
    (found,) = calibration_due(date(2026, 3, 3), date(2026, 3, 1), limits)
    assert found.value == 2.0


SILENCE = SilenceLimits(least_enterprises=5, least_share=0.2, chance=1e-6, usual_share=0.02)
WEEKS = 4


def fleet(enterprises: int = 40, judged: int = 48, seed: int = 7) -> FleetHours:
    """Four weeks of past and some judged hours; a plant stops by itself once in 500 hours, for six."""
    draw = np.random.default_rng(seed)
    hours = WEEKS * 168 + judged
    quantity = 100 + 10 * draw.random((enterprises, hours))
    for row, hour in zip(*np.nonzero(draw.random((enterprises, hours)) < 1 / 500), strict=True):
        quantity[row, hour : hour + 6] = 0.0
    quantity[:, -judged:] = np.maximum(quantity[:, -judged:], 90.0)
    return FleetHours(0, [f"E{i}" for i in range(enterprises)], quantity, judged)


@pytest.mark.parametrize("reading", [0.0, np.nan])
def test_many_enterprises_that_stop_at_once_are_a_fault_of_the_collection(reading: float) -> None:
    given = fleet()
    first = given.past + 10
    given.quantity[:12, first : first + 5] = reading
    given.quantity[12, first : first + 9] = reading
    findings, silent = fleet_silence(given, SILENCE)
    assert [(f.starts_us // HOUR_US, f.ends_us // HOUR_US, f.value) for f in findings] == [(first, first + 9, 13.0)]
    assert silent.sum(axis=1).tolist() == [5] * 12 + [9] + [0] * 27
    assert silent[0].nonzero()[0].tolist() == [10, 11, 12, 13, 14]


def test_a_few_that_stop_or_many_that_stop_one_after_the_other_are_believed() -> None:
    few = fleet()
    few.quantity[:7, few.past + 10 : few.past + 15] = 0.0
    assert fleet_silence(few, SILENCE)[0] == []
    festival = fleet()
    for row in range(40):
        festival.quantity[row, festival.past + row :] = 0.0
    assert fleet_silence(festival, SILENCE)[0] == []


def test_enterprises_that_always_stand_at_night_or_on_sundays_do_not_fall_silent() -> None:
    given = fleet(judged=168)
    for hour in range(given.quantity.shape[1]):
        if hour % 24 < 6 or hour % 168 >= 144:
            given.quantity[:, hour] = 0.0
    assert fleet_silence(given, SILENCE)[0] == []


def test_without_a_week_of_past_nothing_is_said() -> None:
    given = FleetHours(0, ["a"] * 10, np.zeros((10, 100)), 50)
    findings, silent = fleet_silence(given, SILENCE)
    assert findings == []
    assert silent.shape == (10, 50)


def test_a_silence_across_a_large_fleet_is_found_at_one_enterprise_in_five() -> None:
    given = fleet(enterprises=2000, judged=24)
    given.quantity[:500, -3:] = np.nan
    findings, _ = fleet_silence(given, SILENCE)
    assert [(f.value, f.limit) for f in findings] == [(500.0, 399.0)]
