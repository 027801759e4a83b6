"""Tags of states: what was read is told from what stands now, field by field."""

from datetime import date

import pytest

from services.api.errors import Refused
from services.api.revision import STATE_TAG, Revision, tag_of

READ = {"code": "U-1", "name_zh": "一号焦炉", "valid_from": date(2026, 1, 1), "racks": None}


def refused(expected: str, state: dict[str, object]) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as caught:
        Revision(expected).require(state)
    assert caught.value.kind.status == 412
    return [(fault.field, fault.reason_zh) for fault in caught.value.faults]


def test_what_nobody_has_changed_may_be_changed() -> None:
    tag = tag_of(READ)
    for expected in (None, "*", f'"{tag}"', f'W/"{tag}"', f'W/"{tag}.digest-of-an-answer"', f'"other", W/"{tag}"'):
        Revision(expected).require(READ)


def test_the_fields_that_are_otherwise_are_named_with_what_they_are_now() -> None:
    now = READ | {"name_zh": "二号焦炉", "racks": 12}
    assert refused(f'W/"{tag_of(READ)}.x"', now) == [
        ("name_zh", "您读取后已被他人改为：二号焦炉"),
        ("racks", "您读取后已被他人改为：12"),
    ]
    assert refused(f'"{tag_of(now)}"', READ)[1] == ("racks", "您读取后已被他人改为：空")


@pytest.mark.parametrize("tag", ['"x"', '"%%%"', "", '"' + tag_of({"other": 1}) + '"'])
def test_a_tag_of_something_else_is_refused_without_fields(tag: str) -> None:
    assert refused(tag, READ) == []


def test_what_is_shown_is_the_tag_of_the_state() -> None:
    scope: dict[str, object] = {}
    Revision(None, scope).show(READ)
    Revision(str(scope[STATE_TAG])).require(READ)
