"""What is late is taken in order."""

from pathlib import Path

from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """Add the index by which it is found."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0039_late_in_order.sql").read_text("utf-8"))
