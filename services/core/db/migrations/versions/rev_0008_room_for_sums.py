"""Room for sums: a meter's day and month can change without new entries in their indexes."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Leave room on the pages written from now on."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0008_room_for_sums.sql").read_text("utf-8"))
