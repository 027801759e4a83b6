"""Who acted is the account whose request it is: the database notes it."""

from pathlib import Path

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Let the author of each act be the account of the transaction, and add a column where none was."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0023_who_acted.sql").read_text("utf-8"))
