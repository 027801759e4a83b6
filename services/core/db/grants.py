"""What each role may do: `grants.toml`, and how a database is brought to it.

Only what differs is changed, so that an upgrade of a busy database without a change of rights changes nothing.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from services.core.db.roles import ALL_ROLES, OPEN_READERS, DatabaseRole
from services.core.db.statements import Statements

_sql = Statements(Path(__file__).with_name("grants.sql"))

_FILE = Path(__file__).with_name("grants.toml")
_EVERYBODY = "public"
_OPEN = "open view"
_PRIVILEGES = {
    "table": ("select", "insert", "update", "delete"),
    "sequence": ("usage",),
    "function": ("execute",),
    _OPEN: ("select",),
}
_ALL_MAY = (("database", "connect"), ("schema", "usage"))
"""What each role needs whatever it does."""
_EVERYBODY_MAY_NOT = frozenset({("database", "temporary"), ("schema", "create")})
"""What PostgreSQL lets everybody do, at least before version 15, and nobody needs. Else its defaults stay."""


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """That a role may do something to a thing.

    That is a `table` (or view), a `sequence`, a `function` that works with the rights of its owner, an `open view` (of
    the schema `open`), a `schema` or the `database`.
    """

    kind: str
    name: str
    role: str
    privilege: str


@dataclass(frozen=True, slots=True)
class Grants:
    """What `grants.toml` says. `relations` are all that have a line, by kind and name."""

    relations: frozenset[tuple[str, str]]
    grants: frozenset[Grant]
    temporary: frozenset[str]
    """Those that make temporary tables."""


def grants_of(text: str) -> Grants:
    """What a file says. Raises ValueError, with the line's name, for a role or a right that is none."""
    said = tomllib.loads(text)
    relations, grants = set(), set()
    for kind, privileges in _PRIVILEGES.items():
        for name, line in said.get(kind, {}).items():
            if strange := line.keys() - set(privileges):
                raise ValueError(f"{kind} {name}: {', '.join(sorted(strange))} is none of {', '.join(privileges)}")
            relations.add((kind, name))
            grants |= {Grant(kind, name, role, each) for each in line for role in _roles(line[each], at=name)}
    return Grants(frozenset(relations), frozenset(grants), frozenset(_roles(said["temporary"], at="temporary")))


def grants_here() -> Grants:
    """What the file of this version says."""
    return grants_of(_FILE.read_text("utf-8"))


def _roles(words: str, *, at: str) -> list[str]:
    named = [f"enermon_{word}" for word in words.split()]
    try:
        return [name if name == OPEN_READERS else DatabaseRole(name) for name in named]
    except ValueError as error:
        raise ValueError(f"{at}: {error}") from None


def bring_to(connection: psycopg.Connection, goal: Grants) -> list[str]:
    """Grant what is missing, take back what is too much, in the transaction of the connection; gives what was done.

    Views read with the rights of whoever asks from then on. The roles are there. Raises psycopg.Error.
    """
    missing, too_much = deviations(connection, goal)
    views = [name for (name,) in _sql.run(connection, "views_as_their_owner")]
    statements = [
        *(_one("GRANT {} ON {} {} TO {}", *each) for each in _by_thing(missing)),
        *(_one("REVOKE {} ON {} {} FROM {}", *each) for each in _by_thing(too_much)),
        *(sql.SQL("ALTER VIEW {} SET (security_invoker = true)").format(sql.Identifier(name)) for name in views),
    ]
    for statement in statements:
        connection.execute(statement)
    return [statement.as_string(connection) for statement in statements]


def deviations(connection: psycopg.Connection, goal: Grants) -> tuple[set[Grant], set[Grant]]:
    """What is missing of the goal, and what is too much. Raises psycopg.Error."""
    here = _sql.run(connection, "here").one()
    names = {"database": here.database, "schema": here.schema}
    granted = set(_sql.run(connection, "granted", roles=list(ALL_ROLES)).of(Grant))
    whole = goal.grants | {
        *(Grant(kind, names[kind], role, privilege) for role in DatabaseRole for kind, privilege in _ALL_MAY),
        *(Grant("database", here.database, role, "temporary") for role in goal.temporary),
        *(Grant("schema", "open", each.role, "usage") for each in goal.grants if each.kind == _OPEN),
        Grant("database", here.database, OPEN_READERS, "connect"),
    }
    return set(whole - granted), {each for each in granted - whole if _is_ours(each, goal)}


def _is_ours(grant: Grant, goal: Grants) -> bool:
    """Whether to take back what nobody wants; what everybody may do is so where the relation has its line."""
    if grant.role != _EVERYBODY:
        return True
    if grant.kind in _PRIVILEGES:
        return (grant.kind, grant.name) in goal.relations
    return (grant.kind, grant.privilege) in _EVERYBODY_MAY_NOT


def _by_thing(grants: Iterable[Grant]) -> list[tuple[list[str], str, str, str]]:
    """The rights of a role on a thing together."""
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for grant in sorted(grants):
        found[grant.kind, grant.name, grant.role].append(grant.privilege)
    return [(privileges, *thing) for thing, privileges in found.items()]


def _one(form: Any, privileges: list[str], kind: str, name: str, role: str) -> sql.Composed:
    """GRANT or REVOKE. The words are those of the file, which were held to PostgreSQL's, or of its catalogue."""
    rights = sql.SQL(", ").join(sql.SQL(each.upper()) for each in privileges)
    whom = sql.SQL("PUBLIC") if role == _EVERYBODY else sql.Identifier(role)
    what, named = ("TABLE", sql.Identifier("open", name)) if kind == _OPEN else (kind.upper(), sql.Identifier(name))
    return sql.SQL(form).format(rights, sql.SQL(what), named, whom)
