"""Brings a database to the newest schema."""

from pathlib import Path

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from services.core.data.seed import seed
from services.core.db.connections import connect

_SCRIPTS = Path(__file__).parent / "migrations"


def engine_of(database_url: str) -> sqlalchemy.Engine:
    """SQLAlchemy as Alembic needs it, on a connection like all others, without a limit of time."""
    return sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect(database_url, application_name="enermon-migrate"),
        poolclass=sqlalchemy.NullPool,
    )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config


def upgrade(database_url: str, data: Path | None = None) -> str:
    """Apply every migration not yet applied, load the sourced tables, and return the schema's revision.

    `data` is the folder with an operator's own tables. Raises DataFileError for a faulty one.
    """
    with engine_of(database_url).begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        seed(connection, data)
    with connect(database_url, application_name="enermon-migrate") as applied:
        return applied_revision(applied) or ""


def applied_revision(connection: psycopg.Connection) -> str | None:
    """Revision of this database; None before the first migration."""
    there = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
    if there is None or there[0] is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def newest_revision() -> str | None:
    """Revision this version of Enermon needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()
