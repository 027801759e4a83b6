"""Emissions in the order of time."""

from pathlib import Path

from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    """Add the index by which they are found."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0046_emissions_in_time.sql").read_text("utf-8"))
