"""Whether the areas are those of the code list (divisions.csv): which lies below which says who may see what."""

from dataclasses import asdict

import psycopg

from services.core.data.divisions import divisions
from services.core.db.statements import Statements
from services.provenance.found import Differences

_sql = Statements.beside(__file__, "areas.sql")


def hold_areas(connection: psycopg.Connection, differences: Differences) -> None:
    """Name each area of the list that is gone or another; one that has left the list stays. Raises psycopg.Error."""
    standing = {row["code"]: row for row in _sql.run(connection, "areas").mappings()}
    for division in divisions():
        right, found = asdict(division), standing.get(division.code)
        if found is None:
            differences.add(f"area {division.code} of the code list is gone")
            continue
        names = [name for name in found if found[name] != right[name]]
        if names:
            told = "; ".join(f"{name} is {found[name]!r}, and should be {right[name]!r}" for name in names)
            differences.add(f"area {division.code} is not as the code list has it: {told}")
