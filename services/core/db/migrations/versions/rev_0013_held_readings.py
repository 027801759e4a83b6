"""Readings stamped older than they can be are held."""

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Say of gateways how long they keep readings, and find what is held."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0013_held_readings.sql").read_text("utf-8"))
