"""Years of energy of many meters, written straight into every table: what storing and the roll-up would have written.

An hourly reading of 4 units of each meter, and all that is booked of it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import psycopg

from services.core.calendar import to_us
from services.core.db.connections import connect
from services.core.db.statements import Statements
from services.energy.rollup.adapt import adapted
from services.energy.rollup.meters import Accounts, load_meters

_sql = Statements.beside(__file__, "history.sql")
_STEP = timedelta(days=30)
_OF_DAYS = ("fill_readings", "fill_quarters", "fill_days", "fill_ledger_hours", "fill_ledger_days")


def fill(
    database_url: str, meter_ids: Sequence[int], *, start: datetime, end: datetime, step_days: int = 1
) -> Iterator[datetime]:
    """Write [start, end), midnights of Asia/Shanghai, of these meters, which hold nothing; gives how far it has come.

    The meters are interval meters of kWh with a reading an hour, and where they are now all the time. With
    `step_days` only every so many days hold something: as many chunks for less.
    """
    with connect(database_url, role=None, application_name="bench-history") as connection:
        connection.execute("SET synchronous_commit = off")
        _sql.run(connection, "make_history_meters")
        for meter_id, account_id in _accounts(connection, meter_ids).items():
            _sql.run(connection, "add_history_meter", meter_id=meter_id, account_id=account_id)
        connection.commit()
        at = start
        while at < end:
            until = min(at + _STEP, end)
            _sql.run(connection, "make_history_days", from_ts=at, to_ts=until, step_days=step_days)
            for name in _OF_DAYS:
                _sql.run(connection, name)
            _sql.run(connection, "drop_history_days")
            connection.commit()
            at = until
            yield at
        _sql.run(connection, "fill_months")
        _sql.run(connection, "fill_ledger_months")
        connection.commit()


def _accounts(connection: psycopg.Connection, meter_ids: Sequence[int]) -> dict[int, int]:
    """The account of each meter as it is now."""
    with adapted(connection):
        meters = load_meters(connection, list(meter_ids))
        now_us = to_us(datetime.now().astimezone())
        keys = {meter_id: meter.account_at(now_us) for meter_id, meter in meters.items()}
        accounts = Accounts().ids(connection, set(keys.values()))
    return {meter_id: accounts[key] for meter_id, key in keys.items()}
