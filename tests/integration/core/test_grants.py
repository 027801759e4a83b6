"""What the roles of the services may do: what their statements need, and nothing more."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch

import psycopg
import pytest
from psycopg import sql

from services.core.db.connections import connect
from services.core.db.grants import bring_to, grants_here
from services.core.db.roles import DatabaseRole
from tests.integration.statements import needs_of_all, statements_here

pytestmark = pytest.mark.store

PROBE = "test_grants_probe"
WORKS_AS = (
    ("core/db/leading.sql: *", "ingest rollup quality alerts"),
    ("core/db/sharing.sql: *", "rollup quality"),
    ("core/db/clock_offset.sql: *", "rollup reader"),
    ("core/db/reading_edge.sql: kept_from", "ingest api rollup"),
    ("core/db/*", ""),
    ("alerts/notify/messages.sql: alerts", "alerts api"),
    ("alerts/observe/sources.sql: *", "alerts api"),
    ("alerts/*", "alerts"),
    ("api/access/accounts.sql: *", "api admit"),
    ("api/registry/sql/membership.sql: areas", "api admit"),
    ("api/open_data/readers.sql: *", ""),
    ("api/*", "api"),
    ("energy/check/*", "reader"),
    ("energy/preview.sql: *", "api"),
    ("energy/rollup/meters.sql: open_*", "rollup"),
    ("energy/rollup/meters.sql: *", "rollup quality api"),
    ("energy/rollup/quality.sql: collection_faults", "rollup quality api"),
    ("energy/rollup/*", "rollup"),
    ("energy/manual.sql: *", "api"),
    ("energy/sums.sql: *", "api alerts"),
    ("ingest/sparkplug/*", "ingest"),
    ("ingest/credentials.sql: users", "reader"),
    ("ingest/credentials.sql: next_end", "reader"),
    ("ingest/credentials.sql: ended_certificates", "reader"),
    ("ingest/credentials.sql: live_hashes", "api"),
    ("ingest/credentials.sql: without_credential", "admit"),
    ("ingest/credentials.sql: certificates_in_use", "admit"),
    ("ingest/credentials.sql: *", "api admit"),
    ("ingest/held.sql: open_held", "api"),
    ("ingest/held.sql: note_held", "api"),
    ("ingest/held.sql: *", "ingest api"),
    ("ingest/counted.sql: *", "ingest api"),
    ("ingest/accepted.sql: *", "ingest api"),
    ("ingest/hj212/keep.sql: *", "ingest"),
    ("ingest/necc/keep.sql: *", "ingest"),
    ("ingest/retention.sql: *", "ingest"),
    ("ingest/retry.sql: *", "api"),
    ("provenance/areas.sql: *", "reader"),
    ("provenance/entries.sql: *", "reader"),
    ("provenance/guards.sql: *", "reader"),
    ("ingest/statuses.sql: *", "ingest"),
    ("ingest/store.sql: *", "ingest api"),
    ("judging/*", "api alerts"),
    ("provenance/notes.sql: *", "api"),
    ("provenance/records.sql: *", "rollup reader"),
    ("provenance/sealing.sql: *", "rollup"),
    ("provenance/rights.sql: *", "reader"),
    ("provenance/state.sql: *", "reader"),
    ("provenance/verify.sql: *", "reader"),
    ("quality/*", "quality"),
    ("retention/*", ""),
    ("upward/*", "alerts"),
)
"""Who runs the statements of a file; the first line that fits counts."""
BESIDE = {
    # Written by COPY.
    *((role, "insert", table) for role in ("api", "ingest") for table in ("reading", "dirty_slot", "late_slot")),
    # Written by triggers.
    ("api", "insert", "step_due"),
    # Asked for in the program.
    ("api", "select", "alembic_version"),
    ("api", "select", "registry_revision"),
    ("alerts", "select", "registry_revision"),
}
"""What is needed and stands in no statement."""
SECRET = frozenset({"user_account", "api_key", "session", "remembered_device"})
"""Tables that only those read who must: they hold what lets people in."""


def roles_of(label: str) -> list[str]:
    return next(roles for pattern, roles in WORKS_AS if fnmatch(label, pattern)).split()


@pytest.fixture(scope="module")
def owner(module_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def probe(owner: psycopg.Connection) -> Iterator[str]:
    """A role that may do nothing with tables, and what every service may with functions and the views of `open`."""
    named = sql.Identifier(PROBE)
    owner.execute(sql.SQL("CREATE ROLE {}").format(named))
    owner.execute(sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}").format(named))
    owner.execute(sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pg_catalog TO {}").format(named))
    owner.execute(sql.SQL("GRANT USAGE ON SCHEMA open TO {}").format(named))
    owner.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA open TO {}").format(named))
    yield PROBE
    owner.execute("RESET ROLE")
    owner.execute(sql.SQL("DROP OWNED BY {}").format(named))
    owner.execute(sql.SQL("DROP ROLE {}").format(named))


def relations(connection: psycopg.Connection) -> set[tuple[str, str]]:
    """Tables, views, sequences and functions with the rights of their owner; not of identity columns, no parts."""
    found = connection.execute(
        "SELECT CASE WHEN relnamespace = 'open'::regnamespace THEN 'open view'"
        " WHEN relkind = 'S' THEN 'sequence' ELSE 'table' END, relname"
        " FROM pg_class LEFT JOIN pg_depend"
        " ON pg_depend.classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype IN ('e', 'i')"
        " AND refobjid <> pg_class.oid"
        " WHERE relnamespace IN ('public'::regnamespace, 'open'::regnamespace) AND relkind IN ('r', 'p', 'v', 'S')"
        " AND objid IS NULL"
        " AND NOT relispartition"
        " UNION ALL SELECT 'function', proname FROM pg_proc"
        " LEFT JOIN pg_depend ON pg_depend.classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e'"
        " WHERE pronamespace = 'public'::regnamespace AND prosecdef AND objid IS NULL"
    )
    return {(kind, name) for kind, name in found}


def test_each_table_view_sequence_and_function_with_its_owners_rights_has_its_line(owner: psycopg.Connection) -> None:
    assert grants_here().relations == relations(owner)


def test_each_role_may_do_what_its_statements_need_and_nothing_more(owner: psycopg.Connection, probe: str) -> None:
    tables = {name for kind, name in relations(owner) if kind == "table"}
    needed = BESIDE | {("reader", "select", name) for name in tables - SECRET}
    needs = needs_of_all(owner, probe)
    for label, statement in statements_here(owner):
        named = set(re.findall(r"\b(?:FROM|JOIN) (\w+)", statement.text)) & tables if statement.is_part else set()
        of_one = needs[label] | {(name, "select") for name in named}
        needed |= {(role, privilege, name) for role in roles_of(label) for name, privilege in of_one}
    granted = {
        (each.role.removeprefix("enermon_"), each.privilege, each.name)
        for each in grants_here().grants
        if each.kind == "table"
    }
    assert {"missing": needed - granted, "too much": granted - needed} == {"missing": set(), "too much": set()}


@contextmanager
def working_as(url: str, role: DatabaseRole) -> Iterator[psycopg.Connection]:
    with connect(url, role=role, application_name="test-grants") as connection:
        connection.autocommit = True
        yield connection


ATTACKS = {
    "runs a program": "COPY rejected_message (payload) FROM PROGRAM 'id'",
    "writes a file": "COPY (SELECT 1) TO '/tmp/enermon-attack'",
    "reads passwords": "SELECT rolpassword FROM pg_authid",
    "drops a table": "DROP TABLE reading",
    "changes a table": "ALTER TABLE reading DISABLE TRIGGER ALL",
    "empties a table": "TRUNCATE seal",
    "changes what was read": "UPDATE reading SET value = 0",
    "takes readings away": "DELETE FROM reading",
    "writes a function": "CREATE FUNCTION public.attack() RETURNS void LANGUAGE sql AS ''",
    "makes a table": "CREATE TABLE public.attack (n integer)",
    "passes triggers by": "SET session_replication_role = replica",
    "becomes the owner": "ALTER TABLE reading OWNER TO CURRENT_USER",
    "becomes another": "GRANT pg_execute_server_program TO CURRENT_USER",
    "makes itself a superuser": "ALTER ROLE CURRENT_USER SUPERUSER",
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("role", DatabaseRole)
def test_no_service_may_do_what_only_the_owner_may(module_database_url: str, role: DatabaseRole, attack: str) -> None:
    with working_as(module_database_url, role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(ATTACKS[attack].encode())


def test_a_view_shows_no_more_than_whoever_asks_may_read(owner: psycopg.Connection) -> None:
    """A view with the rights of its owner would pass by the rows that are held back from a role."""
    options = owner.execute(
        "SELECT relname, reloptions FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    assert len(options) > 10
    assert [name for name, option in options if "security_invoker=true" not in (option or [])] == []


class TestAnUpgrade:
    """What it changes of the rights, and what not."""

    @pytest.fixture
    def by_hand(self, database_url: str) -> Iterator[psycopg.Connection]:
        with psycopg.connect(database_url, autocommit=True) as connection:
            bring_to(connection, grants_here())  # those of the database itself do not come with its template
            assert bring_to(connection, grants_here()) == []
            yield connection

    def test_takes_back_what_was_granted_by_hand(self, by_hand: psycopg.Connection) -> None:
        by_hand.execute("GRANT UPDATE ON reading TO enermon_api")
        by_hand.execute("GRANT SELECT ON corrector TO PUBLIC")
        by_hand.execute("REVOKE INSERT ON reading FROM enermon_ingest")
        assert bring_to(by_hand, grants_here()) == [
            'GRANT INSERT ON TABLE "reading" TO "enermon_ingest"',
            'REVOKE SELECT ON TABLE "corrector" FROM PUBLIC',
            'REVOKE UPDATE ON TABLE "reading" FROM "enermon_api"',
        ]

    def test_makes_a_view_that_was_replaced_read_as_whoever_asks_again(self, by_hand: psycopg.Connection) -> None:
        by_hand.execute("CREATE OR REPLACE VIEW meter_term_now AS SELECT * FROM meter_term WHERE withdrawn_at IS NULL")
        assert bring_to(by_hand, grants_here()) == ['ALTER VIEW "meter_term_now" SET (security_invoker = true)']

    def test_leaves_other_users_and_tables_alone(self, by_hand: psycopg.Connection) -> None:
        by_hand.execute("CREATE TABLE report_of_mine (n integer)")
        by_hand.execute("GRANT SELECT ON report_of_mine TO PUBLIC")
        by_hand.execute("GRANT SELECT ON energy_day TO pg_monitor")
        assert bring_to(by_hand, grants_here()) == []

    def test_takes_from_everybody_what_nobody_needs(self, by_hand: psycopg.Connection) -> None:
        """Whoever may log in makes no tables, not even for a while."""
        may = by_hand.execute(
            "SELECT has_database_privilege('pg_monitor', current_database(), 'TEMPORARY'),"
            " has_schema_privilege('pg_monitor', 'public', 'CREATE'),"
            " has_database_privilege('enermon_rollup', current_database(), 'TEMPORARY')"
        ).fetchone()
        assert may == (False, False, False)
