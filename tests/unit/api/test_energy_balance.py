"""Lines of an answer become balances: by bucket and place, with what is lacking told."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from services.api.energy.answer import EnergyLine, Group
from services.api.energy.balance import Balance, OnBasis, Shares, balance, grouped
from services.core.calendar import SHANGHAI, start_of_day
from services.core.meter import PICO, Flow
from services.energy.factors import Basis
from tests.unit.api.test_energy_valuing import FACTORS

DAY = start_of_day(date(2021, 5, 1))
DAY_S = 86_400
NEXT = DAY + timedelta(days=1)


def line(
    carrier: str,
    flow: Flow,
    quantity: int | None,
    *,
    area: str | None = None,
    coverage: float | None = 1.0,
    day: int = 0,
) -> EnergyLine:
    start = DAY + timedelta(days=day)
    parts = () if quantity is None else ((start.astimezone(SHANGHAI).year, quantity * PICO),)
    measured_s, expected_s = (0, 0) if coverage is None else (round(coverage * DAY_S), DAY_S)
    return EnergyLine(start, start + timedelta(days=1), Group(carrier, str(flow), area), parts, measured_s, expected_s)


def balances(lines: Iterable[EnergyLine]) -> list[Balance]:
    return [balance(group, place, FACTORS) for (_, place), group in grouped(lines, FACTORS).items()]


def test_balance_is_told_by_flow_on_both_bases() -> None:
    (found,) = balances(
        [
            line("raw_coal", Flow.INPUT, 100),
            line("raw_coal", Flow.FEEDSTOCK, 10),
            line("electricity", Flow.OUTPUT, 40_000),
            line("electricity", Flow.RENEWABLE, 5_000),
            line("electricity", Flow.INPUT, 15_000),
        ]
    )
    # coal 100 x 0.7143; electricity by 0.1229 and 0.31 kg
    assert found.bases[Basis.CALORIFIC] == OnBasis(
        input_tce=73.2735,
        renewable_tce=0.6145,
        feedstock_tce=7.143,
        output_tce=4.916,
        consumption_tce=76.115,
        without_feedstock_tce=68.972,
    )
    assert found.bases[Basis.EQUIVALENT].consumption_tce == 72.373
    # 100 x 1.9003 burnt, 25 000 kWh more sold than bought x 0.7025 kg
    assert found.tco2 == 172.4675
    assert found.shares.renewable_electricity == 0.25
    # what is sold beyond what is bought was made of it: 78.573 - 25 x 0.31
    assert found.shares.coal == pytest.approx(70.823 / 72.373)


def test_coverage_is_that_of_the_least_covered_carrier() -> None:
    (found,) = balances(
        [
            line("raw_coal", Flow.INPUT, 1, coverage=0.97),
            line("electricity", Flow.INPUT, 1, coverage=0.4),
            line("natural_gas", Flow.INPUT, 1, coverage=None),
            line("water", Flow.INPUT, 1, coverage=0.1),
        ]
    )
    assert found.coverage == 0.4


def test_meter_without_any_reading_is_named() -> None:
    (found,) = balances([line("raw_coal", Flow.INPUT, 1), line("electricity", Flow.OUTPUT, None, coverage=0.0)])
    assert (found.silent, found.coverage) == ((("electricity", "output"),), 0.0)
    assert found.bases[Basis.CALORIFIC].consumption_tce == 0.7143


def test_nothing_booked_at_all_is_not_zero() -> None:
    (found,) = balances([line("raw_coal", Flow.INPUT, None, coverage=0.0)])
    assert set(found.bases.values()) == {OnBasis()}
    assert (found.tco2, found.shares, found.coverage) == (None, Shares(), 0.0)


def test_share_of_a_whole_that_is_not_above_zero_is_not_told() -> None:
    (found,) = balances([line("electricity", Flow.OUTPUT, 1_000), line("raw_coal", Flow.INPUT, 0)])
    assert found.bases[Basis.EQUIVALENT].consumption_tce == -0.31
    assert found.shares == Shares(coal=None, renewable_electricity=None)


def test_place_with_water_alone_has_no_balance() -> None:
    assert balances([line("water", Flow.INPUT, 5), line("product", Flow.PRODUCT, 5)]) == []


def test_balances_stand_in_order_of_time_and_place() -> None:
    found = balances(
        line("raw_coal", Flow.INPUT, 1, area=area, day=day) for day in (1, 0) for area in ("150622", None, "150621")
    )
    assert [(one.start, one.place.area) for one in found] == [
        (start, area) for start in (DAY, NEXT) for area in (None, "150621", "150622")
    ]


def test_missing_coefficient_is_named_and_what_does_not_need_it_is_told() -> None:
    (found,) = balances([line("biogas", Flow.INPUT, 1), line("raw_coal", Flow.INPUT, 1)])
    assert found.missing == {("biogas", 2021, basis) for basis in ("calorific", "equivalent", "co2")}
    assert found.bases[Basis.CALORIFIC] == OnBasis(renewable_tce=0.0, feedstock_tce=0.0, output_tce=0.0)
    assert (found.tco2, found.shares.coal) == (None, None)
