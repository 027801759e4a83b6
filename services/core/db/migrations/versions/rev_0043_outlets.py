"""Outlets and what is permitted there."""

from pathlib import Path

from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    """Add outlets, their limits, and when they stood still."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0043_outlets.sql").read_text("utf-8"))
