"""What the tests of access share."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.api.access.role import Role
from tests.integration.access.browser import Browser, person
from tests.integration.registered import JUNGAR


@pytest.fixture
def wang(database: psycopg.Connection) -> str:
    """A supervisor of Jungar Banner, with a password."""
    person(database, "wang", Role.SUPERVISOR, area=JUNGAR, display_name="王")
    return "wang"


@pytest.fixture
def browser(client: TestClient) -> Browser:
    return Browser(client)


@pytest.fixture
def signed_in(browser: Browser, wang: str) -> Browser:
    assert browser.sign_in(wang).status_code == 200
    return browser


@pytest.fixture
def at(client: TestClient) -> Callable[[timedelta], None]:
    """Sets the clock of the API so much later than it is."""

    state = cast(FastAPI, client.app).state

    def later(by: timedelta) -> None:
        state.clock = lambda: datetime.now(UTC) + by
        state.remembered.forget()

    return later
