"""Everything by keys alone: handling, the palette, dialogs that give the focus back; and pages twice as large."""

import pytest
from playwright.sync_api import Page, expect

from services.api.access.role import Role
from tests.console.addresses import address_of, declared
from tests.console.at_work import AtWork
from tests.console.conftest import Opened, RunningConsole, Seated
from tests.console.test_views import given_to
from tests.e2e.exceeding import exceeding
from tests.integration.running import wait_until

OTOG = "150624"
WAITS_MS = 60_000
MOST_TABS = 60
TWICE_AS_LARGE = (683, 384)

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]


def focused(page: Page) -> str:
    """What the element says that has the focus."""
    return str(
        page.evaluate("() => document.activeElement.innerText || document.activeElement.ariaLabel || ''")
    ).strip()


def tab_to(page: Page, text: str) -> None:
    """Go on by Tab until that has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if focused(page) == text:
            return
    raise AssertionError(f"{text!r} is not reached by {MOST_TABS} tabs, but {focused(page)!r}")


def test_first_case_of_today_is_acknowledged_by_keys(at_work: AtWork, seated: Seated) -> None:
    centre = exceeding(at_work.watched, OTOG)
    listed = {"subject": f"unit:{centre.unit}"}
    wait_until("the alert is raised", lambda: bool(at_work.watched.ask("alerts", **listed)["data"]))
    screen = seated(at_work.let_in("otog.officer", Role.SUPERVISOR, area=OTOG))
    page = screen.page
    screen.open("/")
    page.keyboard.press("Tab")
    assert focused(page) == "跳到正文"
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"
    first = page.locator(".first-cases .case-subject").first.inner_text()
    tab_to(page, first)
    tab_to(page, "受理")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert page.evaluate("() => document.querySelector('dialog').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert focused(page) == "受理"
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    tab_to(page, dialog.locator("button.primary").inner_text())
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0, timeout=WAITS_MS)
    [alert] = at_work.watched.ask("alerts", **listed)["data"]
    assert alert["status"] == "acknowledged"
    assert screen.faults == []


def sought(opened: Opened, written: str) -> Page:
    """A page on which this was written into the palette."""
    screen = opened()
    screen.open("/targets")
    screen.page.keyboard.press("Control+k")
    expect(screen.page.locator(".palette [role=combobox]")).to_be_focused(timeout=WAITS_MS)
    screen.page.keyboard.type(written)
    return screen.page


@pytest.mark.parametrize(
    ("written", "path"),
    [("数据质量", "/quality"), ("shujuzhiliang", "/quality"), ("nhsk", "/dual-control"), ("dual", "/dual-control")],
)
def test_palette_finds_a_view_in_chinese_pinyin_and_english(opened: Opened, written: str, path: str) -> None:
    page = sought(opened, written)
    expect(page.locator("#palette-0")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{path}*")


@pytest.mark.parametrize("written", ["昆河", "kunhe", "khgt"])
def test_palette_finds_an_enterprise(opened: Opened, console: RunningConsole, written: str) -> None:
    page = sought(opened, written)
    expect(page.get_by_role("option").filter(has_text="昆河钢铁").first).to_be_visible(timeout=WAITS_MS)
    while "昆河钢铁" not in page.locator("[aria-selected=true]").inner_text():
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/enterprise/{console.looked.enterprise}*")


def test_focus_returns_to_where_it_was_before_the_palette(opened: Opened) -> None:
    screen = opened()
    page = screen.page
    screen.open("/targets")
    page.locator("main select").first.focus()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="", exact=False).first).to_be_visible()
    expect(page.locator("dialog [role=combobox], [role=dialog] [role=combobox]").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("main select").first).to_be_focused()


def test_keys_lead_to_views_and_periods(opened: Opened) -> None:
    screen = opened()
    page = screen.page
    screen.open("/overview", p="2026-10")
    page.keyboard.press("[")
    page.wait_for_url("**p=2026-09*")
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/quality?p=2026-09*")
    page.go_back()
    page.wait_for_url("**/overview?p=2026-09*")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("快捷键")


def test_every_view_is_read_twice_as_large_without_moving_sideways(opened: Opened, console: RunningConsole) -> None:
    screen = opened()
    screen.page.set_viewport_size({"width": TWICE_AS_LARGE[0], "height": TWICE_AS_LARGE[1]})
    wider = {}
    for view, path in sorted(declared().items()):
        screen.open(address_of(path, given_to(view, console.looked)), p="2026-10")
        if beyond := screen.beyond():
            wider[view] = beyond
    assert wider == {}
