"""The file of what each database role may do is read strictly."""

import pytest

from services.core.db.grants import Grant, grants_here, grants_of

FILE = """
temporary = "rollup"
[sequence]
[table]
"""


def test_a_line_gives_each_role_each_right() -> None:
    said = grants_of(FILE + 'seal = { select = "api reader", insert = "rollup" }')
    assert said.relations == {("table", "seal")}
    assert said.temporary == {"enermon_rollup"}
    assert said.grants == {
        Grant("table", "seal", "enermon_api", "select"),
        Grant("table", "seal", "enermon_reader", "select"),
        Grant("table", "seal", "enermon_rollup", "insert"),
    }


def test_a_right_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="table seal: truncate is none of select, insert, update, delete"):
        grants_of(FILE + 'seal = { truncate = "api" }')


def test_a_role_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="seal: 'enermon_nobody' is not a valid DatabaseRole"):
        grants_of(FILE + 'seal = { select = "nobody" }')


def test_what_is_only_added_to_nobody_may_change() -> None:
    only_added_to = {"reading", "stored_batch", "seal", "correction", "alert_event", "alert_step", "delivery", "audit"}
    changing = {each for each in grants_here().grants if each.privilege in ("update", "delete")}
    assert [each for each in changing if each.name in only_added_to] == []
