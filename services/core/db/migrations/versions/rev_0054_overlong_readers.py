"""How long readers of the views of `open` may take."""

from pathlib import Path

from alembic import op

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    """Add the column, and let the alert service end what takes longer."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0054_overlong_readers.sql").read_text("utf-8"))
