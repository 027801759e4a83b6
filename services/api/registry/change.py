"""The one way to change the registry.

Whatever is written here happens in one transaction with the rise of the registry's revision, by which readers notice
the change, and with the notes in `meter_change`, by which the roll-up books again the energy of meters whose readings
now mean something else.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime

from psycopg import Connection

from services.api.database import Database
from services.api.registry.closed_months import ClosedMonths, asking_a_second_person
from services.api.registry.statements import registry_statements
from services.core.calendar import start_of_day

_SQL = registry_statements("change.sql")


class RegistryChange:
    """A change under way."""

    def __init__(self, connection: Connection, past: ClosedMonths | None = None) -> None:
        """`past`: what is told what of closed months is touched; None: it is only tried, and undone."""
        self.connection = connection
        self._past = past

    def reinterpret_meter(
        self,
        code: str,
        *,
        since: datetime | None,
        otherwise_since: datetime | None = None,
        is_theirs: bool = False,
    ) -> None:
        """The readings of meter `code` mean something else since that time; None: all of them.

        `otherwise_since`: all are booked again, but only from then on is anything otherwise; `is_theirs`: whose time
        that is was judged. Raises Refused where it is not the account's to act on.
        """
        if self._past is not None:
            self._past.touch_meter(code, since or otherwise_since, is_theirs=is_theirs)
        self._reinterpret_meter(code, since)

    def settle_reading(self, code: str, *, ts: datetime, lasts: bool = False) -> None:
        """A person says something of the reading of meter `code` at that time; energy since then is booked again.

        `lasts`: it says something of what comes after too.
        """
        if self._past is not None:
            self._past.touch_reading(code, ts, lasts=lasts)
        self._reinterpret_meter(code, ts)

    def _reinterpret_meter(self, code: str, since: datetime | None) -> None:
        _SQL.run(self.connection, "reinterpret_meter", code=code, from_ts=since or "-infinity")

    def reinterpret_enterprise(self, credit_code: str, *, since: date) -> None:
        """The readings of all meters of an enterprise belong elsewhere since the start of that day (Asia/Shanghai)."""
        _SQL.run(self.connection, "reinterpret_enterprise", credit_code=credit_code, from_ts=start_of_day(since))
        if self._past is not None:
            self._past.touch_enterprise(credit_code, since)

    def report_again(self, manual_report_ids: Collection[int]) -> None:
        """These versions of manual reports are new; all but the first of a month say otherwise than before."""
        if self._past is not None and manual_report_ids:
            self._past.touch_manual_reports(sorted(manual_report_ids))

    def revalue(self, heat_value_ids: Collection[int]) -> None:
        """These versions of heat values are new; what is booked stays, and is worth something else."""
        if self._past is not None and heat_value_ids:
            self._past.touch_heat_values(sorted(heat_value_ids))


@contextmanager
def registry_change(database: Database) -> Iterator[RegistryChange]:
    """A transaction that changes the registry, committed at the end of the block.

    It begins with the revision, whose row lock lets one change follow another: what a change has checked stays true
    until it commits. What touches closed months is undone and raises NeedsSecondPerson, unless it is confirmed.
    """
    with database.write() as connection:
        _SQL.run(connection, "raise_revision")
        with asking_a_second_person(database, connection) as past:
            yield RegistryChange(connection, past)
