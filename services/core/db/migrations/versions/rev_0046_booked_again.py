"""Days and months say when they were last booked."""

from pathlib import Path

from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    """Add the columns; no table is rewritten."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0046_booked_again.sql").read_text("utf-8"))
