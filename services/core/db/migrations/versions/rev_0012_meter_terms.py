"""What a meter means has dates: terms of meters, and a log of what was given another meaning."""

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Give every meter a term that has always held, as it is registered."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0012_meter_terms.sql").read_text("utf-8"))
