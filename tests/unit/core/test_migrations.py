"""The changes of the schema are one line: each has a number of its own, and follows the one before."""

from pathlib import Path

from services.core.db import migrate

VERSIONS = Path(migrate.__file__).parent / "migrations" / "versions"


def test_each_change_of_the_schema_has_the_number_after_the_one_before() -> None:
    numbers = sorted(path.name.split("_")[1] for path in VERSIONS.glob("rev_*.py"))
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    assert migrate.newest_revision() == numbers[-1]
