"""It is kept who gave an account its way in."""

from pathlib import Path

from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Add the columns."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0034_let_in_by.sql").read_text("utf-8"))
