"""Quality: counts of a meter's day, findings, estimates."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0006_quality.sql").read_text("utf-8"))
