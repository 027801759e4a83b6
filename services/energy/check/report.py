"""What `enermon check` says of the database."""

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg

from services.core.db.connections import connect
from services.core.db.migrate import applied_revision, newest_revision
from services.core.db.statements import Statements
from services.core.db.timescale import DatabaseEdition, store_of
from services.ingest.broker_users import RESERVED

_sql = Statements.beside(__file__, "check.sql")


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `differing` counts the sums that differ from those of the level below."""

    store: DatabaseEdition
    revision: str | None
    newest_revision: str | None
    dirty_slots: int
    meter_changes: int
    differing: Mapping[str, int]
    meters_off: int = 0
    """Meters that are not as their newest term says."""
    refused_gateways: tuple[str, ...] = ()
    """Gateways that the broker does not let in, because their names are such as only the services have."""

    @property
    def well(self) -> bool:
        """Whether the schema is the newest, every sum agrees with those below it, and every meter with its terms."""
        return self.revision == self.newest_revision and not any(self.differing.values()) and not self.meters_off

    def lines(self) -> list[str]:
        """The report for a person."""
        timescale = self.store.timescale_version or "none"
        found = [
            f"store      PostgreSQL {self.store.postgres_version}, TimescaleDB {timescale}"
            + (f" ({self.store.lacks})" if self.store.lacks else ""),
            f"schema     {self.revision}"
            + ("" if self.revision == self.newest_revision else f", not {self.newest_revision}"),
            f"to roll up {self.dirty_slots} slots, {self.meter_changes} changed meters",
        ]
        for code in self.refused_gateways:
            found.append(
                f"gateways     {code} cannot connect: names that begin with {RESERVED} are the services' own;"
                " register it under another code and move its meters to that"
            )
        if self.meters_off:
            found.append(
                f"meters     {self.meters_off} are not as their newest term says: change them by the API alone"
            )
        for level, count in self.differing.items():
            found.append(f"{level:<12} {'agrees' if not count else f'{count} sums differ from the level below'}")
        return found


def report(database_url: str) -> Report:
    """Look at a database. Sums are compared in one snapshot. Raises OperationalError if the database is away."""
    with connect(database_url, application_name="enermon-check") as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        store, revision = store_of(connection), applied_revision(connection)
        if revision is None:
            return Report(store, None, newest_revision(), 0, 0, {})
        pending = _sql.run(connection, "pending").one()
        differing = disagreements(connection)
        meters_off = _sql.run(connection, "meters_off").scalar_one()
        refused = tuple(_sql.run(connection, "gateways_named", prefix=RESERVED).scalars())
    return Report(
        store,
        revision,
        newest_revision(),
        pending.dirty_slots,
        pending.meter_changes,
        differing,
        meters_off,
        refused,
    )


def disagreements(connection: psycopg.Connection) -> Mapping[str, int]:
    """How many sums differ from those of the level below, by level."""
    return dict(_sql.run(connection, "disagreements"))
