"""The tenure of a meter says by which terms it is expected: interval, kind and gateway of the day."""

from pathlib import Path

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Show more of the term in the view."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0018_tenure_terms.sql").read_text("utf-8"))
