"""What guards the rows of the database is as this version has it, or verify names what is not."""

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.provenance.guards import FILE, standing_guards, text_of
from tests.integration.alerted import Raised
from tests.integration.provenance.test_audit import Watched
from tests.integration.registered import Registered

pytestmark = pytest.mark.store


@pytest.fixture
def watched(client: TestClient, database_url: str, registered: Registered, raised: Raised) -> Watched:
    return Watched(client, database_url, registered, raised)


def test_the_guards_of_this_version_are_in_their_file(database: psycopg.Connection) -> None:
    assert text_of(standing_guards(database)) == FILE.read_text("utf-8"), (
        "the schema changed: python -m services.provenance.guards, with ENERMON_DATABASE_URL of a new database"
    )


def test_a_function_that_shadows_one_of_postgresql_fools_nobody(watched: Watched, database: psycopg.Connection) -> None:
    watched.tamper("UPDATE meter SET multiplier = 7 WHERE code = 'M-1'")
    database.execute(
        "CREATE FUNCTION public.to_jsonb(m meter) RETURNS jsonb LANGUAGE sql"
        " AS $$ SELECT pg_catalog.to_jsonb(x) || '{\"multiplier\": 1}' FROM (SELECT m.*) AS x $$"
    )
    told = watched.differences()
    assert any(text.startswith("meter M-1 ") and "multiplier is 7, and was 1" in text for text in told)
    assert any(text.startswith("function to_jsonb(m public.meter) of the database is none of") for text in told)
    answer = watched.client.patch("/api/v1/meters/M-2", json={"name_zh": "总表"})
    assert answer.status_code == 200, answer.text


def test_a_guard_that_was_taken_off_is_all_that_is_named(watched: Watched, database: psycopg.Connection) -> None:
    database.execute("DROP TRIGGER proposal_stays ON proposal")
    assert watched.differences() == ["trigger proposal_stays of proposal is gone from the database"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("ALTER TABLE unit DISABLE ROW LEVEL SECURITY", "row-level security of unit is gone from the database"),
        ("DROP POLICY seen ON enterprise", "policy seen of enterprise is gone from the database"),
        (
            "ALTER POLICY seen ON enterprise USING (true)",
            "policy seen of enterprise of the database is another than this version has, or off",
        ),
        (
            "CREATE POLICY all_seen ON enterprise USING (true)",
            "policy all_seen of enterprise of the database is none of this version",
        ),
        ("DROP TRIGGER only_added ON audit", "trigger only_added of audit is gone from the database"),
        (
            "ALTER TABLE audit DISABLE TRIGGER never_emptied",
            "trigger never_emptied of audit of the database is another than this version has, or off",
        ),
        ("DROP TRIGGER proposal_stays ON proposal", "trigger proposal_stays of proposal is gone from the database"),
        (
            "CREATE OR REPLACE FUNCTION acting_account() RETURNS text LANGUAGE sql STABLE RETURN 'jungar'",
            "function acting_account() of the database is another than this version has, or off",
        ),
        (
            "CREATE OR REPLACE FUNCTION sees_all() RETURNS boolean LANGUAGE sql STABLE RETURN true",
            "function sees_all() of the database is another than this version has, or off",
        ),
        (
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
            "function refuse_change() of the database is another than this version has, or off",
        ),
        (
            "ALTER TABLE audit ALTER account SET DEFAULT 'jungar'",
            "default audit.account of the database is another than this version has, or off",
        ),
        (
            "CREATE RULE silent AS ON INSERT TO api_key DO INSTEAD NOTHING",
            "rule silent of api_key of the database is none of this version",
        ),
    ],
)
def test_a_guard_that_was_taken_off_is_named(
    watched: Watched, database: psycopg.Connection, change: str, named: str
) -> None:
    database.execute(change.encode())
    assert named in watched.differences()


def test_a_foreign_key_that_was_switched_off_is_named(watched: Watched, database: psycopg.Connection) -> None:
    database.execute("ALTER TABLE api_key DISABLE TRIGGER ALL")
    told = watched.differences()
    assert any(text.startswith("trigger RI_ConstraintTrigger") and " of api_key " in text for text in told)


def test_an_area_that_was_renamed_or_moved_is_named(watched: Watched, database: psycopg.Connection) -> None:
    database.execute("UPDATE area SET name_zh = '假' WHERE code = '150622'")
    database.execute("UPDATE area SET parent_code = '150100' WHERE code = '150623'")
    assert watched.differences() == [
        "area 150622 is not as the code list has it: name_zh is '假', and should be '准格尔旗'",
        "area 150623 is not as the code list has it: parent_code is '150100', and should be '150600'",
    ]


NOTE = (
    "INSERT INTO audit (at, account, credential, database_role, kind, key, subject, action, detail)"
    " VALUES (now() {by}, 'admin', {credential}, 'enermon_api', 'export', '', 'meters', 'note', '{{}}')"
)


@pytest.mark.parametrize(("by", "word"), [("- interval '3 minutes'", "after"), ("+ interval '1 hour'", "before")])
def test_an_entry_at_another_time_than_its_own_is_named(
    watched: Watched, database: psycopg.Connection, by: str, word: str
) -> None:
    database.execute(NOTE.format(by=by, credential="NULL").encode())
    watched.seal()
    told = watched.differences()
    assert len(told) == 1
    assert told[0].startswith("entry ")
    assert "(note of export meters, admin) gives " in told[0]
    assert f" as its time, and came {word} " in told[0]


def test_an_entry_of_a_transaction_that_took_a_minute_is_well(watched: Watched, database: psycopg.Connection) -> None:
    database.execute(NOTE.format(by="- interval '1 minute'", credential="NULL").encode())
    watched.seal()
    assert watched.differences() == []


def test_an_entry_by_the_key_of_another_is_named(watched: Watched, database: psycopg.Connection) -> None:
    database.execute(NOTE.format(by="", credential="'api_key 2'").encode())
    watched.seal()
    (told,) = watched.differences()
    assert told.startswith("entry ")
    assert " names admin, and came by api_key 2, which is of " in told
