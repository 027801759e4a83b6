"""Bulletins are issued, and stay as they were issued."""

from pathlib import Path

from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Add the table."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0035_bulletins.sql").read_text("utf-8"))
