"""Brings a database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from services.core.data.seed import seed
from services.core.db.engine import create_engine

_SCRIPTS = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config


def upgrade(database_url: str, data: Path | None = None) -> str:
    """Apply every migration not yet applied, load the sourced tables, and return the schema's revision.

    `data` is the folder with an operator's own tables. Raises DataFileError for a faulty one.
    """
    engine = create_engine(database_url, statement_timeout_s=0)
    try:
        with engine.begin() as connection:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            seed(connection, data)
        with engine.connect() as connection:
            return applied_revision(connection) or ""
    finally:
        engine.dispose()


def applied_revision(connection: Connection) -> str | None:
    """Revision of this database; None before the first migration."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    """Revision this version of Enermon needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()
