"""What of unknown points could not be read."""

from pathlib import Path

from alembic import op

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    """Let a point have no last value, and add the columns."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0056_unread_values.sql").read_text("utf-8"))
