"""What gateways sent is counted, and how each behaves is said."""

from pathlib import Path

from alembic import op

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    """Add counts, empty, and two fields of gateways; none is read otherwise than before."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0051_gateway_counts.sql").read_text("utf-8"))
