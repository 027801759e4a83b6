"""No two locks of Enermon are the same, and each is in the one list."""

import re
from pathlib import Path

from services.core.db.leading import LockKey

SERVICES = Path(__file__).parents[3] / "services"


def test_no_two_locks_have_the_same_key() -> None:
    # a member with the value of another would be another name of that one, and not be listed
    assert list(LockKey.__members__) == [key.name for key in LockKey]


def test_every_lock_is_taken_by_a_key_of_the_list_alone_or_with_a_second_number() -> None:
    """PostgreSQL keeps these two kinds apart; a hash by itself could be any key."""
    taken = [
        arguments
        for path in SERVICES.rglob("*.*")
        if path.suffix in {".py", ".sql"}
        for arguments in re.findall(r"pg\w*advisory\w*\((.*)\)", path.read_text("utf-8"))
    ]
    assert sorted(set(taken)) == [
        ":family, 0",
        ":family, hashint8(alert_id)",
        ":family, hashtext(:area)",
        ":family, hashtext(:code)",
        ":family, hashtext(:slug)",
        ":family, part",
        ":key",
    ]
