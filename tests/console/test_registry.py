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


def test_nobody_is_overwritten_and_nothing_of_the_form_lost(opened: Opened, console: RunningConsole) -> None:
    screen, code = opened(), meter_of(console)
    screen.open(f"/registry/meters/{code}")
    screen.page.fill("#field-name_en", "Mine")
    assert console.client.patch(f"/api/v1/meters/{code}", json={"name_en": "Theirs"}).status_code == 200
    screen.page.get_by_role("button", name="保存", exact=True).click()
    expect(screen.page.get_by_text("他人已修改此项")).to_be_visible()
    assert screen.page.input_value("#field-name_en") == "Mine"
    screen.page.get_by_role("button", name="重新读取").click()
    screen.settle()
    screen.page.get_by_role("button", name="保存", exact=True).click()
    expect(screen.page.get_by_role("button", name="保存", exact=True)).to_be_disabled()
    assert console.client.get(f"/api/v1/meters/{code}").json()["name_en"] == "Mine"


def test_who_may_not_register_is_offered_no_change(opened: Opened, console: RunningConsole) -> None:
    screen = opened("auditor")
    screen.open(f"/registry/enterprises/{console.looked.enterprise}")
    assert screen.page.is_disabled("#field-name_zh")
    assert screen.page.get_by_role("button", name="保存").count() == 0
