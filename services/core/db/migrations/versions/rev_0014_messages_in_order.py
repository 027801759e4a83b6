"""Messages that are urgent or held for quiet hours, steps that are to be told, silences by kind of subject."""

from pathlib import Path

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """What waits now is neither urgent nor known to be held, and no step of the past is told."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0014_messages_in_order.sql").read_text("utf-8"))
