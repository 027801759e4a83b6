"""Units that are picked in a list: their open alerts handled together."""

from playwright.sync_api import expect

from tests.console.conftest import Opened, RunningConsole

SAID = "请于三日内核查冷却系统"


def test_the_open_alerts_of_picked_units_take_a_step_together(opened: Opened, console: RunningConsole) -> None:
    screen = opened()
    screen.open("/efficiency", p="2026-10")
    page, asked = screen.page, {"subject": f"unit:{console.looked.data_centre}"}
    page.get_by_role("row", name="一号机房").get_by_role("checkbox").check()
    page.get_by_role("button", name="督办", exact=True).click()
    [case] = console.client.get("/api/v1/cases", params=asked).json()["data"]
    told = page.locator(".urging")
    expect(told).to_contain_text(f"个单元有待处置预警 {case['alert_count']} 条")
    told.get_by_role("button", name="备注").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"将办理 {case['alert_count']} 条预警")
    dialog.locator("[name=text]").fill(SAID)
    dialog.get_by_role("button", name="备注", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text(f"✓ 已办理 {case['alert_count']} · 未办理 0")
    for alert in case["alerts"]:
        history = console.client.get(f"/api/v1/alerts/{alert['alert_id']}").json()["history"]
        assert SAID in [entry.get("text") for entry in history]
    assert screen.faults == []
