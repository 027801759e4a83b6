"""What foreign messages name."""

from pathlib import Path

from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    """Add points, and what is held beside the readings."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0041_points.sql").read_text("utf-8"))
