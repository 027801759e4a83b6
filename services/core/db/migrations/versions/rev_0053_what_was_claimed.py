"""Claims without proof, and emissions that cannot be."""

from pathlib import Path

from alembic import op

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    """Add the columns."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0053_what_was_claimed.sql").read_text("utf-8"))
