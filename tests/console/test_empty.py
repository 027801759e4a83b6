"""The console before anything is registered: each view is whole, and says what to do."""

from collections.abc import Iterator

import psycopg
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, FilePayload, expect

from services.api.access.role import Role
from tests.conftest import copy_of
from tests.console.addresses import address_of, declared
from tests.console.conftest import Looks, opening, sign_in
from tests.console.screen import Screen
from tests.integration.access.browser import person
from tests.integration.ports import free_port
from tests.integration.registered import JUNGAR, credit_code
from tests.integration.served import api, serving

pytestmark = pytest.mark.timeout(600)
WAITS_MS = 60_000


@pytest.fixture
def empty(browser: Browser, server_url: str) -> Iterator[Screen]:
    """The console of a region of which nothing is known, as its supervisor sees it."""
    with copy_of(server_url) as database_url, api(database_url=database_url) as client:
        with psycopg.connect(database_url) as database:
            person(database, "region", Role.SUPERVISOR, area="150000")
        app, port = client.app, free_port()
        assert isinstance(app, FastAPI)
        with (
            serving(app, port),
            opening(browser, f"http://127.0.0.1:{port}", Looks(state=None, stands=False)) as screen,
        ):
            sign_in(screen, "region")
            yield screen


def test_each_view_of_an_empty_region_is_whole_and_says_what_to_do(empty: Screen) -> None:
    for view, path in sorted(declared().items()):
        if view in ("alert", "bulletin", "gateway"):
            continue
        empty.open(address_of(path, {}))
        do = empty.page.locator("main").get_by_role("link", name="导入名录")
        expect(do).to_have_attribute("href", "/registry/enterprises?import=1", timeout=WAITS_MS)
        assert empty.page.locator(".failure").count() == 0, view
        assert empty.faults == [], view
    do.click()
    expect(empty.page.locator("main input[type=file]")).to_be_visible(timeout=WAITS_MS)


def test_what_is_not_there_is_said_in_words(empty: Screen) -> None:
    for path, said in (
        ("/alerts/1", "找不到此项"),
        ("/enterprise/91150622MA0N0000XF", "找不到此项"),
        ("/print/area/150600/2026-10", "本月月报尚未发布"),
        ("/targets/nowhere", "没有这个页面"),
    ):
        empty.open(path)
        expect(empty.page.locator("main")).to_contain_text(said, timeout=WAITS_MS)


def test_first_enterprises_come_from_a_file_of_a_chinese_spreadsheet(empty: Screen) -> None:
    lines = (
        "credit_code,name_zh,trade,area_code,valid_from",
        f"{credit_code(1)},鄂尔多斯市煤焦化有限责任公司,coke,{JUNGAR},2026-01-01",
        f"{credit_code(2)},准格尔旗矽铁厂,ferroalloy,{JUNGAR},2026-01-01",
    )
    page = empty.page
    empty.open("/registry/enterprises", **{"import": "1"})
    file: FilePayload = {"name": "名录.csv", "mimeType": "text/csv", "buffer": "\r\n".join(lines).encode("gb18030")}
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="试算").click()
    expect(page.locator(".file-sheet")).to_contain_text("鄂尔多斯市煤焦化有限责任公司", timeout=WAITS_MS)
    expect(page.locator(".file-sheet")).to_contain_text("准格尔旗矽铁厂")
    page.get_by_role("button", name="写入").click()
    expect(page.locator(".import-steps [aria-current=step]")).to_contain_text("③", timeout=WAITS_MS)
    empty.open("/registry/enterprises")
    expect(page.locator("main table").first).to_contain_text("鄂尔多斯市煤焦化有限责任公司", timeout=WAITS_MS)
    expect(page.locator(".first-steps")).to_have_count(0)
    assert empty.faults == []
