"""What changes closed months waits for a second person."""

from pathlib import Path

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Add the table of proposals."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0026_proposals.sql").read_text("utf-8"))
