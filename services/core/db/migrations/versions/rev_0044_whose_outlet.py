"""Whose an outlet is."""

from pathlib import Path

from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    """Let the intake see outlets."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0044_whose_outlet.sql").read_text("utf-8"))
