"""The changes of the schema are one line: each has a number of its own, and follows the one before."""

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from services.core.db import revision
from services.provenance.guards import FILE, guards_of

VERSIONS = Path(revision.__file__).parent / "migrations" / "versions"


def test_each_change_of_the_schema_has_the_number_after_the_one_before() -> None:
    numbers = sorted(path.name.split("_")[1] for path in VERSIONS.glob("rev_*.py"))
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    assert revision.newest_revision() == numbers[-1]
    config = Config()
    config.set_main_option("script_location", str(revision.SCRIPTS))
    assert ScriptDirectory.from_config(config).get_current_head() == numbers[-1]


def test_the_guards_that_are_verified_are_those_of_the_newest_schema() -> None:
    revisions = [name for kind, name in guards_of(FILE.read_text("utf-8")) if kind == "schema"]
    assert revisions == [f"revision {revision.newest_revision()}"], (
        "run python -m services.provenance.guards with ENERMON_DATABASE_URL of a new database of the newest schema"
    )
