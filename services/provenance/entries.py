"""Whether what an entry of the audit says of its time and of who acted can be."""

import psycopg

from services.core.db.statements import Statements
from services.provenance.found import Differences, shanghai_time
from services.provenance.sealing import MOST

_sql = Statements.beside(__file__, "entries.sql")

UNDER_WAY_S = 120
"""What a transaction of a service takes at the very most: its time is that of its start."""
PERSON_S = 86_400
"""The same of a person who works with SQL."""


def hold_entries(connection: psycopg.Connection, differences: Differences) -> None:
    """Name each entry whose time cannot be true, or whose account is not that of its key or session.

    Raises psycopg.Error.
    """
    for row in _sql.run(connection, "out_of_time", most=MOST, under_way_s=UNDER_WAY_S, person_s=PERSON_S):
        bound = (
            f"came after {shanghai_time(row.earliest)}" if row.is_early else f"came before {shanghai_time(row.latest)}"
        )
        differences.add(
            f"entry {row.entry_id} of the audit ({row.action} of {row.kind} {row.subject}, {row.who})"
            f" gives {shanghai_time(row.at)} as its time, and {bound}"
        )
    for row in _sql.run(connection, "of_another"):
        differences.add(
            f"entry {row.entry_id} of the audit ({row.action} of {row.kind} {row.subject}, {shanghai_time(row.at)})"
            f" names {row.who}, and came by {row.credential}, which is of {row.holder}"
        )
