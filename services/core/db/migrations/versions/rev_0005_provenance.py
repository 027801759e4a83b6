"""What was stored is kept: batches with digests, seals, corrections."""

from pathlib import Path

from alembic import op

from services.core.db import timescale

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables and carry the readings over; takes the space of the readings once more while it runs."""
    connection = op.get_bind()
    connection.exec_driver_sql(Path(__file__).with_name("0005_provenance.sql").read_text("utf-8"))
    if timescale.enable(connection):
        timescale.make_hypertable(connection, table="reading", column="ts", chunk_days=30)
    connection.exec_driver_sql(Path(__file__).with_name("0005_provenance_carry.sql").read_text("utf-8"))
