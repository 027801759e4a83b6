"""The real database and the real broker for the tests: started once, in a folder of their own.

`--store native` (TimescaleDB and mosquitto) or `--store embedded` (PostgreSQL and broker from Python packages).
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql
from sqlalchemy import make_url

from services.core.db.migrate import upgrade
from services.up.stack import Stack, embedded_stack, native_installed, native_stack
from tests.integration.ports import home_in
from tests.signed_in import add_administrators

ON_THE_REGION = frozenset(f"tests/e2e/test_{name}.py" for name in ("enemy", "judgement", "region"))

IN_THE_BROWSER = "tests/console/"

TEMPLATE = "enermon_template"
STRATEGIES_SINCE = 150_000
"""The PostgreSQL version that can be told how to copy a database."""

# How long an example takes says how busy the machine is, and nothing of what it is an example of.
settings.register_profile("enermon", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("enermon")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the store be chosen."""
    parser.addoption("--store", choices=("native", "embedded"), default="native", help="database and broker to test on")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Processes are given whole files, and together those that stand on the same region: it is built once."""
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

    scheduler = LoadFileScheduling(config, log)
    scheduler._split_scope = _given_together
    return scheduler


def _given_together(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    if file.startswith(IN_THE_BROWSER):
        return "the console"
    return "the region" if file in ON_THE_REGION else file


@pytest.fixture(scope="session")
def store(request: pytest.FixtureRequest) -> str:
    """native or embedded."""
    return str(request.config.getoption("--store"))


@pytest.fixture(scope="session")
def stack(store: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A private database and a private broker."""
    if store == "native" and not native_installed():
        pytest.fail("TimescaleDB and mosquitto are not installed; run `make test`, or choose --store embedded")
    run = native_stack if store == "native" else embedded_stack
    with run(home_in(tmp_path_factory.mktemp("home")).path) as running:
        _trust_the_disk(running.database_url)
        yield running


def _trust_the_disk(server_url: str) -> None:
    """Do not wait for the disk: what is lost without is lost when the machine stops, never when a process does."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")


def _url_of(server_url: str, database: str) -> str:
    return make_url(server_url).set(database=database).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def server_url(stack: Stack) -> str:
    """The server, with a template database that has the newest schema."""
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    upgrade(_url_of(stack.database_url, TEMPLATE))
    add_administrators(_url_of(stack.database_url, TEMPLATE))
    return stack.database_url


@contextmanager
def copy_of(server_url: str, template: str = TEMPLATE) -> Iterator[str]:
    """A database like the template, dropped at the end."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        # Files as they are, where the server would write each of their pages to its log instead.
        strategy = " STRATEGY file_copy" if connection.info.server_version >= STRATEGIES_SINCE else ""
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}" + strategy)
        connection.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
    yield _url_of(server_url, name)
    # A connection of its own: a test may have killed the server meanwhile
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database_url(server_url: str) -> Iterator[str]:
    """A database with the newest schema, the areas and the carriers, for one test."""
    with copy_of(server_url) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(server_url: str) -> Iterator[str]:
    """The same for all tests of a file."""
    with copy_of(server_url) as url:
        yield url
