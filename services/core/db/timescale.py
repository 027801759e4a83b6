"""The optional parts of the store: TimescaleDB where it is installed, plain PostgreSQL where it is not."""

from dataclasses import dataclass

import psycopg
from psycopg.rows import scalar_row
from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class DatabaseEdition:
    """Which database is in use."""

    postgres_version: str
    timescale_version: str | None
    license: str | None

    @property
    def lacks(self) -> str:
        """What this store cannot do, in a sentence; empty if nothing."""
        if self.timescale_version is None:
            return "plain PostgreSQL: no TimescaleDB, so no partitions by time and no compression"
        if self.license != "timescale":
            return "TimescaleDB Apache edition: no compression"
        return ""


def store_of(connection: psycopg.Connection) -> DatabaseEdition:
    """Describe the database behind `connection`."""
    cursor = connection.cursor(row_factory=scalar_row)
    postgres = cursor.execute("SHOW server_version").fetchone()
    version = cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    licence = cursor.execute("SELECT current_setting('timescaledb.license', true)").fetchone()
    return DatabaseEdition(str(postgres), version, licence if version else None)


def enable(connection: Connection) -> bool:
    """Switch TimescaleDB on for this database if the server has it; say whether it is on."""
    available = connection.execute(
        text("SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'")
    ).scalar_one()
    loaded = connection.execute(text("SHOW shared_preload_libraries")).scalar_one()
    if not available or "timescaledb" not in str(loaded):
        return False
    connection.execute(text("CREATE EXTENSION IF NOT EXISTS timescaledb"))
    return True


def make_hypertable(connection: Connection, *, table: str, column: str, chunk_days: int) -> None:
    """Partition `table` by `column` (timestamptz) in chunks of `chunk_days`."""
    connection.execute(
        text(
            "SELECT create_hypertable(CAST(:name AS regclass), CAST(:col AS name),"
            " chunk_time_interval => make_interval(days => :days), create_default_indexes => false)"
        ),
        {"name": table, "col": column, "days": chunk_days},
    )
