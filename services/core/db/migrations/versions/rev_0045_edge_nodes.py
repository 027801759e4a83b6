"""Gateways may be edge nodes of Sparkplug B."""

from pathlib import Path

from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    """Add them, their sessions, and when messages of them may be missing."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0045_edge_nodes.sql").read_text("utf-8"))
