"""From when on readings are kept, and what was dropped."""

from pathlib import Path

from alembic import op

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    """Add the tables."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0058_retention.sql").read_text("utf-8"))
