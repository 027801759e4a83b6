"""What `enermon check` says of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg

from services.core.db.connections import connect
from services.core.db.revision import applied_revision, newest_revision
from services.core.db.roles import DatabaseRole
from services.core.db.statements import Statements
from services.core.db.timescale import DatabaseEdition, store_of
from services.core.progress import Progress, no_progress
from services.energy.check.asked import CheckAsked
from services.energy.check.books import check_books
from services.energy.check.telling import told_books
from services.ingest.broker_users import may_be_gateway

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
    accounts_off: int = 0
    """Accounts that do not add to the places that they are to add to."""
    refused_gateways: tuple[str, ...] = ()
    """Gateways that the broker does not let in, because their codes are such as only services or enterprises have."""
    books: Sequence[str] | None = None
    """What was found where the readings were booked again; None: they were not."""
    books_well: bool = True

    @property
    def well(self) -> bool:
        """Whether the schema is the newest, every sum agrees with those below it, and every meter with its terms."""
        is_off = any(self.differing.values()) or self.meters_off or self.accounts_off
        return self.revision == self.newest_revision and not is_off and self.books_well

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
                f"gateways     {code} cannot connect: such codes are those of services or of enterprises;"
                " register it under another code and move its meters to that"
            )
        if self.meters_off:
            found.append(
                f"meters     {self.meters_off} are not as their newest term says: change them by the API alone"
            )
        if self.accounts_off:
            found.append(
                f"accounts     {self.accounts_off} do not add to their banner, the areas above it, and their park"
            )
        for level, count in self.differing.items():
            found.append(f"{level:<12} {'agrees' if not count else f'{count} sums differ from the level below'}")
        return [*found, *(("readings     not booked again",) if self.books is None else self.books)]


def report(database_url: str, *, asked: CheckAsked | None = None, progress: Progress = no_progress) -> Report:
    """Look at a database, in one snapshot: at its sums, and at the readings as they are `asked` for.

    Raises OperationalError if the database is away, UnknownMetersError.
    """
    reading = connect(database_url, role=DatabaseRole.READER, application_name="enermon-check")
    with reading as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        store, revision = store_of(connection), applied_revision(connection)
        if revision is None:
            return Report(store, None, newest_revision(), 0, 0, {})
        pending = _sql.run(connection, "pending").one()
        differing = disagreements(connection)
        meters_off = _sql.run(connection, "meters_off").scalar_one()
        accounts_off = _sql.run(connection, "accounts_off").scalar_one()
        codes = _sql.run(connection, "gateway_codes").scalars()
        refused = tuple(code for code in codes if not may_be_gateway(code))
        books = None if asked is None else check_books(connection, asked, progress=progress)
        told = None if books is None else told_books(connection, books)
    return Report(
        store,
        revision,
        newest_revision(),
        pending.dirty_slots,
        pending.meter_changes,
        differing,
        meters_off,
        accounts_off,
        refused,
        books=told,
        books_well=books is None or books.well,
    )


def disagreements(connection: psycopg.Connection) -> Mapping[str, int]:
    """How many sums differ from those of the level below, by level."""
    return dict(_sql.run(connection, "disagreements"))
