"""Keeping the private broker's users equal to the credentials in the database."""

import time

import psycopg

from services.core.clock import utc_now
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.ingest.credentials import adopt
from services.ingest.gateway_access import AccessWatch
from services.up.errors import StartError
from services.up.home import Home
from services.up.stack import Broker

AGAIN_S = 1.0


class GatewayWatch:
    """Passes on who may connect whenever that has changed."""

    def __init__(self, *, database_url: str, broker: Broker) -> None:
        self._broker = broker
        self._access = AccessWatch(database_url, application_name="enermon-up")
        self._next_look_at = 0.0

    def look(self) -> None:
        """Look whether it has changed. A database that does not answer now is looked at again a second later.

        Raises StartError when the broker does not take the new users; the next look tries again.
        """
        if time.monotonic() < self._next_look_at:
            return
        try:
            access = self._access.look()
            if access is not None and self._broker.let_in(access):
                self._access.look_again()
        except psycopg.OperationalError:
            self._next_look_at = time.monotonic() + AGAIN_S
        except StartError:
            self._next_look_at = time.monotonic() + AGAIN_S
            self._access.look_again()
            raise

    def close(self) -> None:
        """Give the connection back."""
        self._access.close()


def adopt_derived_passwords(home: Home, database_url: str) -> None:
    """Keep the passwords that gateways have of the key of earlier versions, and remove the key with their list."""
    if not home.former_gateway_key_file.exists():
        return
    with connect(database_url, role=DatabaseRole.ADMIT, application_name="enermon-up") as connection:
        adopt(connection, home.former_gateway_key_file.read_bytes(), now=utc_now())
    home.former_gateway_passwords_file.unlink(missing_ok=True)
    home.former_gateway_key_file.unlink()
