"""The named statements of the services, and what each needs to be allowed."""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path

import psycopg
from psycopg import sql

import services
from services.core.db.statements import Statement, Statements
from services.core.db.timescale import store_of

ROOT = Path(services.__file__).parent
PRIVILEGES = ("select", "insert", "update", "delete")

_DENIED = re.compile(r"permission denied for (?:table|view) (\w+)")
_NO_QUERY = re.compile(r"(?:--[^\n]*\n\s*)*(?:LISTEN|NOTIFY|CREATE)\b")

Needs = frozenset[tuple[str, str]]
"""Relations, each with a privilege."""


def statements() -> Iterator[tuple[str, Statement]]:
    """Every statement and part, by `file: name`."""
    for file in sorted(ROOT.rglob("*.sql")):
        if "migrations" not in file.parts and "-- name:" in file.read_text("utf-8"):
            for name, statement in Statements(file).statements.items():
                yield f"{file.relative_to(ROOT)}: {name}", statement


def statements_here(connection: psycopg.Connection) -> Iterator[tuple[str, Statement]]:
    """The same, without those that plain PostgreSQL does not know where it is that."""
    with_chunks = store_of(connection).timescale_version is not None
    for label, statement in statements():
        if with_chunks or not any(known in statement.text for known in ("timescaledb_information", "drop_chunks(")):
            yield label, statement


def numbered(statement: Statement) -> str:
    """The text with its parameters as PostgreSQL numbers them."""
    text = statement.text
    for number, name in enumerate(sorted(statement.parameters), start=1):
        text = text.replace(f"%({name})s", f"${number}")
    return text


class Prober:
    """Finds what statements need, by explaining them as a role that has no rights until it is refused no more."""

    def __init__(self, connection: psycopg.Connection, role: str) -> None:
        """`connection` is a superuser's in autocommit; the role may do nothing."""
        self._connection = connection
        self._role = sql.Identifier(role)
        connection.execute("SET plan_cache_mode = force_generic_plan")
        self._work_as_role()

    def needs(self, statement: Statement) -> Needs:
        """The least rights with which it may be run."""
        if statement.is_part or _NO_QUERY.match(statement.text):
            return frozenset()
        self._connection.execute(f"PREPARE probed AS {numbered(statement)}".encode())
        given = ", ".join(["NULL"] * len(statement.parameters))
        explain = f"EXPLAIN EXECUTE probed({given})" if given else "EXPLAIN EXECUTE probed"
        needed: dict[str, tuple[str, ...]] = {}
        while (refused := self._refused(explain)) is not None:
            needed[refused] = self._least(refused, explain)
        for relation in needed:
            self._allow(relation, ())
        self._connection.execute("DEALLOCATE probed")
        return frozenset((relation, each) for relation, privileges in needed.items() for each in privileges)

    def _least(self, relation: str, explain: str) -> tuple[str, ...]:
        for number in range(1, len(PRIVILEGES) + 1):
            for privileges in combinations(PRIVILEGES, number):
                self._allow(relation, privileges)
                if self._refused(explain) != relation:
                    return privileges
        raise AssertionError(f"{relation} is refused whatever is allowed")

    def _allow(self, relation: str, privileges: tuple[str, ...]) -> None:
        named = sql.Identifier(relation)
        self._connection.execute("RESET ROLE")
        self._connection.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(named, self._role))
        for each in privileges:
            self._connection.execute(f"GRANT {each} ON {named.as_string()} TO {self._role.as_string()}".encode())
        self._work_as_role()

    def _work_as_role(self) -> None:
        self._connection.execute(sql.SQL("SET ROLE {}").format(self._role))

    def _refused(self, explain: str) -> str | None:
        try:
            self._connection.execute(explain.encode())
        except psycopg.errors.InsufficientPrivilege as error:
            if (denied := _DENIED.match(str(error))) is None:
                raise
            return denied[1]
        return None


def needs_of_all(connection: psycopg.Connection, role: str) -> Mapping[str, Needs]:
    """What each statement needs, by `file: name`."""
    prober = Prober(connection, role)
    return {label: prober.needs(statement) for label, statement in statements_here(connection)}
