"""Which codes are taken is known to whoever registers, also of what the account cannot see."""

from pathlib import Path

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Add the function that tells them."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0028_codes_taken.sql").read_text("utf-8"))
