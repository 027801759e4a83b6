"""Cursors lead from page to page of one list, and nowhere else."""

import base64
import hashlib
import json
import string
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.errors import Refused
from services.api.paging import PageQuery, Pager, pages_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=80)
PLACES = st.tuples(
    st.none() | TEXTS,
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.datetimes(timezones=st.just(UTC)),  # as the database gives them
    st.dates(),
    st.uuids(),
)
KINDS = (str, int, datetime, date, UUID)


class MeterLikeQuery(PageQuery):
    area: str | None = None


def pager(cursor: str | None = None, *, of: str = "meter", area: str | None = None, order: Any = ()) -> Pager:
    return Pager(MeterLikeQuery(cursor=cursor, area=area), of=of, order=order)


def refused(cursor: str, *kinds: type) -> str:
    with pytest.raises(Refused) as refusal:
        pager(cursor).after(*kinds)
    return refusal.value.kind.code


@given(PLACES)
def test_a_cursor_gives_back_its_place(place: tuple[Any, ...]) -> None:
    assert pager(pager().cursor(place)).after(*KINDS, may_lack=[True, True, True, False, False]) == list(place)


@given(TEXTS, st.data())
def test_a_cursor_with_one_character_altered_is_refused(key: str, data: st.DataObject) -> None:
    cursor = pager().cursor([key])
    place = data.draw(st.integers(0, len(cursor) - 1))
    letter = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_=+/ é"))
    altered = cursor[:place] + letter + cursor[place + 1 :]
    if altered != cursor:
        assert refused(altered, str) == "bad_cursor"


@given(st.text(max_size=60))
def test_any_other_text_is_refused(text: str) -> None:
    assert refused(text, str) == "bad_cursor"


def forged(payload: str) -> str:
    """A cursor with a right digest around what no list has written."""
    key = hashlib.blake2b(json.dumps(["meter", {}, []]).encode()).digest()
    raw = payload.encode()
    digest = hashlib.blake2b(raw, key=key, digest_size=8).digest()
    return base64.urlsafe_b64encode(digest + raw).decode().rstrip("=")


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ("[]", str),
        ("[null]", int),
        ("[null]", str),
        ("[1, 2]", int),
        ("null", str),
        ("7", int),
        ('{"a": 1}', int),
        ('["M-1"]', int),
        ("[true]", int),
        ("[1.5]", int),
        (f"[{2**63}]", int),
        ("[1]", str),
        ('["\\u0000"]', str),
        ('["\\ud800"]', str),
        ('["2026-03-02"]', datetime),
        ('["2026-03-02T00:00:00"]', datetime),
        ("[5]", date),
        ("[5]", UUID),
        ("[" * 5000, str),
        ("no json", str),
    ],
)
def test_a_forged_cursor_is_refused_and_no_fault_of_the_service(payload: str, kind: type) -> None:
    assert pager(forged('["M-1"]')).after(str) == ["M-1"]
    assert refused(forged(payload), kind) == "bad_cursor"


def test_a_cursor_holds_for_its_list_filters_and_order_alone() -> None:
    cursor = pager(area="150600", order=["code"]).cursor(["M-1"])
    assert pager(cursor, area="150600", order=["code"]).after(str) == ["M-1"]
    for other in (
        pager(cursor, of="unit", area="150600", order=["code"]),
        pager(cursor, area="150700", order=["code"]),
        pager(cursor, order=["code"]),
        pager(cursor, area="150600", order=["-code"]),
    ):
        with pytest.raises(Refused):
            other.after(str)


@given(st.lists(st.integers(), max_size=30), st.integers(1, 7))
def test_parts_of_a_whole_follow_each_other_without_a_gap(entries: list[int], limit: int) -> None:
    seen: list[int] = []
    cursor: str | None = None
    while True:
        part, cursor = Pager(PageQuery(limit=limit, cursor=cursor), of="sums").part(entries)
        seen += part
        if cursor is None:
            break
    assert seen == entries


def test_a_limit_that_nobody_gave_does_not_count_as_given() -> None:
    assert "limit" not in PageQuery().model_fields_set


def test_pages_that_go_into_a_file_are_as_long_as_the_file_takes_them() -> None:
    with pages_of(5000):
        assert PageQuery(limit=1).limit == 5000
    assert PageQuery(limit=1).limit == 1
