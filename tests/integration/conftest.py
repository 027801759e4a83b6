"""The API on a database of its own for each test."""

from collections.abc import Iterator

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.app import create_app
from services.core.settings import Settings
from tests.integration.alerted import Raised
from tests.integration.asking import Asking
from tests.integration.line import Line
from tests.integration.registered import Registered


@pytest.fixture
def database(database_url: str) -> Iterator[psycopg.Connection]:
    """A look into the database behind the API."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def client(database_url: str) -> Iterator[TestClient]:
    """The API."""
    app = create_app(Settings(database_url=database_url))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def registered(client: TestClient) -> Registered:
    """Registers parks, enterprises, units, gateways and meters through the API."""
    return Registered(client)


@pytest.fixture
def line(client: TestClient, database_url: str) -> Line:
    """Readings in by HTTP, rolled up, and sums out."""
    return Line(client, database_url)


@pytest.fixture
def raised(database: psycopg.Connection) -> Raised:
    """Writes rules, alerts and messages as the alert service does."""
    return Raised(database)


@pytest.fixture
def asking(client: TestClient) -> Asking:
    """Asks for indicators."""
    return Asking(client)
