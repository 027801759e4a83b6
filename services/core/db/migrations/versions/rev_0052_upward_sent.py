"""What is handed upward by the national protocol."""

from pathlib import Path

from alembic import op

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    """Add what of enterprises was sent, in versions."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0052_upward_sent.sql").read_text("utf-8"))
