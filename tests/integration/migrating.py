"""Databases of versions of before."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from alembic import command
from psycopg import sql
from sqlalchemy import make_url

from services.core.db import migrate
from services.up.stack import Stack


@contextmanager
def database_of(stack: Stack, *, name: str, revision: str) -> Iterator[str]:
    """The address of a database with the schema of that revision, until the end of the block."""
    named = sql.Identifier(name)
    with psycopg.connect(stack.database_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(named))
    url = make_url(stack.database_url).set(database=name).render_as_string(hide_password=False)
    with migrate.engine_of(url).begin() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    yield url
    with psycopg.connect(stack.database_url, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(named))


def revision_of(url: str) -> str:
    """The revision at which a database is."""
    with psycopg.connect(url) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or ("",)
    return str(revision)


def migrating(url: str) -> "subprocess.Popen[str]":
    """`enermon migrate`, started."""
    run = "import sys; sys.argv[1:] = ['migrate']; from services.cli import main; main()"
    env = {**os.environ, "ENERMON_DATABASE_URL": url}
    return subprocess.Popen(
        [sys.executable, "-c", run], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
