"""Browsers from which somebody has signed in are remembered."""

from pathlib import Path

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Add the table of remembered browsers."""
    # As it stands, past SQLAlchemy: its percent signs are no parameters.
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0029_remembered_device.sql").read_text("utf-8"))
