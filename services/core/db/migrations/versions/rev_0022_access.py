"""Accounts, keys and sessions; rows are shown to, and written by, those whose they are."""

from pathlib import Path

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the tables of accounts, and row-level security to what is registered and raised."""
    # As it stands, past SQLAlchemy: its percent signs are no parameters.
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0022_access.sql").read_text("utf-8"))
