"""Days and months say when they were last booked."""

from pathlib import Path

from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    """Add the columns; no table is rewritten."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0047_booked_again.sql").read_text("utf-8"))
