"""The tour: seven steps on the pages themselves, left and taken up again, with the calls at the end."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.console.conftest import Opened
from tests.console.screen import Screen

pytestmark = pytest.mark.timeout(600)


def path(screen: Screen) -> str:
    return urlsplit(screen.page.url).path


def test_tour_leads_over_seven_pages_and_ends_with_the_calls(opened: Opened) -> None:
    screen = opened()
    screen.open("/?tour=1")
    tour = screen.page.get_by_role("region", name="三分钟看懂")
    visited = []
    for number in range(1, 8):
        expect(tour.get_by_role("heading", level=3)).to_contain_text(f"{number}/7")
        screen.page.wait_for_function("() => !document.querySelector('main .skeleton')")
        visited.append(path(screen))
        tour.get_by_role("button", name="下一步" if number < 7 else "看接口调用").click()
    assert visited[0] == "/"
    assert visited[4] == "/area/150600"
    assert visited[6].startswith("/print/area/150000/")
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
