"""Changes found by their time, and the rating of a counter as it was on the day."""

from pathlib import Path

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the indexes, and the rating to what is expected."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0021_asked_by_time.sql").read_text("utf-8"))
