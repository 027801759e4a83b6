"""End devices of the national protocol."""

from pathlib import Path

from alembic import op

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    """Add what they say of themselves, and what of their values is kept to be compared."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0050_end_devices.sql").read_text("utf-8"))
