"""A value against what a rule requires: breach, order, and the far side of the hysteresis."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.rules.body import parse
from services.alerts.rules.comparison import Requirement, outcome, required_by
from services.alerts.rules.rule import Clear
from services.core.verdict import Verdict
from tests.unit.alerts.rules.rules import body

NUMBERS = st.fractions(min_value=-1000, max_value=1000, max_denominator=1000)


def told(value: str, op: str, clear: dict[str, float] | None = None, **number: float) -> tuple[str, bool]:
    rule = parse(body(compare={"op": op, "number": 100} | number, clear=clear))
    exact = Fraction(value)
    found = outcome(exact, [required_by(rule.compare, exact)], rule.clear, lower_is_better=True)
    return str(found.verdict), found.cleared


@pytest.mark.parametrize(
    ("value", "op", "verdict"),
    [
        ("100", ">", "ok"),
        ("100.0000001", ">", "breach"),
        ("100", ">=", "breach"),
        ("100", "<", "ok"),
        ("99.9999999", "<", "breach"),
        ("100", "<=", "breach"),
        ("-5", "<", "breach"),
    ],
)
def test_the_operator_says_what_is_a_breach(value: str, op: str, verdict: str) -> None:
    assert told(value, op) == (verdict, verdict == "ok")


@pytest.mark.parametrize(("value", "verdict"), [("-1", "ok"), ("0", "breach"), ("90", "breach"), ("91", "ok")])
def test_a_range_is_a_breach_within_with_both_ends(value: str, verdict: str) -> None:
    assert told(value, "range", number=0, high=90)[0] == verdict


@pytest.mark.parametrize(
    ("value", "op", "clear", "cleared"),
    [
        ("99.5", ">", {"margin": 1}, False),
        ("99", ">", {"margin": 1}, True),
        ("100.5", "<", {"margin": 1}, False),
        ("101", "<", {"margin": 1}, True),
        ("97", ">", {"margin_percent": 2}, True),
        ("98.5", ">", {"margin_percent": 2}, False),
        ("95", ">", {"number": 95}, True),
        ("95.1", ">", {"number": 95}, False),
    ],
)
def test_it_is_clear_only_beyond_the_hysteresis(value: str, op: str, clear: dict[str, float], cleared: bool) -> None:
    assert told(value, op, clear) == ("ok", cleared)


def test_a_percentage_of_a_level_below_zero_still_lies_on_the_better_side() -> None:
    converter = Requirement(what="baseline", op="<=", limit=Fraction(-10), met=True, row="level")
    clear = Clear(margin_percent=Fraction(10))
    cleared = [
        outcome(Fraction(value), [converter], clear, lower_is_better=True).cleared for value in ("-10.5", "-11", "-30")
    ]
    assert cleared == [False, True, True]


def test_about_a_share_is_clear_above_it() -> None:
    about = Requirement(what="target", op="~", limit=Fraction(18), met=True, row="IM-31")
    clear = Clear(margin=Fraction(1))
    assert [outcome(Fraction(v), [about], clear, lower_is_better=False).cleared for v in (18, 19)] == [False, True]


def test_any_missed_requirement_is_a_breach_and_names_its_row() -> None:
    kept = Requirement(what="target", op=">=", limit=Fraction(10), met=True, row="A")
    missed = Requirement(what="target", op=">=", limit=Fraction(18), met=False, row="B")
    found = outcome(Fraction(12), [kept, missed], None, lower_is_better=False)
    assert found.verdict is Verdict.BREACH
    assert found.limit == Fraction(18)
    assert found.reasons == (("missed", "B"),)


def test_a_target_for_a_later_year_judges_nothing() -> None:
    later = Requirement(what="target", op=">=", limit=Fraction(18), met=None, row="B")
    assert outcome(Fraction(12), [later], None, lower_is_better=False).verdict is Verdict.CANNOT_JUDGE


@given(value=NUMBERS, limit=NUMBERS, margin=NUMBERS.map(abs), op=st.sampled_from([">", ">=", "<", "<="]))
def test_what_is_a_breach_is_never_clear(value: Fraction, limit: Fraction, margin: Fraction, op: str) -> None:
    rule = parse(body(compare={"op": op, "number": float(limit)}, clear={"margin": float(margin)}))
    found = outcome(value, [required_by(rule.compare, value)], rule.clear, lower_is_better=True)
    assert not (found.verdict is Verdict.BREACH and found.cleared)
