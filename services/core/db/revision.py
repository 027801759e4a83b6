"""At which revision of the schema a database is, and which one is needed: told without Alembic, which takes 11 MB."""

from pathlib import Path

import psycopg

SCRIPTS = Path(__file__).parent / "migrations"


def applied_revision(connection: psycopg.Connection) -> str | None:
    """Revision of this database; None before the first migration."""
    (there,) = connection.execute("SELECT to_regclass('alembic_version')").fetchone() or (None,)
    if there is None:
        return None
    (number,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or (None,)
    return None if number is None else str(number)


def revisions() -> list[str]:
    """Every revision that this version knows, the oldest first."""
    return sorted(path.name.split("_")[1] for path in (SCRIPTS / "versions").glob("rev_*.py"))


def newest_revision() -> str:
    """Revision this version of Enermon needs: the highest number of a change of the schema."""
    return revisions()[-1]
