"""Passwords and certificates of gateways: each by itself, kept as hashes, revoked and rotated."""

from pathlib import Path

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Add the table, and what tells those who keep the broker's users."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0027_broker_credential.sql").read_text("utf-8"))
