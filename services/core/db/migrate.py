"""Brings a database to the newest schema, change by change, while others work with it."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config

from services.core.data.seed import seed
from services.core.db.connections import connect
from services.core.db.grants import bring_to, grants_here
from services.core.db.guarded import guard
from services.core.db.leading import LockKey, try_to_lead
from services.core.db.revision import SCRIPTS, applied_revision, newest_revision, revisions
from services.core.db.roles import make_roles
from services.core.db.statements import Statements

log = logging.getLogger("migrate")

_sql = Statements.beside(__file__, "migrate.sql")

# Whoever comes after a change that waits for its lock waits behind it: so it gives up before a second, and comes again.
LOCK_TIMEOUT_MS = 500
PATIENCE_S = 300.0
"""So long one change tries to get its locks."""
_AGAIN_S = 1.0


class NewerSchemaError(Exception):
    """The database is at a revision that this version does not know."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"the schema is at revision {revision}, and this version knows only {newest_revision()}: a newer version"
            " has changed it, and none takes that back. Run that version or a later one, or restore a backup of before"
            " the upgrade (docs/upgrade.md)"
        )


class LockedError(Exception):
    """A change did not get its locks."""

    def __init__(self, step: str, holders: str) -> None:
        super().__init__(
            f"{step} did not get its locks in {PATIENCE_S:.0f} s. The longest transactions: {holders}. What was done"
            " before stays: end these, and run `enermon migrate` again"
        )


def engine_of(database_url: str) -> sqlalchemy.Engine:
    """SQLAlchemy as Alembic needs it, on a connection like all others, without a limit of time."""
    return sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: _as_owner(database_url),
        poolclass=sqlalchemy.NullPool,
    )


def _as_owner(database_url: str) -> psycopg.Connection:
    return connect(database_url, role=None, application_name="enermon-migrate")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config


def upgrade(database_url: str, data: Path | None = None) -> str:
    """Apply every migration not yet applied, load the sourced tables, and return the schema's revision.

    Each change is a transaction of its own, and stays when a later one fails or is killed: run it again. The roles are
    made before, and have what `grants.toml` says after. Several at once follow one another. Rows that are audited from
    now on, or have other columns now, are entered in the audit as they stand.

    `data` is the folder with an operator's own tables. Raises DataFileError for a faulty one; DatabaseRolesError,
    NewerSchemaError, LockedError.
    """
    with _alone(database_url) as holder:
        make_roles(holder)
        applied = applied_revision(holder)
        if applied is not None and applied not in revisions():
            raise NewerSchemaError(applied)
        # Nobody works with an empty database: it is made at once.
        steps = [newest_revision()] if applied is None else [each for each in revisions() if each > applied]
        for revision in steps:
            _patiently(database_url, f"revision {revision}", partial(_change, revision=revision))
            log.info("schema changed", extra={"revision": revision})
        _patiently(database_url, "the tables and rights of this version", lambda on: _settle(on, data))
        return applied_revision(holder) or ""


@contextmanager
def _alone(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection while which no other process changes the schema; says for whom it waits."""
    with _as_owner(database_url) as holder:
        holder.autocommit = True
        waits = False
        while not try_to_lead(holder, LockKey.SCHEMA):
            if not waits:
                log.warning("another process changes the schema, waiting", extra={"pid": _holder_of_schema(holder)})
            waits = True
            time.sleep(_AGAIN_S)
        yield holder


def _holder_of_schema(connection: psycopg.Connection) -> int | None:
    found = _sql.run(connection, "holder_of", key=LockKey.SCHEMA).scalar()
    return None if found is None else int(found)


def _change(connection: sqlalchemy.Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _settle(connection: sqlalchemy.Connection, data: Path | None) -> None:
    seed(connection, data)
    connection.exec_driver_sql("SELECT take_in_audited()")
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    bring_to(driver, grants_here())
    guard(driver)


def _patiently(database_url: str, step: str, work: Callable[[sqlalchemy.Connection], None]) -> None:
    """Do it in one transaction, again and again while it does not get its locks. Raises LockedError."""
    end_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            with engine_of(database_url).begin() as connection:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
                work(connection)
                return
        except (sqlalchemy.exc.OperationalError, psycopg.OperationalError) as error:
            cause = error.orig if isinstance(error, sqlalchemy.exc.OperationalError) else error
            if not isinstance(cause, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected):
                raise
            holders = _longest(database_url)
            if time.monotonic() > end_s:
                raise LockedError(step, holders) from None
            log.warning("waits for a lock, trying again", extra={"step": step, "transactions": holders})
            time.sleep(_AGAIN_S)


def _longest(database_url: str) -> str:
    with _as_owner(database_url) as connection:
        return "; ".join(_sql.run(connection, "longest").scalars()) or "none"
