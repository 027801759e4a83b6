"""Meters of rectifiers: a flow of their own."""

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Allow the flow."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0011_rectifier.sql").read_text("utf-8"))
