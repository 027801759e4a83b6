"""What intake knows of the registry, read again when it has changed."""

import psycopg

from services.core.db.queries import load
from services.ingest.validate import Known, KnownMeter

_sql = load(__file__, "store.sql")


class RegistryReader:
    """Meters and gateways as they stand; one query when nothing has changed."""

    def __init__(self) -> None:
        self._revision: int | None = None
        self._known = Known({}, frozenset())

    def read(self, connection: psycopg.Connection) -> Known:
        """The registry now. Raises psycopg.Error."""
        with connection.transaction():
            revision = _sql.revision(connection)
            if revision != self._revision:
                meters = {code: KnownMeter(meter_id, gw) for code, meter_id, gw in _sql.known_meters(connection)}
                self._known = Known(meters, frozenset(code for (code,) in _sql.known_gateways(connection)))
                self._revision = revision
        return self._known
