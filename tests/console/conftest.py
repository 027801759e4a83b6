"""The console over the real API and database, looked at by a real browser.

Browser, services and region end with the last test of the console: a browser keeps the event loop of its process, and
the services take what others publish at the same broker.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, StorageState

from services.up.stack import Stack
from tests.conftest import copy_of
from tests.console.at_work import AtWork
from tests.console.region import NOW, Looked, build
from tests.console.screen import WIDE, Screen, chromium, chromium_installed
from tests.e2e.alerting import watching
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


@dataclass(frozen=True, kw_only=True)
class Looks:
    """How a page is looked at, and what the browser has kept: that of nobody is None."""

    state: StorageState | None
    theme: str = "light"
    size: tuple[int, int] = WIDE
    stands: bool = True
    """Whether time stands still for the page; what waits by the clock waits for ever then."""


Opened = Callable[..., Screen]
SignedIn = Callable[[str], StorageState]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    program = chromium_installed()
    if program is None:
        pytest.skip(NO_BROWSER)
    with chromium(program) as running:
        yield running


@pytest.fixture(scope="package")
def console(server_url: str) -> Iterator[RunningConsole]:
    """The small region, served."""
    with copy_of(server_url) as database_url, api(database_url=database_url) as client:
        looked = build(client, database_url)
        app, port = client.app, free_port()
        assert isinstance(app, FastAPI)
        ask_at(client, NOW)
        with serving(app, port):
            yield RunningConsole(f"http://127.0.0.1:{port}", client, looked, database_url)


@pytest.fixture(scope="package")
def at_work(stack: Stack, server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtWork]:
    """The services at work on a region of their own, with the mail server that they tell."""
    with (
        copy_of(server_url) as database_url,
        watching(stack, database_url, tmp_path_factory.mktemp("mail")) as watched,
    ):
        yield AtWork(watched, database_url, stack)


@contextmanager
def opening(browser: Browser, address: str, looks: Looks) -> Iterator[Screen]:
    """A page of its own, of somebody who sits far away: days are those of Shanghai all the same."""
    width, height = looks.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if looks.theme == "dark" else "light",
        locale="zh-CN",
        timezone_id="America/New_York",
        reduced_motion="reduce",
        storage_state=looks.state,
    )
    page = context.new_page()
    if looks.stands:
        page.clock.set_fixed_time(NOW)
    yield Screen(page, address)
    context.close()


@pytest.fixture(scope="package")
def signed_in(browser: Browser, console: RunningConsole) -> SignedIn:
    """What a browser keeps in which an account has signed in, as a person does; once for all tests."""
    kept: dict[str, StorageState] = {}

    def state_of(account: str) -> StorageState:
        if account not in kept:
            with opening(browser, console.address, Looks(state=None)) as screen:
                sign_in(screen, account)
                kept[account] = screen.page.context.storage_state()
        return kept[account]

    return state_of


@pytest.fixture
def opened(browser: Browser, console: RunningConsole, signed_in: SignedIn) -> Iterator[Opened]:
    """Opens a page at which an account is signed in already; nobody, where none is named."""
    with ExitStack() as open_pages:

        def open_as(account: str | None = "region", *, theme: str = "light", stands: bool = True) -> Screen:
            state = None if account is None else signed_in(account)
            looks = Looks(state=state, theme=theme, stands=stands)
            return open_pages.enter_context(opening(browser, console.address, looks))

        yield open_as


Seated = Callable[..., Screen]


@pytest.fixture
def seated(browser: Browser, at_work: AtWork) -> Iterator[Seated]:
    """Opens a page of the services at work, in a browser of its own; `account` has signed in, where one is named."""
    with ExitStack() as open_pages:

        def open_as(account: str | None = None, *, size: tuple[int, int] = WIDE) -> Screen:
            looks = Looks(state=None, size=size, stands=False)
            screen = open_pages.enter_context(opening(browser, at_work.address, looks))
            if account is not None:
                sign_in(screen, account)
            return screen

        yield open_as


def sign_in(screen: Screen, account: str, password: str = PASSWORD) -> None:
    """As a person does."""
    screen.page.goto(f"{screen.address}/login?next=/targets")
    fill_in_login(screen, account, password)


def fill_in_login(screen: Screen, account: str, password: str = PASSWORD) -> None:
    """On the page that asks who one is."""
    page = screen.page
    page.fill("input[name=name]", account)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)
