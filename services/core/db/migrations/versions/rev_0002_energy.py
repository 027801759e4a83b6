"""Readings, energy by meter, and sums by place."""

from pathlib import Path

from alembic import op

from services.core.db import timescale

revision = "0002"
down_revision = "0001"

HYPERTABLES = (("reading", "ts", 30), ("energy_slot", "slot", 30), ("energy_hour", "hour", 180))


def upgrade() -> None:
    """Create the tables."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0002_energy.sql").read_text("utf-8"))
    if timescale.enable(op.get_bind()):
        for table, column, chunk_days in HYPERTABLES:
            timescale.make_hypertable(op.get_bind(), table=table, column=column, chunk_days=chunk_days)
