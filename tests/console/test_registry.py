"""The registry in a browser: changed with what was read, nothing half filled in lost."""

import pytest
from playwright.sync_api import expect

from tests.console.conftest import Opened, RunningConsole

WAITS_MS = 60_000
expect.set_options(timeout=WAITS_MS)

pytestmark = pytest.mark.timeout(600)


def meter_of(console: RunningConsole) -> str:
    """A meter of the furnace."""
    found = console.client.get("/api/v1/meters", params={"unit": console.looked.furnace}).json()["data"]
    return str(found[0]["code"])


def test_what_is_half_filled_in_outlives_the_page(opened: Opened, console: RunningConsole) -> None:
    screen, code = opened(), meter_of(console)
    screen.open(f"/registry/meters/{code}")
    before = screen.page.input_value("#field-name_en")
    screen.page.fill("#field-name_en", "Half of a")
    screen.open("/registry/parks")
    screen.open(f"/registry/meters/{code}")
    assert screen.page.input_value("#field-name_en") == "Half of a"
    expect(screen.page.get_by_text("已恢复上次未提交的填写")).to_be_visible()
    screen.page.get_by_role("button", name="放弃填写").first.click()
    assert screen.page.input_value("#field-name_en") == before


def test_both_versions_are_seen_and_nothing_of_either_is_lost(opened: Opened, console: RunningConsole) -> None:
    screen, code = opened(), meter_of(console)
    screen.open(f"/registry/meters/{code}")
    screen.page.fill("#field-name_en", "Mine")
    theirs = {"name_en": "Theirs", "name_zh": "他人改的名称"}
    assert console.client.patch(f"/api/v1/meters/{code}", json=theirs).status_code == 200
    screen.page.get_by_role("button", name="保存", exact=True).click()
    told = screen.page.locator(".overtaken")
    expect(told.get_by_text("他人已修改此项")).to_be_visible()
    for text in ("Mine", "Theirs", "他人改的名称"):
        expect(told.get_by_role("cell", name=text, exact=True)).to_be_visible()
    assert screen.page.input_value("#field-name_en") == "Mine"
    told.get_by_role("button", name="保留我的填写").click()
    expect(screen.page.locator("#field-name_zh")).to_have_value("他人改的名称")
    assert screen.page.input_value("#field-name_en") == "Mine"
    screen.page.get_by_role("button", name="保存", exact=True).click()
    expect(screen.page.get_by_role("button", name="保存", exact=True)).to_be_disabled()
    kept = console.client.get(f"/api/v1/meters/{code}").json()
    assert (kept["name_en"], kept["name_zh"]) == ("Mine", "他人改的名称")


def test_who_moves_an_enterprise_sees_where_it_was_moved_meanwhile(opened: Opened, console: RunningConsole) -> None:
    screen, code = opened(), console.looked.enterprise
    screen.open(f"/registry/enterprises/{code}")
    form = screen.page.locator("form", has=screen.page.get_by_role("heading", name="自某日起迁移"))
    form.locator("#field-valid_from").fill("2026-10-20")
    form.locator("#field-area_code").select_option("150622")
    theirs = {"area_code": "150621", "valid_from": "2026-10-25"}
    assert console.client.post(f"/api/v1/enterprises/{code}/memberships", json=theirs).status_code == 201
    form.get_by_role("button", name="保存").click()
    expect(form.get_by_text("他人已修改这些记录")).to_be_visible()
    expect(screen.page.get_by_role("rowheader", name="2026-10-25")).to_be_visible()
    assert form.locator("#field-valid_from").input_value() == "2026-10-20"
    assert console.client.delete(f"/api/v1/enterprises/{code}/memberships/2026-10-25").status_code == 204


def test_who_may_not_register_is_offered_no_change(opened: Opened, console: RunningConsole) -> None:
    screen = opened("auditor")
    screen.open(f"/registry/enterprises/{console.looked.enterprise}")
    assert screen.page.is_disabled("#field-name_zh")
    assert screen.page.get_by_role("button", name="保存").count() == 0
