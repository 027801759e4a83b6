"""What the head of each view offers to be taken along: the whole of what it shows, as it is narrowed and sorted."""

import csv
import io
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.console.addresses import declared
from tests.console.conftest import Opened, RunningConsole
from tests.console.screen import NARROW, Screen
from tests.console.test_views import look

LISTS_ELSEWHERE = {"bulletin": "a sheet of paper has its own bar"}
IN_HEAD = pytest.mark.parametrize("view", sorted(declared().keys() - LISTS_ELSEWHERE.keys()))
_MENU = ".page-head .menu"


def offered(screen: Screen) -> list[str]:
    """Where the files are that the open menu leads to."""
    links = screen.page.eval_on_selector_all(f"{_MENU} a", "(all) => all.map((each) => each.getAttribute('href'))")
    return [str(link) for link in links]


def open_menu(screen: Screen) -> None:
    """As a person does."""
    screen.page.click(f"{_MENU} > button")
    screen.page.wait_for_selector(f"{_MENU} .menu-list")


@IN_HEAD
def test_every_view_can_be_taken_along_as_files(opened: Opened, console: RunningConsole, view: str) -> None:
    screen = opened()
    look(screen, view, console, "zh")
    open_menu(screen)
    assert screen.beyond() == []
    assert screen.findings_of_axe() == []
    files = offered(screen)
    assert [parse_qs(urlsplit(each).query)["format"] for each in files] == [["xlsx"], ["csv"]] * (len(files) // 2)
    assert files
    for address in files:
        answer = screen.page.request.get(screen.address + address)
        assert (answer.status, address) == (200, address)
    screen.page.keyboard.press("Escape")
    screen.sees(*NARROW)
    open_menu(screen)
    left, right = screen.page.eval_on_selector(
        f"{_MENU} .menu-list", "(list) => [list.getBoundingClientRect().left, list.getBoundingClientRect().right]"
    )
    assert left >= 0
    assert right <= NARROW[0]


def test_file_holds_what_the_screen_is_narrowed_to_in_its_order(opened: Opened, console: RunningConsole) -> None:
    screen = opened()
    screen.open("/registry/meters", flow="input", order="-code", l="zh")
    shown = screen.page.eval_on_selector_all("main tbody th", "(all) => all.map((each) => each.innerText.trim())")
    open_menu(screen)
    answer = screen.page.request.get(screen.address + offered(screen)[1])
    rows = list(csv.reader(io.StringIO(answer.body().decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == shown


def test_links_and_calls_are_copied(opened: Opened, console: RunningConsole) -> None:
    screen = opened()
    screen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    screen.open("/registry/enterprises", q="a", l="en")
    open_menu(screen)
    copied = []
    for name in ("Copy link to this page", "Copy address of the API", "Copy as curl"):
        screen.page.click(f"{_MENU} >> text={name}")
        screen.page.wait_for_selector(f"{_MENU} >> text=copied")
        copied.append(screen.page.evaluate("navigator.clipboard.readText()"))
    called = f"{screen.address}/api/v1/enterprises?q=a&order=name_zh"
    assert copied == [
        f"{screen.address}/registry/enterprises?q=a&l=en",
        called,
        f"curl -H \"Authorization: Bearer $KEY\" '{called}'",
    ]
