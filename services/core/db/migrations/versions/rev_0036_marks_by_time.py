"""Readings with a mark are found by their time."""

from pathlib import Path

from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """Add the index."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0036_marks_by_time.sql").read_text("utf-8"))
