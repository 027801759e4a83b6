"""Whether the database guards its rows as this version has it: row-level security, triggers, functions, defaults.

`guards.txt` says what stands in a database that was brought to the newest schema: of each guard its kind, its name and
a digest. `python -m services.provenance.guards` writes it anew from the database of ENERMON_DATABASE_URL, after a
change of the schema.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

import psycopg

from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.core.db.statements import Statements
from services.core.settings import read_settings
from services.provenance.found import Differences

_sql = Statements.beside(__file__, "guards.sql")

FILE = Path(__file__).with_name("guards.txt")
_MARK = 32
_KEEPS = re.compile(r"audit_(insert|update|delete) of (\w+)")

Guard = tuple[str, str]
"""Kind and name."""


def hold_guards(connection: psycopg.Connection, differences: Differences) -> None:
    """Name each guard that is gone, is another, or is none of this version. Raises psycopg.Error."""
    right, found = guards_of(FILE.read_text("utf-8")), standing_guards(connection)
    for guard in sorted(right.keys() | found.keys()):
        if right.get(guard) != found.get(guard):
            differences.add(_told(guard, is_right=guard in right, is_there=guard in found))


def standing_guards(connection: psycopg.Connection) -> dict[Guard, str]:
    """What guards this database: a digest of each. Raises psycopg.Error."""
    with connection.transaction():
        _sql.run(connection, "only_built_in")
        found = {(row.kind, row.name): _mark(row.said) for row in _sql.run(connection, "standing")}
        _sql.run(connection, "ours")
    return found


def guards_of(text: str) -> dict[Guard, str]:
    """What a file says."""
    guards = {}
    for line in text.splitlines():
        kind, name, mark = line.split("\t")
        guards[kind, name] = mark
    return guards


def text_of(guards: Mapping[Guard, str]) -> str:
    """The file that says it."""
    return "".join(f"{kind}\t{name}\t{mark}\n" for (kind, name), mark in sorted(guards.items()))


def _told(guard: Guard, *, is_right: bool, is_there: bool) -> str:
    kind, name = guard
    if kind == "trigger" and is_right and (kept := _KEEPS.fullmatch(name)):
        return f"{kept[1]}s of {kept[2]} are not kept in the audit: its trigger is gone, off, or another"
    if not is_there:
        return f"{kind} {name} is gone from the database"
    if not is_right:
        return f"{kind} {name} of the database is none of this version"
    return f"{kind} {name} of the database is another than this version has, or off"


def _mark(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()[:_MARK]


if __name__ == "__main__":
    with connect(
        read_settings().database_url.get_secret_value(), role=DatabaseRole.READER, application_name="enermon-guards"
    ) as asking:
        FILE.write_text(text_of(standing_guards(asking)), "utf-8")
