"""Brings a database to the newest schema."""

from pathlib import Path

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config

from services.core.data.seed import seed
from services.core.db.connections import connect
from services.core.db.grants import bring_to, grants_here
from services.core.db.guarded import guard
from services.core.db.leading import LockKey, hold
from services.core.db.revision import SCRIPTS, applied_revision
from services.core.db.roles import make_roles


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

    The roles are made before, and have what `grants.toml` says after; with a superuser's login functions of the server
    are guarded too. Several at once follow one another. Rows that are audited from now on, or have other columns now,
    are entered in the audit as they stand.

    `data` is the folder with an operator's own tables. Raises DataFileError for a faulty one; DatabaseRolesError.
    """
    with _as_owner(database_url) as making:
        making.autocommit = True
        make_roles(making)
    with engine_of(database_url).begin() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        hold(driver, LockKey.SCHEMA)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        seed(connection, data)
        connection.exec_driver_sql("SELECT take_in_audited()")
        bring_to(driver, grants_here())
        guard(driver)
    with _as_owner(database_url) as applied:
        return applied_revision(applied) or ""
