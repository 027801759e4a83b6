"""The one way to change the registry.

Whatever is written here happens in one transaction with the rise of the registry's revision, by which readers notice
the change, and with the notes in `meter_change`, by which the roll-up books again the energy of meters whose readings
now mean something else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from psycopg import Connection

from services.api.database import Database
from services.api.registry.statements import registry_statements
from services.core.calendar import start_of_day

_SQL = registry_statements("change.sql")


class RegistryChange:
    """A change under way."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def reinterpret_meter(self, code: str, *, since: datetime | None) -> None:
        """The readings of meter `code` mean something else since that time; None: all of them."""
        _SQL.run(self.connection, "reinterpret_meter", code=code, from_ts=since or "-infinity")

    def reinterpret_enterprise(self, credit_code: str, *, since: date) -> None:
        """The readings of all meters of an enterprise belong elsewhere since the start of that day (Asia/Shanghai)."""
        _SQL.run(self.connection, "reinterpret_enterprise", credit_code=credit_code, from_ts=start_of_day(since))


@contextmanager
def registry_change(database: Database) -> Iterator[RegistryChange]:
    """A transaction that changes the registry, committed at the end of the block.

    It begins with the revision, whose row lock lets one change follow another: what a change has checked stays true
    until it commits.
    """
    with database.write() as connection:
        _SQL.run(connection, "raise_revision")
        yield RegistryChange(connection)
