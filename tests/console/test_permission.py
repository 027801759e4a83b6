"""What a person may not see or do is not offered, and what is asked for all the same is refused in words."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.console.addresses import address_of, declared
from tests.console.conftest import Opened, RunningConsole
from tests.console.screen import Screen
from tests.console.test_views import given_to

pytestmark = pytest.mark.timeout(600)


def menu(screen: Screen) -> list[str]:
    """Where the menu leads."""
    paths: list[str] = screen.page.eval_on_selector_all("#menu a", "(all) => all.map((each) => each.pathname)")
    return paths


@pytest.mark.parametrize("account", ["works", "auditor", "ordos"])
def test_whatever_the_menu_offers_is_answered(opened: Opened, account: str) -> None:
    screen = opened(account)
    screen.open("/")
    refused = {}
    for path in menu(screen):
        screen.open(path, p="2026-10")
        if screen.faults or screen.page.locator(".failure").count():
            refused[path] = screen.faults[:]
    assert refused == {}


def test_enterprise_is_offered_its_own_alone(opened: Opened, console: RunningConsole) -> None:
    screen = opened("works")
    screen.open("/")
    assert {"/dual-control", "/bulletins", "/rules"}.isdisjoint(menu(screen))
    for view in ("dual_control", "bulletins", "rules", "bulletin"):
        screen.open(address_of(declared()[view], given_to(view, console.looked)))
        expect(screen.page.locator("main [role=alert]")).to_contain_text("您的账户无此权限")
    screen.open(f"/alerts/{console.looked.alerts['new']}")
    expect(screen.page.locator("main [role=alert]").first).to_contain_text("找不到此项")
    own = console.looked.enterprise
    screen.open(f"/enterprise/{own}", p="2026-10")
    assert "昆河钢铁" in screen.page.inner_text("main h1")


def test_auditor_is_offered_nothing_to_do(opened: Opened, console: RunningConsole) -> None:
    screen = opened("auditor")
    for path, do in (
        ("/", "受理"),
        (f"/alerts/{console.looked.alerts['new']}", "受理"),
        ("/bulletins", "印发"),
        ("/registry/units", "新增"),
    ):
        screen.open(path)
        assert screen.page.locator("main").get_by_role("button", name=do).count() == 0, path


def test_officer_of_another_place_reads_that_it_is_not_theirs(opened: Opened, console: RunningConsole) -> None:
    screen = opened("ordos")
    for path, said in (
        (f"/alerts/{console.looked.alerts['resolved']}", "找不到此项"),
        ("/area/150105", "您的账户无此权限"),
        ("/print/area/150100/2026-10", "您的账户无此权限"),
    ):
        screen.open(path, p="2026-10")
        expect(screen.page.locator("main")).to_contain_text(said)


def test_what_is_not_offered_is_refused_by_the_server(opened: Opened, console: RunningConsole) -> None:
    number = console.looked.alerts["new"]
    send = """async ([path, body]) => {
      const { csrf_token: token } = await (await fetch("/api/v1/session")).json();
      const headers = { "Content-Type": "application/json", "X-CSRF-Token": token };
      const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
      return [answer.status, (await answer.json()).code];
    }"""
    step: list[Any] = [f"/api/v1/alerts/{number}/steps", {"action": "acknowledge"}]
    bulletin: list[Any] = ["/api/v1/bulletins/150100/2026-10", {}]
    expected: dict[str, list[tuple[int, str] | None]] = {
        "works": [(404, "unknown_alert"), (403, "not_allowed")],
        "auditor": [(403, "not_allowed"), (403, "not_allowed")],
        "ordos": [None, (403, "outside_reach")],
    }
    for account, refusals in expected.items():
        screen = opened(account)
        screen.open("/targets")
        for asked, refusal in zip((step, bulletin), refusals, strict=True):
            if refusal is not None:
                assert tuple(screen.page.evaluate(send, asked)) == refusal, (account, asked)
