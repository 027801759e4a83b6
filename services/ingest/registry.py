"""What intake knows of the registry, read again when it has changed."""

import psycopg

from services.core.db.statements import Statements
from services.ingest.validate import KnownMeter, KnownRegistry

_sql = Statements.beside(__file__, "store.sql")


class RegistryReader:
    """Meters and gateways as they stand; one query when nothing has changed."""

    def __init__(self) -> None:
        self._revision: int | None = None
        self._known = KnownRegistry({}, frozenset())

    def read(self, connection: psycopg.Connection) -> KnownRegistry:
        """The registry now. Raises psycopg.Error."""
        with connection.transaction():
            revision = _sql.run(connection, "revision").scalar_one()
            if revision != self._revision:
                meters = {code: KnownMeter(meter_id, gw) for code, meter_id, gw in _sql.run(connection, "known_meters")}
                self._known = KnownRegistry(meters, frozenset(_sql.run(connection, "known_gateways").scalars()))
                self._revision = revision
        return self._known
