"""Views for others to read, in a schema of their own, and who reads them."""

from pathlib import Path

from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """Add the schema, its views and the table of readers; what works as its owner is no longer for everybody."""
    cursor = op.get_bind().connection.cursor()
    for name in ("0040_open.sql", "0040_open_energy.sql", "0040_open_registry.sql"):
        cursor.execute(Path(__file__).with_name(name).read_text("utf-8"))
