"""The queues are divided into parts, which workers share."""

from pathlib import Path

from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Divide the queues."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0038_parts.sql").read_text("utf-8"))
