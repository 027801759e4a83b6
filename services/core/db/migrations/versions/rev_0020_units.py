"""Registers that change their unit without a word."""

from pathlib import Path

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Find the changes of unit of a meter at once."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0020_units.sql").read_text("utf-8"))
