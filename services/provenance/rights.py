"""Whether the roles of the services may do in the database what this version grants them, and no more."""

import psycopg

from services.core.db.grants import deviations, grants_here
from services.core.db.roles import ALL_ROLES
from services.core.db.statements import Statements
from services.provenance.found import Differences

_sql = Statements.beside(__file__, "rights.sql")


def hold_rights(connection: psycopg.Connection, differences: Differences) -> None:
    """Name each right that is too much. Those on the database itself do not come back with a backup, and are left out.

    Raises psycopg.Error.
    """
    for row in _sql.run(connection, "raised", roles=list(ALL_ROLES)):
        differences.add(f"role {row.role} of the database {row.what}, and should not")
    _, too_much = deviations(connection, grants_here())
    for each in sorted(too_much):
        if each.kind != "database":
            whom = "everybody" if each.role == "public" else f"role {each.role} of the database"
            differences.add(f"{whom} may {each.privilege} {each.kind} {each.name}, and should not")
