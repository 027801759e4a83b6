"""Registry of areas, parks, enterprises, units, gateways and meters."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0001_registry.sql").read_text("utf-8"))
