"""Manual reports in the schema `open`."""

from pathlib import Path

from alembic import op

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    """Add the view, and the index."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0057_open_manual.sql").read_text("utf-8"))
