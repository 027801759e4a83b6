"""How the messages of products are read."""

from pathlib import Path

from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    """Add profiles."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0048_profiles.sql").read_text("utf-8"))
