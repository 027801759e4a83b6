"""The console over the real API and database, looked at by a real browser."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, StorageState

from tests.conftest import copy_of
from tests.console.region import NOW, Looked, build
from tests.console.screen import WIDE, Screen, chromium, chromium_installed
from tests.integration.access.browser import PASSWORD
from tests.integration.clock import ask_at
from tests.integration.ports import free_port
from tests.integration.served import api, serving

NO_BROWSER = "no chromium is installed: the console was NOT tested (apt install chromium, or deploy/bootstrap.py --dev)"


@dataclass(frozen=True)
class RunningConsole:
    """The console of the small region, where it is served, and the API by which a test looks behind it."""

    address: str
    client: TestClient
    looked: Looked
    database_url: str


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    program = chromium_installed()
    if program is None:
        pytest.skip(NO_BROWSER)
    with chromium(program) as running:
        yield running


@pytest.fixture(scope="session")
def console(server_url: str) -> Iterator[RunningConsole]:
    """The small region, served."""
    with copy_of(server_url) as database_url, api(database_url=database_url) as client:
        looked = build(client, database_url)
        app, port = client.app, free_port()
        assert isinstance(app, FastAPI)
        ask_at(client, NOW)
        with serving(app, port):
            yield RunningConsole(f"http://127.0.0.1:{port}", client, looked, database_url)


Opened = Callable[..., Screen]


@pytest.fixture(scope="session")
def signed_in(browser: Browser, console: RunningConsole) -> Callable[[str], StorageState]:
    """What a browser keeps in which an account has signed in, as a person does; once for all tests."""
    kept: dict[str, StorageState] = {}

    def state_of(account: str) -> StorageState:
        if account not in kept:
            context = browser.new_context()
            context.clock.set_fixed_time(NOW)
            sign_in(Screen(context.new_page(), console.address), account)
            kept[account] = context.storage_state()
            context.close()
        return kept[account]

    return state_of


@pytest.fixture
def opened(browser: Browser, console: RunningConsole, signed_in: Callable[[str], StorageState]) -> Iterator[Opened]:
    """Opens a page at which an account is signed in already; nobody, where none is named."""
    contexts = []

    def open_as(account: str | None = "region", *, theme: str = "light", size: tuple[int, int] = WIDE) -> Screen:
        width, height = size
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            locale="zh-CN",
            timezone_id="America/New_York",
            reduced_motion="reduce",
            storage_state=None if account is None else signed_in(account),
        )
        contexts.append(context)
        page = context.new_page()
        page.clock.set_fixed_time(NOW)
        return Screen(page, console.address)

    yield open_as
    for context in contexts:
        context.close()


def sign_in(screen: Screen, account: str, password: str = PASSWORD) -> None:
    """As a person does."""
    page = screen.page
    page.goto(f"{screen.address}/login?next=/targets")
    page.fill("input[name=name]", account)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)
