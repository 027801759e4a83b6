"""Cursors lead from page to page of one list, and nowhere else."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.errors import Refused
from services.api.paging import cursor_after, key_of_cursor

KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)
FILTERS = st.dictionaries(st.sampled_from(["area", "q", "kind"]), KEYS)


@given(KEYS, FILTERS)
def test_a_cursor_gives_back_its_key(key: str, filters: dict[str, object]) -> None:
    cursor = cursor_after(key, of="meter", filters=filters)
    assert key_of_cursor(cursor, of="meter", filters=filters) == key


@given(KEYS, st.data())
def test_a_cursor_with_one_character_altered_is_refused(key: str, data: st.DataObject) -> None:
    cursor = cursor_after(key, of="meter", filters={})
    place = data.draw(st.integers(0, len(cursor) - 1))
    letter = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_=+/ é"))
    altered = cursor[:place] + letter + cursor[place + 1 :]
    if altered != cursor:
        with pytest.raises(Refused):
            key_of_cursor(altered, of="meter", filters={})


@given(st.text(max_size=60))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        key_of_cursor(text, of="meter", filters={})
    assert refusal.value.kind.code == "bad_cursor"


def test_a_cursor_holds_for_its_list_and_filters_alone() -> None:
    cursor = cursor_after("M-1", of="meter", filters={"area": "150600"})
    for of, filters in (("unit", {"area": "150600"}), ("meter", {"area": "150700"}), ("meter", {})):
        with pytest.raises(Refused):
            key_of_cursor(cursor, of=of, filters=filters)
