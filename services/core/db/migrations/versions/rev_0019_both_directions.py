"""A meter that measures both directions books each to its flow."""

from pathlib import Path

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Name the flow of what is below zero."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0019_both_directions.sql").read_text("utf-8"))
