"""Keeping the broker's users equal to the gateways of the registry."""

import time

import psycopg

from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.ingest.broker_users import gateway_passwords, may_be_gateway, passwords_csv, write_private
from services.up.home import Home
from services.up.stack import Broker

POLL_S = 1.0


class GatewayWatch:
    """Looks at the registry's revision each second and passes the gateways on when it has changed."""

    def __init__(self, *, database_url: str, home: Home, broker: Broker | None) -> None:
        self._database_url = database_url
        self._home = home
        self._broker = broker
        self._connection: psycopg.Connection | None = None
        self._revision: int | None = None
        self._next_look_at = 0.0

    def look(self) -> None:
        """Look if it is time. A database that does not answer now is looked at again later.

        Raises StartError when the broker does not take the new users; the next look tries again.
        """
        if time.monotonic() < self._next_look_at:
            return
        self._next_look_at = time.monotonic() + POLL_S
        try:
            revision, codes = self._read()
        except psycopg.OperationalError:
            self.close()
            return
        if codes is None:
            return
        if self._broker is not None:
            self._broker.allow_gateways(codes)
        passwords = gateway_passwords(self._home.gateway_key(), codes)
        write_private(self._home.gateway_passwords_file, passwords_csv(passwords))
        self._revision = revision

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _read(self) -> tuple[int, list[str] | None]:
        """The registry's revision, and the gateways if it is another one than at the last look."""
        if self._connection is None:
            self._connection = connect(self._database_url, role=DatabaseRole.READER, application_name="enermon-up")
            self._connection.autocommit = True
        row = self._connection.execute("SELECT revision FROM broker_user_revision").fetchone()
        revision = row[0] if row else 0
        if revision == self._revision:
            return revision, None
        users = self._connection.execute("SELECT code FROM broker_user ORDER BY code")
        return revision, [str(code) for (code,) in users if may_be_gateway(code)]
