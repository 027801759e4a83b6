"""Quantities of months that people entered by hand."""

from pathlib import Path

from alembic import op

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    """Add the table, empty: nothing changes until something is entered."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0049_manual_report.sql").read_text("utf-8"))
