"""Manual reports: their quantity to the bit, how far metered sums are from them, and how they stand in lines."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from services.api.bulletins.beside import alike
from services.api.energy.answer import EnergyLine, Group, totals, with_manual
from services.api.manual_reports.entry import ManualReportEntry
from services.api.manual_reports.judge import Apart, KnownUnits, apart, faults_of_entry, quantity_pico
from services.core.calendar import start_of_day
from services.core.meter import PICO
from services.quality.checks.reported import ReportedLimits

START = start_of_day(date(2026, 3, 1))
END = start_of_day(date(2026, 4, 1))
DAY_S = 86_400
LIMITS = ReportedLimits(most_apart=0.05, coverage_least=0.9)


def entry(**given: object) -> ManualReportEntry:
    known = {"unit_code": "U", "carrier": "diesel", "month": "2026-03", "value": 1.0, "unit_of_measure": "t"}
    return ManualReportEntry.model_validate(known | {"document": "1"} | given)


@pytest.mark.parametrize(
    ("value", "unit", "carrier_unit", "quantity"),
    [
        (0.1, "t", "t", Fraction(1, 10)),
        (4500.3, "kg", "t", Fraction("4.5003")),
        (1.1, "万kWh", "kWh", Fraction(11_000)),
        (1e-13, "t", "t", Fraction(0)),
        (1e12, "万m3", "m3", Fraction(10**16)),
    ],
)
def test_the_quantity_is_what_was_written(value: float, unit: str, carrier_unit: str, quantity: Fraction) -> None:
    assert quantity_pico(entry(value=value, unit_of_measure=unit), carrier_unit) == quantity * PICO


@pytest.mark.parametrize(("moment", "over"), [("2026-03-31T15:59:59", False), ("2026-03-31T16:00:00", True)])
def test_a_month_is_over_by_the_clock_of_shanghai(moment: str, over: bool) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    known = KnownUnits(units={"U"}, carriers={"diesel": "t"}, now=now)
    assert [fault.code for fault in faults_of_entry(entry(), known)] == ([] if over else ["month_not_over"])


@pytest.mark.parametrize(
    ("reported", "metered", "coverage", "found"),
    [
        (100, 95, 1.0, Apart(-5.0, False)),
        (100, 94, 1.0, Apart(-6.0, True)),
        (100, 106, 0.9, Apart(6.0, True)),
        (100, 50, 0.89, Apart(-50.0, None)),
        (0, 0, 1.0, Apart(None, False)),
        (0, 1, 1.0, Apart(None, True)),
        (100, None, 0.0, Apart(None, None)),
        (None, 100, 1.0, Apart(None, None)),
        (10**30, 105 * 10**28 + 1, 1.0, Apart(5.0, True)),
    ],
)
def test_five_per_cent_of_the_report_are_allowed_where_enough_is_measured(
    reported: int | None, metered: int | None, coverage: float, found: Apart
) -> None:
    assert apart(reported, metered, coverage, LIMITS) == found


def line(group: Group, *parts: tuple[int, int], measured_s: int = DAY_S) -> EnergyLine:
    return EnergyLine(START, END, group, parts, measured_s, DAY_S)


def by_hand(group: Group, pico: int) -> EnergyLine:
    parts = ((2026, pico),)
    return EnergyLine(START, END, group, parts, 0, 0, parts, reports=1)


def test_what_is_by_hand_is_added_and_told_apart_whatever_the_order() -> None:
    power, coal = Group("electricity", "input", enterprise="E"), Group("raw_coal", "input", enterprise="E")
    measured = [line(power, (2026, 10))]
    manual = [by_hand(power, 7), by_hand(coal, 5), by_hand(power, 1)]
    for given in (manual, manual[::-1]):
        found = with_manual(measured, given)
        assert [(each.group, each.parts, each.manual, each.reports, each.expected_s) for each in found] == [
            (power, ((2026, 18),), ((2026, 8),), 2, DAY_S),
            (coal, ((2026, 5),), ((2026, 5),), 1, 0),
        ]
    assert with_manual(measured, []) is measured


def test_the_whole_holds_what_was_by_hand_of_all() -> None:
    group = Group("raw_coal", "input", enterprise="B")
    measured = [line(Group("raw_coal", "input", enterprise="A"), (2026, 10))]
    (whole,) = totals(with_manual(measured, [by_hand(group, 5), by_hand(group, 5)]))
    assert (whole.parts, whole.manual, whole.reports) == (((2026, 20),), ((2026, 10),), 2)
    assert (whole.manual_quantity, whole.manual_share) == (10 / PICO, 0.5)


def test_meters_that_are_silent_stay_so_beside_what_was_by_hand() -> None:
    group = Group("raw_coal", "input")
    silent = EnergyLine(START, END, group, (), 0, DAY_S)
    (found,) = with_manual([silent], [by_hand(group, 5)])
    assert (silent.is_silent, found.is_silent) == (True, True)
    (alone,) = with_manual([], [by_hand(group, 5)])
    assert not alone.is_silent
    (measured,) = with_manual([line(group, (2026, 0))], [by_hand(group, 5)])
    assert not measured.is_silent


@pytest.mark.parametrize(
    ("row", "before", "told"),
    [
        ({"coverage": 0.9}, {"coverage": 0.9}, True),
        ({"coverage": 0.9}, {"coverage": 0.89}, False),
        ({"coverage": None}, {"coverage": None}, False),
        ({"coverage": None, "manual": {"share": 1.0, "reports": 1}}, {}, False),
        (
            {"coverage": None, "manual": {"share": 1.0, "reports": 10}},
            {"coverage": None, "manual": {"share": 1.0, "reports": 9}},
            True,
        ),
        (
            {"coverage": 1.0, "manual": {"shares": {"tco2": 0.1, "calorific": 0.05}, "reports": 1}},
            {"coverage": 1.0},
            True,
        ),
        (
            {"coverage": 1.0, "manual": {"shares": {"tco2": 0.11, "calorific": 0.05}, "reports": 1}},
            {"coverage": 1.0},
            False,
        ),
        ({"coverage": 1.0, "manual": {"shares": {"tco2": None}, "reports": 1}}, {"coverage": 1.0}, False),
    ],
)
def test_a_bulletin_sets_alike_months_against_each_other(
    row: dict[str, object], before: dict[str, object], told: bool
) -> None:
    assert alike(row, before) is told
