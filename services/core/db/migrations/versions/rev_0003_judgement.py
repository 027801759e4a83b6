"""What is designed, approved and reported."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns, create the table."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0003_judgement.sql").read_text("utf-8"))
