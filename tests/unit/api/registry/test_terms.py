"""Terms as people give them, and what holds by them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.api.registry.terms import (
    EXPECTED,
    TERM_FIELDS,
    MeterTermHeld,
    MeterTermSaid,
    changed_from,
    from_the_start,
    held,
    time_faults,
    with_term,
    without_term,
)
from services.core.calendar import SHANGHAI

DAY = datetime(2026, 10, 1, tzinfo=SHANGHAI)
FIRST: Mapping[str, Any] = dict.fromkeys(TERM_FIELDS, 0)
NAMES = ("multiplier", "interval_s", "unit_code", "gateway_code")


def first(**said: Any) -> MeterTermSaid:
    return MeterTermSaid(1, None, {**FIRST, **said})


def said(day: int, number: int | None = None, **fields: Any) -> MeterTermSaid:
    return MeterTermSaid(number, DAY + timedelta(days=day), fields)


terms = st.dictionaries(
    st.integers(0, 30),
    st.dictionaries(st.sampled_from(NAMES), st.integers(0, 3), min_size=1),
    max_size=4,
).map(lambda by_day: [first(), *(said(day, 10 + day, **by_day[day]) for day in sorted(by_day))])


def meaning_at(found: list[MeterTermHeld], moment: datetime) -> Mapping[str, Any]:
    return [each.meaning for each in found if each.term.valid_from is None or each.term.valid_from <= moment][-1]


def test_a_term_says_its_own_and_carries_on_the_rest() -> None:
    found = held([first(multiplier=600), said(1, interval_s=60), said(2, multiplier=800)])
    assert [(each.meaning["multiplier"], each.meaning["interval_s"]) for each in found] == [
        (600, 0),
        (600, 60),
        (800, 60),
    ]
    assert [each.valid_to for each in found] == [DAY + timedelta(days=1), DAY + timedelta(days=2), None]


@given(terms, st.integers(0, 30), st.sampled_from(NAMES), st.integers(0, 3))
def test_a_term_that_is_added_and_withdrawn_leaves_no_trace(
    before: list[MeterTermSaid], day: int, name: str, value: int
) -> None:
    if any(term.valid_from == DAY + timedelta(days=day) for term in before):
        return
    after = without_term(with_term(before, said(day, 99, **{name: value})), 99)
    assert held(after) == held(before)


@given(terms, terms, st.sampled_from([frozenset(NAMES), EXPECTED, frozenset({"multiplier"})]))
def test_the_first_difference_is_the_first_day_on_which_the_meter_is_otherwise(
    before: list[MeterTermSaid], after: list[MeterTermSaid], names: frozenset[str]
) -> None:
    old, new = held(before), held(after)
    days = [DAY + timedelta(days=day) for day in range(31)]
    differing = [day for day in days if any(meaning_at(old, day)[name] != meaning_at(new, day)[name] for name in names)]
    assert changed_from(old, new, names) == (differing[0] if differing else False)


def test_a_change_of_gateway_changes_no_meaning_and_one_of_ever_all() -> None:
    assert changed_from(held([first()]), held([first(), said(3, gateway_code=1)])) is False
    assert changed_from(held([first()]), held([first(multiplier=2)])) is True


@given(terms, st.dictionaries(st.sampled_from(NAMES), st.integers(0, 3), min_size=1))
def test_what_was_never_otherwise_holds_in_every_term_and_the_rest_as_before(
    before: list[MeterTermSaid], always: dict[str, int]
) -> None:
    after = held(from_the_start(before, always, reason="typing error"))
    for day in range(31):
        moment = DAY + timedelta(days=day)
        assert meaning_at(after, moment) == {**meaning_at(held(before), moment), **always}
    if all(each.meaning[name] == value for each in held(before) for name, value in always.items()):
        assert [each.term for each in after] == before


def test_owner_and_kind_change_at_midnight_in_shanghai_and_nothing_in_the_future() -> None:
    now, ahead = DAY + timedelta(days=2), timedelta(minutes=10)
    at_noon = MeterTermSaid(None, DAY + timedelta(hours=12), {"unit_code": 1})
    assert [fault.code for fault in time_faults(held([first(), at_noon]), now=now, ahead=ahead)] == ["not_start_of_day"]
    assert time_faults(held([first(), said(1, unit_code=1, kind=2)]), now=now, ahead=ahead) == []
    later = MeterTermSaid(None, now + timedelta(minutes=11), {"multiplier": 1})
    assert [fault.code for fault in time_faults(held([first(), later]), now=now, ahead=ahead)] == ["in_future"]
