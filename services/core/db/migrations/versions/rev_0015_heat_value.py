"""Measured heat values of the fuels of enterprises."""

from pathlib import Path

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the table, empty: nothing changes until something is measured."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0015_heat_value.sql").read_text("utf-8"))
