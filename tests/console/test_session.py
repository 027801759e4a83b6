"""Signing in: the first password, the end of a session in words, and nothing lost of what is half filled in."""

from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, expect

from services.api.access.role import Role
from tests.console.conftest import Looks, RunningConsole, fill_in_login, opening, sign_in
from tests.console.screen import Screen
from tests.integration.access.browser import PASSWORD, person

pytestmark = pytest.mark.timeout(600)

WAITS_MS = 60_000
OWN = "sieben rote Schafe am Fluss"


def end_sessions(console: RunningConsole, account: str) -> None:
    """As an administrator does."""
    path = f"/api/v1/accounts/{account}/sessions"
    sessions: list[dict[str, Any]] = console.client.get(path).json()["data"]
    assert sessions
    for session in sessions:
        assert console.client.delete(f"{path}/{session['session_id']}").status_code == 204


def sign_in_again(screen: Screen) -> None:
    """In what stands over the page."""
    page = screen.page
    again = page.get_by_role("dialog").filter(has_text="登录已过期")
    expect(again).to_contain_text("未提交的填写均已保留", timeout=WAITS_MS)
    again.locator("[name=password]").fill("not this one")
    again.get_by_role("button", name="登录").click()
    expect(again.get_by_role("alert")).to_have_text("账号或口令错误", timeout=WAITS_MS)
    again.locator("[name=password]").fill(PASSWORD)
    again.get_by_role("button", name="登录").click()
    expect(again).to_have_count(0, timeout=WAITS_MS)


def test_half_filled_form_outlives_the_end_of_the_session(browser: Browser, console: RunningConsole) -> None:
    with psycopg.connect(console.database_url) as database:
        person(database, "clerk", Role.SUPERVISOR, area="150000")
    [meter] = console.client.get("/api/v1/meters", params={"unit": console.looked.data_centre, "limit": 1}).json()[
        "data"
    ]
    with opening(browser, console.address, Looks(state=None)) as screen:
        sign_in(screen, "clerk")
        screen.open(f"/registry/meters/{meter['code']}")
        screen.page.fill("#field-name_en", "Feeder of hall 1")
        end_sessions(console, "clerk")
        screen.page.get_by_role("button", name="保存", exact=True).click()
        sign_in_again(screen)
        assert screen.page.input_value("#field-name_en") == "Feeder of hall 1"
        screen.page.get_by_role("button", name="保存", exact=True).click()
        expect(screen.page.get_by_role("button", name="保存", exact=True)).to_be_disabled(timeout=WAITS_MS)
        assert console.client.get(f"/api/v1/meters/{meter['code']}").json()["name_en"] == "Feeder of hall 1"


def test_half_written_step_outlives_the_end_of_the_session(browser: Browser, console: RunningConsole) -> None:
    with psycopg.connect(console.database_url) as database:
        person(database, "scribe", Role.SUPERVISOR, area="150000")
    number = console.looked.alerts["acknowledged"]
    with opening(browser, console.address, Looks(state=None)) as screen:
        sign_in(screen, "scribe")
        screen.open(f"/alerts/{number}")
        page = screen.page
        page.locator(".step-buttons").get_by_role("button", name="备注").click()
        step = page.get_by_role("dialog").filter(has=page.locator("textarea"))
        step.locator("[name=text]").fill("已电话联系企业，周五前答复")
        end_sessions(console, "scribe")
        step.get_by_role("button", name="备注").click()
        sign_in_again(screen)
        assert step.locator("[name=text]").input_value() == "已电话联系企业，周五前答复"
        step.get_by_role("button", name="备注").click()
        expect(page.locator(".timeline")).to_contain_text("已电话联系企业，周五前答复", timeout=WAITS_MS)


def test_first_password_must_be_changed_before_anything_is_shown(browser: Browser, console: RunningConsole) -> None:
    given = {"name": "new.officer", "role": "supervisor", "area": "150600", "display_name": "新任监察员"}
    made = console.client.post("/api/v1/accounts", json=given)
    assert made.status_code == 201, made.text
    with opening(browser, console.address, Looks(state=None)) as screen:
        page = screen.page
        page.goto(f"{screen.address}/quality?p=2026-10")
        page.wait_for_url("**/login?next=*")
        page.fill("#sign-in [name=name]", "new.officer")
        page.fill("#sign-in [name=password]", made.json()["first_password"])
        page.click("#sign-in button[type=submit]")
        expect(page.locator("#change")).to_be_visible(timeout=WAITS_MS)
        page.goto(f"{screen.address}/targets")
        page.wait_for_url("**/login?next=*")
        expect(page.locator("#change")).to_be_visible(timeout=WAITS_MS)
        page.goto(f"{screen.address}/quality?p=2026-10")
        page.wait_for_url("**/login?next=*")
        change(page_of=screen, old=made.json()["first_password"], new=OWN, again=f"{OWN}!")
        expect(page.locator("#state")).to_have_text("两次输入的新口令不一致", timeout=WAITS_MS)
        change(page_of=screen, old=made.json()["first_password"], new="password1234", again="password1234")
        expect(page.locator("#state")).not_to_have_text("两次输入的新口令不一致", timeout=WAITS_MS)
        assert page.locator("#change").is_visible()
        change(page_of=screen, old=made.json()["first_password"], new=OWN, again=OWN)
        page.wait_for_url("**/quality?p=2026-10")
        screen.settle()
        assert "鄂尔多斯市" in page.inner_text("main")


def change(*, page_of: Screen, old: str, new: str, again: str) -> None:
    """Fill in the form of the first page."""
    for name, text in (("old", old), ("new", new), ("again", again)):
        page_of.page.fill(f"#change [name={name}]", text)
    page_of.page.click("#change button[type=submit]")


def test_who_signs_out_is_asked_to_sign_in(browser: Browser, console: RunningConsole) -> None:
    with psycopg.connect(console.database_url) as database:
        person(database, "leaver", Role.AUDITOR, display_name="离开者")
    with opening(browser, console.address, Looks(state=None)) as screen:
        sign_in(screen, "leaver")
        screen.open("/targets")
        screen.page.get_by_role("button", name="离开者").click()
        screen.page.get_by_role("button", name="退出登录").click()
        screen.page.wait_for_url("**/login*")
        screen.page.goto(f"{screen.address}/targets")
        screen.page.wait_for_url("**/login?next=*")
        fill_in_login(screen, "leaver")
        assert "/targets" in screen.page.url
