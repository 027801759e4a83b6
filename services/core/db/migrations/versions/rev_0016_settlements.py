"""A person settles a stretch of readings in one act."""

from pathlib import Path

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Keep what people have settled."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0016_settlements.sql").read_text("utf-8"))
