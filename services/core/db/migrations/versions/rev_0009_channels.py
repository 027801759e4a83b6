"""Channels are declared in the code; the database keeps their names."""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Let any channel that is declared be kept."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0009_channels.sql").read_text("utf-8"))
