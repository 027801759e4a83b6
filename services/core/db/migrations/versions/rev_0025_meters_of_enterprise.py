"""Which meters an enterprise had is known to whoever moves it, also of meters that are another's by now."""

from pathlib import Path

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add the function that tells them."""
    name = "0025_meters_of_enterprise.sql"
    op.get_bind().connection.cursor().execute(Path(__file__).with_name(name).read_text("utf-8"))
