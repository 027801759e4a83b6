"""What stands in a database that was restored from a dump, or is of 0.2.0, as in one made anew."""

from pathlib import Path

from alembic import op

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    """Write the conditions of two triggers side by side, and what 0.2.0 had not yet."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0055_as_made_anew.sql").read_text("utf-8"))
