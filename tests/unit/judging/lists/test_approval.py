"""The ledger of two-high projects, and energy used beyond what was approved."""

from fractions import Fraction

import pytest

from services.core.verdict import ReasonedVerdict, Verdict
from services.energy.factors import Basis
from services.judging.lists.approval import (
    EightTrade,
    LedgerBy,
    LedgerEntry,
    MeasuredUse,
    Overuse,
    counted_on,
    ledger_entry,
    overuse,
)

THRESHOLD, LEAST = Fraction(50_000), Fraction("0.9")
NOTHING = MeasuredUse("12 months", None, None)


def use(tce: int | Fraction | None, coverage: float | None = 1.0, period: str = "2025") -> MeasuredUse:
    return MeasuredUse(period, None if tce is None else Fraction(tce), coverage)


def entry(
    measured: MeasuredUse = NOTHING,
    *,
    design: int | None = None,
    trade: EightTrade | None = EightTrade.NON_FERROUS,
) -> LedgerEntry:
    known = None if design is None else Fraction(design)
    return ledger_entry(trade, design_tce=known, measured=measured, threshold_tce=THRESHOLD, least_coverage=LEAST)


def test_t15_the_threshold_counts_the_equivalent_basis() -> None:
    # 200 GWh of electricity a year. Calorific 0.1229 kgce/kWh: 24 580 tce, below 50 000.
    # Equivalent 0.3025 kgce/kWh: 60 500 tce, above: it belongs to the ledger.
    kwh = Fraction(200_000_000)
    calorific_tce, equivalent_tce = kwh * Fraction("0.1229") / 1000, kwh * Fraction("0.3025") / 1000
    assert [calorific_tce, equivalent_tce] == [24_580, 60_500]
    assert entry(use(calorific_tce)).belongs is False
    assert entry(use(equivalent_tce)) == LedgerEntry(True, "threshold_reached", LedgerBy.MEASURED, Fraction(60_500))


def test_coal_power_is_counted_by_what_is_lost_in_conversion() -> None:
    # 1 TWh supplied at 305 gce/kWh burns 305 000 tce. At 321 gce/kWh it is worth 321 000 tce: -16 000 tce used.
    # Calorific, at 0.1229 kgce/kWh, 122 900 tce leave as electricity: 182 100 tce are lost.
    burnt_tce, kwh = Fraction(305_000), Fraction(10**9)
    equivalent_tce, calorific_tce = (burnt_tce - kwh * Fraction(of) / 1000 for of in ("0.321", "0.1229"))
    assert [equivalent_tce, calorific_tce] == [-16_000, 182_100]
    assert counted_on(makes_electricity_of_coal=True) is Basis.CALORIFIC
    assert counted_on(makes_electricity_of_coal=False) is Basis.EQUIVALENT
    assert entry(use(calorific_tce), trade=EightTrade.COAL_POWER).belongs is True


def test_less_energy_than_nothing_is_neither_below_the_threshold_nor_within_approval() -> None:
    below = entry(use(-16_000))
    assert below == LedgerEntry(None, "energy_below_zero", LedgerBy.MEASURED, Fraction(-16_000))
    uses = [use(100, period="2025"), use(-1, period="12")]
    found = overuse(Fraction(300), uses, least_coverage=LEAST)
    assert found == Overuse(ReasonedVerdict.cannot("energy_below_zero"), "12")
    # Nothing at all is less than was approved; a year above what was approved is a breach whatever another says.
    assert overuse(Fraction(300), [use(0)], least_coverage=LEAST).finding == ReasonedVerdict.ok(
        "within_approved_energy"
    )
    above = overuse(Fraction(300), [use(301), use(-1)], least_coverage=LEAST)
    assert above.finding.verdict is Verdict.BREACH


@pytest.mark.parametrize(("design", "belongs"), [(49_999, False), (50_000, True), (80_000, True)])
def test_unit_of_exactly_fifty_thousand_tonnes_by_design_belongs(design: int, belongs: bool) -> None:
    assert entry(design=design).belongs is belongs


def test_design_energy_counts_before_what_was_measured() -> None:
    assert entry(use(10_000), design=60_000) == LedgerEntry(
        True, "threshold_reached", LedgerBy.DESIGN, Fraction(60_000)
    )
    assert entry(use(90_000), design=40_000).belongs is False


def test_unit_outside_the_eight_trades_never_belongs() -> None:
    found = entry(use(900_000), design=900_000, trade=None)
    assert found == LedgerEntry(False, "not_of_the_eight_trades")


def test_what_is_measured_in_part_may_suffice_to_belong_but_not_to_stay_out() -> None:
    assert entry(use(50_000, 0.5)).belongs is True
    below = entry(use(49_000, 0.89))
    assert (below.belongs, below.reason) == (None, "low_coverage")
    assert entry(use(49_000, 0.9)).belongs is False
    assert (entry().belongs, entry().reason) == (None, "not_measured")


def test_more_energy_than_approved_is_a_breach_with_its_excess() -> None:
    found = overuse(Fraction(60_000), [use(63_500, period="2025"), use(61_000, period="12")], least_coverage=LEAST)
    assert found == Overuse(ReasonedVerdict.breach("above_approved_energy"), "2025", Fraction(3_500))


def test_exactly_what_is_approved_is_in_order() -> None:
    found = overuse(Fraction(60_000), [use(60_000)], least_coverage=LEAST)
    assert found == Overuse(ReasonedVerdict.ok("within_approved_energy"))


def test_running_year_already_above_is_a_breach_before_it_ends() -> None:
    found = overuse(Fraction(60_000), [use(58_000), use(60_001, period="2026")], least_coverage=LEAST)
    assert found == Overuse(ReasonedVerdict.breach("above_approved_energy"), "2026", Fraction(1))


def test_above_with_missing_data_is_still_a_breach_but_below_cannot_be_told() -> None:
    # What is missing could only add to the 60 001 tce.
    assert overuse(Fraction(60_000), [use(60_001, 0.2)], least_coverage=LEAST).finding.verdict is Verdict.BREACH
    below = overuse(Fraction(60_000), [use(59_999, 0.2)], least_coverage=LEAST)
    assert below.finding == ReasonedVerdict.cannot("low_coverage")
    assert below.period == "2025"
    assert overuse(Fraction(60_000), [use(59_999, None)], least_coverage=LEAST).finding == ReasonedVerdict.cannot(
        "low_coverage"
    )


def test_energy_used_is_not_proven_while_meters_of_energy_sold_are_silent() -> None:
    # 60 001 tce came in, but what was sold on is not known: the use may be far less.
    bought = MeasuredUse("2025", Fraction(60_001), 0.5, is_least=False)
    assert overuse(Fraction(60_000), [bought], least_coverage=LEAST).finding == ReasonedVerdict.cannot("low_coverage")
    assert (entry(bought).belongs, entry(bought).reason) == (None, "low_coverage")
    complete = MeasuredUse("2025", Fraction(60_001), 0.95, is_least=False)
    assert overuse(Fraction(60_000), [complete], least_coverage=LEAST).finding.verdict is Verdict.BREACH
    assert entry(complete).belongs is True


def test_without_approval_or_measurement_nothing_is_told() -> None:
    assert overuse(None, [use(1)], least_coverage=LEAST).finding == ReasonedVerdict.cannot("no_approved_energy")
    assert overuse(Fraction(1), [use(None)], least_coverage=LEAST).finding == ReasonedVerdict.cannot("not_measured")
