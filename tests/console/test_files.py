"""What is taken along: a list as files that add up to what the page shows, a bulletin that is printed and read."""

import csv
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.console.conftest import Opened, RunningConsole
from tests.console.screen import Screen
from tests.integration.registered import JUNGAR

pytestmark = pytest.mark.timeout(600)

WAITS_MS = 60_000
CONSUMED = "等价值 · 综合能源消费量（tce）"
OCTOBER: dict[str, Any] = {"start": "2026-10-01", "end": "2026-11-01", "bucket": "total"}


def taken(screen: Screen, kind: str, folder: Path) -> Path:
    """The file that a click gives."""
    page = screen.page
    page.locator(".page-head").get_by_role("button", name="导出").click()
    with page.expect_download(timeout=WAITS_MS) as coming:
        page.get_by_role("link", name=kind).click()
    file = folder / coming.value.suggested_filename
    coming.value.save_as(file)
    return file


def plain(text: str) -> str:
    """Without blanks, and each sign as it is usually written: a font may have one glyph for several."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def test_files_of_a_list_add_up_to_the_page_and_the_api(
    opened: Opened, console: RunningConsole, tmp_path: Path
) -> None:
    screen = opened()
    screen.open("/enterprise", p="2026-10")
    shown = [
        float(value)
        for value in screen.page.eval_on_selector_all(
            "main tbody tr td:nth-child(2) [data-value]", "(all) => all.map((each) => each.dataset.value || 'nan')"
        )
    ]
    total = float(screen.page.get_attribute("main tfoot [data-value]", "data-value") or "nan")
    with taken(screen, "CSV", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        by_csv = [float(row[CONSUMED]) for row in csv.DictReader(file)]
    book: Any = load_workbook(taken(screen, "XLSX", tmp_path))
    heading, *rows = book["数据"].iter_rows(values_only=True)
    by_xlsx = [row[heading.index(CONSUMED)] for row in rows]

    asked = OCTOBER | {"scope": "area:150000", "by": "enterprise", "total": True}
    said = console.client.get("/api/v1/energy/balance", params=asked).json()
    assert len(shown) == len(said["data"]) >= 4
    assert sorted(by_csv) == sorted(by_xlsx) == sorted(shown)
    assert sum(by_csv) == pytest.approx(total, rel=1e-12)
    assert total == said["total"][0]["equivalent"]["consumption_tce"]
    used = {row["code"] for row in said["rows"]}
    titles, *sources = book["来源"].iter_rows(values_only=True)
    assert {row[titles.index("行")] for row in sources} == used != set()
    assert screen.faults == []


def test_bulletin_is_issued_printed_and_read(opened: Opened, console: RunningConsole, tmp_path: Path) -> None:
    screen = opened()
    page = screen.page
    screen.open("/bulletins")
    form = page.locator("main form").filter(has=page.get_by_role("button", name="发布"))
    form.get_by_label("地区").select_option(JUNGAR)
    form.get_by_label("月份").select_option("2026-10")
    form.get_by_role("button", name="发布").click()
    page.wait_for_url(f"**/print/area/{JUNGAR}/2026-10*", timeout=WAITS_MS)
    expect(page.locator(".sheet")).to_be_visible(timeout=WAITS_MS)
    screen.settle()

    said = console.client.get(f"/api/v1/bulletins/{JUNGAR}/2026-10").json()
    named = {line["name_zh"]: line["value"] for line in said["data"] if line["value"] is not None}
    printed: dict[str, tuple[float, str]] = {}
    for row in page.locator(".sheet section tbody tr").all():
        number = row.locator("td.said [data-value]").first
        if number.count() and number.get_attribute("data-value"):
            name = row.locator("th").inner_text()
            printed[name] = (float(number.get_attribute("data-value") or "nan"), number.inner_text())
    assert {name: value for name, (value, _) in printed.items()} == pytest.approx(named, rel=1e-12)
    assert len(printed) > 10

    file = tmp_path / "bulletin.pdf"
    page.pdf(path=file, format="A4", prefer_css_page_size=True)
    text = plain("".join(each.extract_text() for each in PdfReader(file).pages))
    assert "准格尔旗" in text
    assert said["digest"] in text
    lacking = [name for name, (_, number) in printed.items() if plain(name + number) not in text]
    assert lacking == []
    assert screen.faults == []
