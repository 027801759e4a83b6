"""Targets beside measured values: met or missed, how far, and whether the printed change fits."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.units import UnitError
from services.core.verdict import ReasonedVerdict
from services.judging.targets.target import (
    Better,
    Operator,
    PrintedState,
    TargetChangeKind,
    as_printed,
    change_differs,
    computed_change,
    meets,
    progress,
    value_from_change,
)
from services.judging.targets.target_unit import in_unit

D = Decimal
MET, MISSED = ReasonedVerdict.ok("met"), ReasonedVerdict.breach("missed")


@pytest.mark.parametrize(
    ("kind", "base", "value", "expected"),
    [
        (TargetChangeKind.ABSOLUTE, D("321"), D("305"), Fraction(-16)),
        (TargetChangeKind.PP, D("20.1"), D("35"), Fraction("14.9")),
        # 8 of 143
        (TargetChangeKind.RATE, D("143"), D("135"), Fraction(-800, 143)),
    ],
)
def test_a_change_is_a_difference_or_a_rate(kind: TargetChangeKind, base: D, value: D, expected: Fraction) -> None:
    assert computed_change(kind, base=base, value=value) == expected


def test_t05_the_rate_of_a_negative_base_keeps_the_sign_of_the_change() -> None:
    # a converter that gives 11 instead of 10 has changed by -1 on |-10|: -10 %, where (-11 + 10) / -10 would say +10 %
    assert computed_change(TargetChangeKind.RATE, base=D("-10"), value=D("-11")) == -10
    assert computed_change(TargetChangeKind.RATE, base=D("-20"), value=D("-21")) == -5
    assert value_from_change(TargetChangeKind.RATE, base=D("-10"), change=D("-10")) == -11


def test_a_base_of_zero_has_no_rate() -> None:
    assert computed_change(TargetChangeKind.RATE, base=D(0), value=D(5)) is None
    assert change_differs(TargetChangeKind.RATE, base=D(0), value=D(5), printed=D(5))


@pytest.mark.parametrize(
    ("base", "value", "printed", "differs"),
    [
        ("143", "135", "-5.7", True),  # T02: -5.594, so -5.6
        ("13700", "13350", "-2.5", True),  # T03: -2.555, so -2.6
        ("118", "117", "-1", False),  # T04: -0.85 is -1 without decimals
        ("1.33", "1.3", "-2", False),  # T04: -2.26 is -2 without decimals
        ("443", "435", "-1.8", False),
        ("12785", "12735", "-0.4", False),
    ],
)
def test_t02_t03_t04_a_printed_rate_is_compared_at_its_own_precision(
    base: str, value: str, printed: str, differs: bool
) -> None:
    assert change_differs(TargetChangeKind.RATE, base=D(base), value=D(value), printed=D(printed)) is differs


@pytest.mark.parametrize(
    ("exact", "like", "expected"),
    [
        (Fraction(5, 2), "0", "3"),
        (Fraction(-5, 2), "0", "-3"),
        (Fraction(1, 3), "0.00", "0.33"),
        (Fraction(15), "1.0", "15.0"),
        (Fraction(150), "1E+2", "150"),
    ],
)
def test_numbers_are_rounded_as_they_are_printed(exact: Fraction, like: str, expected: str) -> None:
    assert str(as_printed(exact, D(like))) == expected


def test_progress_is_the_part_of_the_way_that_is_gone() -> None:
    # 143 -> 135: at 139 half the way
    assert progress(base=Fraction(143), target=Fraction(135), actual=Fraction(139)) == Fraction(1, 2)
    # a share that rises from 11.2 to 18: at 11.2 nothing, beyond 18 more than all
    assert progress(base=Fraction("11.2"), target=Fraction(18), actual=Fraction("11.2")) == 0
    assert progress(base=Fraction("11.2"), target=Fraction(18), actual=Fraction(19)) == Fraction(78, 68)


def test_t05_progress_holds_for_negative_energy() -> None:
    # converter -10 -> -11: -10.4 is 0.4 of the way, -9 is a step back; target / actual would say 1.06 and 1.22
    assert progress(base=Fraction(-10), target=Fraction(-11), actual=Fraction("-10.4")) == Fraction(2, 5)
    assert progress(base=Fraction(-10), target=Fraction(-11), actual=Fraction(-9)) == -1


def test_there_is_no_progress_where_there_is_no_way_to_go() -> None:
    assert progress(base=Fraction(5), target=Fraction(5), actual=Fraction(5)) is None


@given(st.fractions(), st.fractions(), st.fractions(), st.fractions())
def test_progress_does_not_depend_on_where_zero_lies(
    base: Fraction, target: Fraction, actual: Fraction, by: Fraction
) -> None:
    moved = progress(base=base + by, target=target + by, actual=actual + by)
    assert moved == progress(base=base, target=target, actual=actual)


@pytest.mark.parametrize(
    ("operator", "target", "actual", "expected"),
    [
        (">=", "30", "30", MET),
        (">=", "30", "29.9", MISSED),
        ("<=", "1.3", "1.3", MET),
        ("<=", "1.3", "1.31", MISSED),
        (">", "30", "30", MISSED),  # T13: 超过 is more than, 不低于 is at least
        (">", "30", "30.1", MET),
        ("<", "1.7", "1.7", MISSED),
        ("<", "1.7", "1.69", MET),
        ("=", "100", "100", MET),
        ("=", "100", "99.9", MISSED),
        ("<=", "-11", "-12", MET),  # T05: lower is better below zero too
        ("<=", "-11", "-10", MISSED),
    ],
)
def test_a_value_is_held_against_a_target_by_its_operator(
    operator: str, target: str, actual: str, expected: ReasonedVerdict
) -> None:
    assert meets(Operator(operator), actual=Fraction(actual), target=D(target)) == expected


@pytest.mark.parametrize(
    ("better", "target", "actual", "expected"),
    [
        (Better.HIGHER, "18", "17.5", MET),  # 18 without decimals
        (Better.HIGHER, "18", "17.4", MISSED),
        (Better.HIGHER, "18", "25", MET),
        (Better.LOWER, "79", "79.4", MET),
        (Better.LOWER, "79", "79.5", MISSED),
        (Better.LOWER, "79", "60", MET),
        (None, "79", "60", MISSED),
        (None, "79", "79", MET),
    ],
)
def test_about_is_met_by_what_rounds_to_it_and_by_what_is_better(
    better: Better | None, target: str, actual: str, expected: ReasonedVerdict
) -> None:
    assert meets(Operator.ABOUT, actual=Fraction(actual), target=D(target), better=better) == expected


def test_a_range_is_met_between_its_ends() -> None:
    found = [meets(Operator.RANGE, actual=Fraction(n), target=D(1), high=D(2)) for n in (0, 1, 2, 3)]
    assert found == [MISSED, MET, MET, MISSED]


def test_t10_zero_is_judged_and_what_does_not_apply_is_not() -> None:
    nothing = Fraction(0)
    assert meets(Operator.AT_LEAST, actual=nothing, target=D(0), state=PrintedState.ZERO) == MET
    assert meets(Operator.AT_LEAST, actual=Fraction(-1), target=D(0), state=PrintedState.ZERO) == MISSED
    states = {
        PrintedState.NOT_APPLICABLE: "not_applicable",
        PrintedState.MISSING: "no_target",
        PrintedState.TEXT: "no_number",
    }
    for state, reason in states.items():
        assert meets(Operator.AT_LEAST, actual=nothing, target=None, state=state) == ReasonedVerdict.cannot(reason)


@pytest.mark.parametrize("operator", [Operator.QUALITATIVE, Operator.ACTUAL, Operator.CLASS_AT_MOST])
def test_what_is_no_numeric_target_cannot_be_judged(operator: Operator) -> None:
    assert meets(operator, actual=Fraction(1), target=D(1)) == ReasonedVerdict.cannot("no_target")


def test_t33_tonnes_and_kilograms_of_standard_coal_are_brought_together() -> None:
    assert in_unit(D("1.05"), "tce/t", "kgce/t") == 1050
    assert in_unit(D("315"), "kgce/t", "tce/t") == Fraction("0.315")
    assert in_unit(D("2.25"), "100Mtce", "10ktce") == 22500
    assert in_unit(D("44.97"), "1", "1") == Fraction("44.97")


@pytest.mark.parametrize(("unit", "wanted"), [("%", "pp"), ("kgce/t", "kgce/m2"), ("tce/t", "gce/kWh"), ("", "%")])
def test_t19_units_that_do_not_measure_the_same_are_refused(unit: str, wanted: str) -> None:
    with pytest.raises(UnitError, match="do not measure the same"):
        in_unit(D(20), unit, wanted)
