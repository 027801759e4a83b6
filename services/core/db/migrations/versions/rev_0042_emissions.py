"""What monitors of pollution sources say."""

from pathlib import Path

from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Add emissions, and how monitors speak."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0042_emissions.sql").read_text("utf-8"))
