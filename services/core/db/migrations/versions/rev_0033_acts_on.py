"""Acting on a day of a meter, or on an enterprise, goes by whose it is, not by what is seen."""

from pathlib import Path

from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Ask of corrections, silences, subscriptions and reported numbers who acts on what they are of."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_name("0033_acts_on.sql").read_text("utf-8"))
