"""Rules in a browser: who is overtaken while changing one sees both versions, and loses nothing."""

import pytest
from playwright.sync_api import expect

from tests.console.conftest import Opened, RunningConsole

expect.set_options(timeout=60_000)

pytestmark = pytest.mark.timeout(600)


def test_whoever_is_overtaken_sees_both_versions_and_may_save_on_top(opened: Opened, console: RunningConsole) -> None:
    screen = opened()
    slug = str(console.client.get("/api/v1/rules", params={"indicator": "pue"}).json()["data"][0]["slug"])
    screen.open(f"/rules/{slug}")
    screen.page.get_by_role("button", name="修改", exact=True).click()
    dialog = screen.page.get_by_role("dialog")
    dialog.locator("select").first.select_option("notice")
    before = console.client.get(f"/api/v1/rules/{slug}").json()
    theirs = {"enabled": before["enabled"], "body": before["body"] | {"severity": "severe"}, "note": "先改的"}
    assert console.client.put(f"/api/v1/rules/{slug}", json=theirs).status_code in (200, 201)
    dialog.get_by_role("button", name="试算", exact=True).click()
    expect(dialog.get_by_role("button", name="保存为新版本")).to_be_enabled()
    dialog.get_by_role("button", name="保存为新版本").click()
    expect(dialog.get_by_text("他人已保存新的版本")).to_be_visible()
    expect(dialog.get_by_role("heading", name=f"现行版本 {before['version'] + 1}")).to_be_visible()
    dialog.get_by_role("button", name="保留我的填写").click()
    dialog.get_by_role("button", name="保存为新版本").click()
    expect(dialog).to_be_hidden()
    after = console.client.get(f"/api/v1/rules/{slug}").json()
    assert (after["version"], after["body"]["severity"]) == (before["version"] + 2, "notice")
