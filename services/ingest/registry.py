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
                meters = {
                    row.code: KnownMeter(row.meter_id, row.gateway_code, row.in_use_from_us)
                    for row in _sql.run(connection, "known_meters")
                }
                keeps_days = {row.code: row.keeps_days for row in _sql.run(connection, "known_gateways")}
                self._known = KnownRegistry(
                    meters, frozenset(keeps_days), {code: days for code, days in keeps_days.items() if days is not None}
                )
                self._revision = revision
        return self._known
