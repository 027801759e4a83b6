"""Bounds: what is late waits apart, what was rejected can be taken in later, what is not kept is counted."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0007_bounds.sql").read_text("utf-8"))
