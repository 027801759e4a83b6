"""By which login each part comes to the database: its role, with a password of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from sqlalchemy import make_url

from services.core.db.connections import connect
from services.core.db.roles import BACKUP, DatabaseRole, let_in, let_in_backup
from services.up.errors import StartError
from services.up.home import Home


@dataclass(frozen=True)
class Logins:
    """The address of the database, and the passwords of the roles that log in by themselves."""

    url: str
    passwords: Mapping[str, str]

    def url_of(self, role: str | None) -> str:
        """The address for what works as this role; empty for what has nothing to do at the database."""
        if role is None:
            return ""
        if role not in self.passwords:
            return self.url
        own = make_url(self.url).set(username=role, password=self.passwords[role])
        return own.render_as_string(hide_password=False)


def private_logins(owner_url: str, home: Home) -> Logins:
    """Let each role come to the private database with a password of this home. Raises StartError."""
    passwords = {role: home.secret(role) for role in DatabaseRole}
    of_backups = home.secret(BACKUP)
    try:
        with connect(owner_url, role=None, application_name="enermon-up") as connection:
            for role, password in passwords.items():
                let_in(connection, role, password)
            let_in_backup(connection, of_backups)
            # Databases of the server in which nobody has business: a reader could leave large objects there.
            connection.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
    except psycopg.OperationalError as error:
        raise StartError("database_unreachable", f"The parts could not be given their logins: {error}") from error
    return Logins(owner_url, {**{str(role): password for role, password in passwords.items()}, BACKUP: of_backups})
