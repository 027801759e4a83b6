"""Memberships are changed where an enterprise belongs today, and proposals are seen within the reach."""

from pathlib import Path

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Exchange the policies."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0031_belongs_today.sql").read_text("utf-8"))
