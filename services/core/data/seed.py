"""Brings the tables `area` and `carrier` to what the data files say."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import Connection, text

from services.core.data.carriers import carriers
from services.core.data.divisions import divisions
from services.core.data.loader import Sourced

_SQL = Path(__file__).parent


def seed(connection: Connection, override: Path | None = None) -> None:
    """Insert or correct every area and carrier, in the transaction of `connection`.

    `override` is the folder with an operator's own tables, of which carriers.csv may be one. A row that left the file
    stays in the table, since readings may be booked to it. Raises DataFileError for a faulty file.
    """
    changed = _upsert(connection, "seed_area.sql", divisions())
    changed += _upsert(connection, "seed_carrier.sql", carriers(override))
    if changed:
        connection.execute(text("UPDATE registry_revision SET revision = revision + 1"))


def _upsert(connection: Connection, statement: str, rows: Sequence[Sourced]) -> int:
    upsert = text((_SQL / statement).read_text("utf-8"))
    return sum(connection.execute(upsert, asdict(row)).rowcount for row in rows)
