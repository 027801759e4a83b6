"""A counter of the subscriptions by MQTT: a change of the users of the broker is always seen."""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Count on from here."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0010_subscription_revision.sql").read_text("utf-8"))
