"""A connection that is lost is said in words, and comes back by itself."""

import pytest
from playwright.sync_api import Browser, expect

from services.api.access.role import Role
from tests.console.at_work import AtWork
from tests.console.conftest import Looks, Opened, opening, sign_in
from tests.integration.ports import free_port
from tests.integration.running import running_api

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]

WAITS_MS = 60_000


def test_lost_connection_is_said_and_comes_back_by_itself(opened: Opened) -> None:
    screen = opened(stands=False)
    page = screen.page
    screen.open("/enterprise", p="2026-10")
    before = page.locator("main table").first.inner_text()
    page.context.set_offline(True)
    page.keyboard.press("[")
    banner = page.get_by_role("alert").filter(has_text="连接已中断")
    expect(banner).to_contain_text("以下为中断前的数据", timeout=WAITS_MS)
    assert page.locator("main table").first.inner_text() == before
    page.context.set_offline(False)
    expect(banner).to_have_count(0, timeout=WAITS_MS)
    expect(page.locator("main")).to_contain_text("2026年9月", timeout=WAITS_MS)
    screen.settle()
    assert page.locator(".failure").count() == 0


def test_view_that_cannot_be_loaded_opens_by_itself_later(opened: Opened) -> None:
    screen = opened(stands=False)
    page = screen.page
    screen.open("/targets")
    page.context.set_offline(True)
    page.locator("#menu a[href^='/quality']").click()
    expect(page.locator("main [role=alert]")).to_contain_text("无法连接服务器", timeout=WAITS_MS)
    page.context.set_offline(False)
    expect(page.locator("main h1")).to_have_text("数据质量", timeout=WAITS_MS)


def test_server_that_stops_is_missed_by_who_only_looks(browser: Browser, at_work: AtWork) -> None:
    port = str(free_port())
    # One beside the API of all tests, which goes on.
    served = {"ENERMON_DATABASE_URL": at_work.database_url, "ENERMON_API_PORT": port}
    account = at_work.let_in("watcher", Role.AUDITOR)
    with opening(browser, f"http://127.0.0.1:{port}", Looks(state=None, stands=False)) as screen:
        is_live = screen.page.locator(".live-sign.open")
        banner = screen.page.get_by_role("alert").filter(has_text="连接已中断")
        with running_api(**served):
            sign_in(screen, account)
            screen.open("/targets")
            expect(is_live).to_be_visible(timeout=WAITS_MS)
        expect(banner).to_be_visible(timeout=WAITS_MS)
        with running_api(**served):
            expect(banner).to_have_count(0, timeout=WAITS_MS)
            expect(is_live).to_be_visible(timeout=WAITS_MS)
