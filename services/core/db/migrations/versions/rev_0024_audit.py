"""Who changed what, in the chain of seals."""

from pathlib import Path

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Add the audit, and its triggers to what people keep."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0024_audit.sql").read_text("utf-8"))
