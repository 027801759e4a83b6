"""The tour: seven steps on the pages themselves, left and taken up again, with the calls at the end."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.console.conftest import Opened
from tests.console.screen import Screen

pytestmark = pytest.mark.timeout(600)

PAGES = (
    r"//[^/]+/(\?|$)",
    r"/(data-centres|alerts/\d+)(\?|$)",
    r"/alerts(/\d+)?(\?|$)",
    r"/quality\?.*area=150926",
    r"/area/150600(\?|$)",
    r"/quality\?.*tab=readings",
    r"/print/area/150000/",
)
"""The address of each step."""


def path(screen: Screen) -> str:
    return urlsplit(screen.page.url).path


def test_tour_leads_over_seven_pages_and_ends_with_the_calls(opened: Opened) -> None:
    screen = opened()
    screen.open("/?tour=1")
    tour = screen.page.get_by_role("region", name="三分钟看懂")
    for number, page in enumerate(PAGES, 1):
        expect(tour.get_by_role("heading", level=3)).to_contain_text(f"{number}/7")
        expect(screen.page).to_have_url(re.compile(page))
        screen.page.wait_for_function("() => !document.querySelector('main .skeleton')")
        tour.get_by_role("button", name="下一步" if number < len(PAGES) else "看接口调用").click()
    calls = tour.locator("pre").inner_text()
    assert [line[:3] for line in calls.splitlines() if line.startswith("# ")] == [f"# {n}" for n in range(1, 8)]
    assert "/api/v1/worklist" in calls
    tour.get_by_role("button", name="结束导览").click()
    expect(tour).to_have_count(0)


def test_tour_is_left_and_goes_on_where_it_was(opened: Opened) -> None:
    screen = opened()
    screen.open("/?tour=5")
    tour = screen.page.get_by_role("region", name="三分钟看懂")
    expect(tour.get_by_role("heading", level=3)).to_contain_text("5/7")
    screen.page.get_by_role("button", name="先离开").click()
    expect(tour).to_have_count(0)
    screen.open("/registry/parks")
    screen.page.get_by_role("button", name="继续导览").click()
    expect(tour.get_by_role("heading", level=3)).to_contain_text("5/7")
    assert path(screen) == "/registry/parks"
