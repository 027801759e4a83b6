"""What is found of a meter is shown to those whose it is now."""

from pathlib import Path

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Narrow who sees findings and states of a meter that has passed to another."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0030_whose_meter.sql").read_text("utf-8"))
