"""The audit takes rows apart by the functions of PostgreSQL alone."""

from pathlib import Path

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Name in the functions of the audit whose functions they call."""
    # As it stands, past SQLAlchemy: its percent signs are no parameters.
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0032_audit_named_apart.sql").read_text("utf-8"))
