"""Months from papers, entered in a browser: by form and by file, with what is wrong said where it stands."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.console.conftest import Opened, RunningConsole
from tests.console.screen import Screen

WAITS_MS = 60_000
expect.set_options(timeout=WAITS_MS)

pytestmark = pytest.mark.timeout(600)

LIST = "/registry/manual-reports"
HEADER = "unit_code,carrier,flow,month,value,unit_of_measure,document"


def save(form: Locator) -> None:
    form.get_by_role("button", name="保存", exact=True).click()


def choose(screen: Screen, *rows: str) -> None:
    """Take a file of these rows, and try it."""
    content = "\n".join((HEADER, *rows)).encode()
    screen.page.set_input_files("input[type=file]", {"name": "月报.csv", "mimeType": "text/csv", "buffer": content})
    screen.page.get_by_role("button", name="试算").click()


def test_a_month_is_entered_and_marked_where_it_counts(opened: Opened, console: RunningConsole) -> None:
    screen = opened("works")
    screen.open(LIST)
    screen.page.get_by_role("button", name="填报", exact=True).click()
    form = screen.page.locator("dialog form")
    given = {"unit_code": console.looked.furnace, "month": "2026-12", "value": "12.5", "unit_of_measure": "t"}
    for name, text in (given | {"document": "FP-2026-0117"}).items():
        form.locator(f"#field-{name}").fill(text)
    form.locator("#field-carrier").select_option("diesel")
    save(form)
    expect(form.locator("#field-month-fault")).to_have_text("该月尚未结束：月报须在月份结束后填报")
    form.locator("#field-month").fill("2026-10")
    screen.faults.clear()  # the browser notes what was refused
    save(form)
    row = screen.page.get_by_role("row", name="FP-2026-0117")
    for text in ("2026-10", "一号高炉", "柴油", "12.5 t", "计入"):
        expect(row).to_contain_text(text)
    expect(row).to_contain_text(re.compile(r"works 20\d\d-\d\d-\d\d \d\d:\d\d"))
    assert (screen.faults, screen.findings_of_axe(), screen.beyond()) == ([], [], [])
    screen.open(f"/enterprise/{console.looked.enterprise}", p="2026-10")
    diesel = screen.page.get_by_role("row", name="柴油 手工")
    expect(diesel).to_contain_text("12.50 吨")
    expect(screen.page.get_by_text("含手工填报").first).to_contain_text("柴油（购入）")


def test_a_file_is_taken_once_each_row_can_be(opened: Opened, console: RunningConsole) -> None:
    screen = opened("works")
    screen.open(LIST, **{"import": "1"})
    unit = console.looked.furnace
    right = f"{unit},heat,input,2026-09,41.5,GJ,RL-9"
    choose(
        screen,
        right,
        f"{unit},diesel,input,2026-11,5,t,A-1",
        f"{unit},raw_coal,input,2026-09,-1,t,A-2",
        f"{unit},raw_coal,input,2026-08,1,kWh,A-3",
        "FS-1,heat,input,2026-09,1,GJ,A-4",
        f"{unit},steam,input,2026-09,1,GJ,",
    )
    expect(screen.page.get_by_role("status").first).to_contain_text("有误的单元格 5")
    expect(screen.page.get_by_role("button", name="写入")).to_be_disabled()
    assert screen.page.locator(".file-sheet .faulty-cell").all_inner_texts() == [
        "2026-11 ✕ 该月尚未结束：月报须在月份结束后填报",
        "-1 ✕ 不得小于 0",
        "kWh ✕ 计量单位不适用：kWh 与 t 计量的不是同一种量，不能换算",
        "FS-1 ✕ 没有登记为 FS-1 的用能单元",
        "✕ 必须填写",
    ]
    choose(screen, right)
    screen.page.get_by_role("button", name="写入").click()
    expect(screen.page.get_by_role("heading", name="③ 写入")).to_be_visible()
    screen.open(LIST)
    expect(screen.page.get_by_role("row", name="RL-9")).to_contain_text("41.5 GJ")
