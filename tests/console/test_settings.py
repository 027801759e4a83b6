"""Language and colours: chosen by the controls, kept from page to page and over a reload; less motion for who asks."""

import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import Opened
from tests.console.screen import Screen

pytestmark = pytest.mark.timeout(600)

WAITS_MS = 60_000


def heads(screen: Screen, title: str) -> None:
    expect(screen.page.locator("main h1").first).to_have_text(title, timeout=WAITS_MS)


def theme_of(page: Page) -> str:
    return str(page.evaluate("() => document.documentElement.dataset.theme"))


def test_language_is_kept_over_pages_and_a_reload(opened: Opened) -> None:
    screen = opened()
    page = screen.page
    screen.open("/targets")
    heads(screen, "目标与依据")
    page.get_by_role("button", name="English").click()
    heads(screen, "Targets and what they stand on")
    assert page.evaluate("() => document.documentElement.lang") == "en"
    page.get_by_role("link", name="Data quality").first.click()
    heads(screen, "Data quality")
    page.reload()
    heads(screen, "Data quality")
    assert "l=" not in page.url
    page.goto(f"{screen.address}/login")
    expect(page.get_by_role("button", name="中文")).to_be_visible()


def test_language_of_an_address_goes_before_what_is_kept(opened: Opened) -> None:
    screen = opened()
    screen.open("/quality", l="en")
    heads(screen, "Data quality")
    screen.page.locator("#menu a[href^='/targets']").click()
    heads(screen, "Targets and what they stand on")
    assert "l=en" in screen.page.url


def test_colours_are_kept_over_pages_and_a_reload(opened: Opened) -> None:
    screen = opened(theme="light")
    page = screen.page
    screen.open("/targets")
    assert theme_of(page) == "light"
    page.get_by_role("button", name="自治区监察员").click()
    page.get_by_role("button", name="深色").click()
    assert theme_of(page) == "dark"
    dark = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("Escape")
    page.locator("#menu a[href^='/quality']").click()
    heads(screen, "数据质量")
    page.reload()
    heads(screen, "数据质量")
    assert theme_of(page) == "dark"
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == dark
    page.get_by_role("button", name="自治区监察员").click()
    page.get_by_role("button", name="跟随系统").click()
    assert theme_of(page) == "light"
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_nothing_moves_for_who_asks_for_less_motion(opened: Opened) -> None:
    screen = opened()
    screen.open("/overview", p="2026-10")
    moves = """() => {
      const line = document.createElement("div");
      line.className = "skeleton";
      line.innerHTML = '<span class="line"></span>';
      document.body.append(line);
      const name = getComputedStyle(line.firstChild).animationName;
      line.remove();
      return [name, document.getAnimations().length];
    }"""
    assert screen.page.evaluate(moves) == ["none", 0]
    screen.page.emulate_media(reduced_motion="no-preference")
    assert screen.page.evaluate(moves)[0] == "pulse"
