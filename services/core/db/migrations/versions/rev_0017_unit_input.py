"""What units give of themselves, by which limits are corrected."""

from pathlib import Path

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the table."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0017_unit_input.sql").read_text("utf-8"))
