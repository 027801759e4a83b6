"""Alerts: rules, state, handling and what is sent."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0004_alerts.sql").read_text("utf-8"))
