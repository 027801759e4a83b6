"""The quarters of an hour of a meter in one row."""

from datetime import timedelta
from pathlib import Path

from alembic import op

from services.core.db import timescale

revision = "0037"
down_revision = "0036"

CHUNK_DAYS = 90
_STEP = timedelta(days=30)


def upgrade() -> None:
    """Carry what is booked over, month by month; takes the space of the new table once more while it runs."""
    connection = op.get_bind()
    # A roll-up of the version of before would book into months that are carried over already. Intake does not wait.
    connection.exec_driver_sql("LOCK TABLE energy_slot, energy_hour IN SHARE ROW EXCLUSIVE MODE")
    connection.exec_driver_sql(_file("0037_quarters.sql"))
    if timescale.enable(connection):
        timescale.make_hypertable(connection, table="energy_quarters", column="hour", chunk_days=CHUNK_DAYS)
    first, last = connection.exec_driver_sql("SELECT date_trunc('hour', min(slot)), max(slot) FROM energy_slot").one()
    while first is not None and first <= last:
        times = {"from_ts": first, "to_ts": first + _STEP}
        connection.exec_driver_sql(_file("0037_quarters_carry.sql"), times)
        first += _STEP
    connection.exec_driver_sql(_file("0037_quarters_views.sql"))


def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")
