"""What intake knows of the registry, read again when it has changed."""

from typing import Any

import psycopg

from services.core.calendar import to_us
from services.core.db.statements import Statements
from services.ingest.validate import GatewayFrom, KnownMeter, KnownRegistry

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
                meters: dict[str, KnownMeter] = {}
                for row in _sql.run(connection, "known_meters"):
                    meters[row.code] = _known(meters.get(row.code), row)
                keeps_days = {row.code: row.keeps_days for row in _sql.run(connection, "known_gateways")}
                self._known = KnownRegistry(
                    meters, frozenset(keeps_days), {code: days for code, days in keeps_days.items() if days is not None}
                )
                self._revision = revision
        return self._known


def _known(earlier: KnownMeter | None, term: Any) -> KnownMeter:
    """The meter by its next term, in order of time."""
    if earlier is None:
        return KnownMeter(term.meter_id, term.gateway_code, term.in_use_from_us)
    begins = [each for each in (earlier.in_use_from_us, term.in_use_from_us) if each is not None]
    known = earlier._replace(in_use_from_us=min(begins, default=None))
    if earlier.gateway == term.gateway_code:
        return known
    before = (*earlier.before, GatewayFrom(earlier.since_us, earlier.gateway))
    return known._replace(gateway=term.gateway_code, since_us=to_us(term.valid_from), before=before)
