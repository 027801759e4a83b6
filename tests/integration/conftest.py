"""The API on a database of its own for each test."""

from collections.abc import Iterator

import psycopg
import pytest
from fastapi.testclient import TestClient

from tests.integration.alerted import Raised
from tests.integration.asking import Asking
from tests.integration.judged import Plant
from tests.integration.line import Line
from tests.integration.registered import Registered
from tests.integration.served import api
from tests.integration.watched import Service, Watch, data_centre, service


@pytest.fixture
def database(database_url: str) -> Iterator[psycopg.Connection]:
    """A look into the database behind the API."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def client(database_url: str) -> Iterator[TestClient]:
    """The API."""
    with api(database_url=database_url) as client:
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
def watch(database: psycopg.Connection) -> Watch:
    """Sets up who is told of what, and looks at what was written for them."""
    return Watch(database)


@pytest.fixture
def alerts(database_url: str) -> Iterator[Service]:
    """The alert service without its clock and its sender."""
    with service(database_url) as running:
        yield running


@pytest.fixture
def centre(registered: Registered, client: TestClient, database_url: str) -> Plant:
    """A data centre with a PUE of 1.42 on one day and 1.2 on the next."""
    return data_centre(registered, client, database_url)


@pytest.fixture
def asking(client: TestClient) -> Asking:
    """Asks for indicators."""
    return Asking(client)
