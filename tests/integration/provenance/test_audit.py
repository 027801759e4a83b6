"""Who changed what is kept, and cannot be changed past the audit without a trace."""

from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg.rows import dict_row

from services.api.access.role import Role
from services.api.access.tokens import token_sha256
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.energy.rollup.adapt import adapt
from services.provenance.audited import AUDITED, audit_mark
from services.provenance.found import Verification
from services.provenance.sealing import Sealing
from services.provenance.verify import verify
from tests.integration.alerted import Raised
from tests.integration.registered import JUNGAR, Registered
from tests.signed_in import ADMINISTRATOR_KEY, add_with_key, bearer

pytestmark = pytest.mark.store


class Watched:
    """A database with two meters and an alert, all in the audit and sealed."""

    def __init__(self, client: TestClient, database_url: str, registered: Registered, raised: Raised) -> None:
        self.url = database_url
        self.client = client
        owner = registered.enterprise()
        unit, gateway = registered.unit(owner), registered.gateway(owner, code="G-M")
        for code in ("M-1", "M-2"):
            registered.meter(code=code, unit_code=unit, gateway_code=gateway)
        self.alert = raised.alert(subject_kind="unit", subject_code=unit, enterprise_code=owner)
        self.seal()

    def seal(self) -> None:
        """Seal what waits, as the roll-up does."""
        with connect(self.url, role=DatabaseRole.ROLLUP, application_name="test-sealing") as connection:
            adapt(connection)
            Sealing(connection).when_due()

    def tamper(self, *statements: str) -> None:
        """Change the database past its triggers, as its owner can."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                connection.execute(statement.encode())

    def audit(self, condition: str = "true") -> list[dict[str, Any]]:
        """Entries of the audit in their order."""
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            return connection.execute(f"SELECT * FROM audit WHERE {condition} ORDER BY entry_id".encode()).fetchall()

    def verify(self, **given: Any) -> Verification:
        """What verify finds."""
        return verify(self.url, **given)

    def differences(self, **given: Any) -> list[str]:
        """What differs, in words."""
        return self.verify(**given).differences.told


@pytest.fixture
def watched(client: TestClient, database_url: str, registered: Registered, raised: Raised) -> Watched:
    return Watched(client, database_url, registered, raised)


def test_what_the_api_and_the_services_changed_stands_as_the_audit_says(watched: Watched) -> None:
    found = watched.verify()
    assert found.well, found.lines()
    assert found.waiting == 0
    assert found.transactions >= 6
    meters = watched.audit("kind = 'meter' AND action = 'insert'")
    assert [entry["subject"] for entry in meters] == ["M-1", "M-2"]
    assert meters[0]["after"]["code"] == "M-1"
    terms = watched.audit("kind = 'meter_term'")
    assert [(entry["subject"], entry["action"]) for entry in terms] == [("M-1", "insert"), ("M-2", "insert")]


def test_two_meter_codes_swapped_by_the_owner_of_the_database_are_named(watched: Watched) -> None:
    watched.tamper(
        "UPDATE meter SET code = 'X' WHERE code = 'M-1'",
        "UPDATE meter SET code = 'M-1' WHERE code = 'M-2'",
        "UPDATE meter SET code = 'M-2' WHERE code = 'X'",
    )
    first, second = watched.differences()
    assert first.startswith("meter M-1 (number 1) is not as it was left by entry ")
    assert first.endswith(": code is 'M-2', and was 'M-1'")
    assert second.endswith(": code is 'M-1', and was 'M-2'")


def test_an_alert_removed_with_its_history_is_named(watched: Watched) -> None:
    watched.tamper(
        "DELETE FROM alert_state",
        "DELETE FROM alert_step",
        "DELETE FROM alert_event",
        "DELETE FROM alert",
    )
    told = watched.differences()
    assert any(text.startswith(f"alert {watched.alert} is gone, and no entry of the audit removed it") for text in told)


def test_an_alert_removed_with_the_audit_on_is_named_too(watched: Watched, database: psycopg.Connection) -> None:
    for table in ("alert_step", "alert_event", "alert"):
        database.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
    database.execute("ALTER TABLE alert ENABLE TRIGGER audit_delete")
    database.execute("DELETE FROM alert_state")
    database.execute("DELETE FROM alert_step")
    database.execute("DELETE FROM alert_event")
    database.execute("DELETE FROM alert")
    for table in ("alert_step", "alert_event", "alert"):
        database.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())
    watched.seal()
    told = watched.differences()
    assert any(f"alert {watched.alert} was removed by entry" in text and "rows of alert stay" in text for text in told)


FORGED_KEY = (
    "INSERT INTO api_key (account_id, name, token_sha256, created_by)"
    " SELECT account_id, 'x', sha256('enk_forged'::bytea), name FROM user_account WHERE name = 'admin'"
)


def test_a_key_that_was_forged_used_and_removed_is_named(watched: Watched) -> None:
    watched.tamper(FORGED_KEY)
    answer = watched.client.patch("/api/v1/meters/M-1", json={"name_zh": "总表"}, headers=bearer("enk_forged"))
    assert answer.status_code == 200, answer.text
    watched.tamper("DELETE FROM api_key WHERE name = 'x'")
    watched.seal()
    (told,) = watched.differences()
    assert told.startswith("meter M-1, update of ")
    assert told.endswith(" of the audit: api_key 3 could not act then, by all that the audit knows")


def test_an_account_that_was_forged_used_and_removed_is_named(watched: Watched) -> None:
    watched.tamper(
        "INSERT INTO user_account (name, display_name, role) VALUES ('nobody', 'x', 'administrator')",
        FORGED_KEY.replace("'admin'", "'nobody'"),
    )
    answer = watched.client.patch("/api/v1/meters/M-1", json={"name_zh": "总表"}, headers=bearer("enk_forged"))
    assert answer.status_code == 200, answer.text
    watched.tamper("DELETE FROM api_key WHERE name = 'x'", "DELETE FROM user_account WHERE name = 'nobody'")
    watched.seal()
    told = watched.differences()
    assert len(told) == 2
    assert all(text.startswith("meter M-1, update of ") for text in told)
    assert any(": account nobody could not act then" in text for text in told)


def test_a_key_that_was_forged_and_stands_is_named(watched: Watched) -> None:
    watched.tamper(FORGED_KEY)
    assert watched.differences() == ["api_key 1 (number 3) stands, and no entry of the audit added it"]


def test_a_key_that_was_withdrawn_and_given_back_for_a_while_is_named(
    watched: Watched, database: psycopg.Connection
) -> None:
    with psycopg.connect(watched.url) as connection:
        add_with_key(connection, "bayar", Role.ADMINISTRATOR, key="enk_bayar")
    database.execute("UPDATE api_key SET revoked_at = now() - interval '2 minutes' WHERE key_id = 3")
    watched.seal()
    watched.tamper("UPDATE api_key SET revoked_at = NULL WHERE key_id = 3")
    watched.client.patch("/api/v1/meters/M-1", json={"name_zh": "总表"}, headers=bearer("enk_bayar"))
    # As if the key had been withdrawn some minutes before.
    watched.tamper("UPDATE audit SET at = at - interval '2 minutes' WHERE kind = 'api_key'")
    assert any(": api_key 3 could not act then" in text for text in watched.differences())


def test_a_role_that_was_raised_past_the_audit_is_named(watched: Watched, database: psycopg.Connection) -> None:
    add_with_key(database, "wang", Role.SUPERVISOR, key="enk_wang", area=JUNGAR)
    watched.seal()
    watched.tamper("UPDATE user_account SET role = 'administrator', area_code = NULL WHERE name = 'wang'")
    (told,) = watched.differences()
    assert told.startswith("user_account wang (number 3) is not as it was left by entry ")
    assert told.endswith(": area_code is None, and was '150622'; role is 'administrator', and was 'supervisor'")


def test_a_key_that_was_exchanged_is_named_and_never_shown(watched: Watched) -> None:
    entry = watched.audit("kind = 'api_key'")[0]
    assert entry["after"]["token_sha256"] == audit_mark(token_sha256(ADMINISTRATOR_KEY))
    watched.tamper("UPDATE api_key SET token_sha256 = sha256('known'::bytea) WHERE key_id = 1")
    (told,) = watched.differences()
    assert told.startswith("api_key admin (number 1) is not as it was left by entry ")
    assert "token_sha256 is 'sha256 " in told


def test_what_was_tampered_with_is_not_made_good_by_the_next_change(watched: Watched) -> None:
    watched.tamper("UPDATE meter SET multiplier = 2 WHERE code = 'M-1'")
    assert watched.client.patch("/api/v1/meters/M-1", json={"name_zh": "总表"}).status_code == 200
    watched.seal()
    (told,) = watched.differences()
    assert told.startswith("entry ")
    assert "(meter M-1, " in told
    assert told.endswith(": multiplier is 2, and was 1")


def test_triggers_that_are_off_are_told(watched: Watched, database: psycopg.Connection) -> None:
    database.execute("ALTER TABLE meter DISABLE TRIGGER audit_update")
    assert watched.differences() == ["updates of meter are not kept in the audit: its trigger is gone, off, or another"]


def test_a_function_that_keeps_less_is_told(watched: Watched, database: psycopg.Connection) -> None:
    database.execute(
        "CREATE OR REPLACE FUNCTION audit_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
    )
    assert watched.differences() == ["function audit_change() of the database is another than this version has, or off"]


def test_a_right_in_the_database_that_was_given_by_hand_is_named(
    watched: Watched, database: psycopg.Connection
) -> None:
    database.execute("GRANT UPDATE ON reading TO enermon_api")
    database.execute("GRANT SELECT ON user_account TO PUBLIC")
    assert sorted(watched.differences()) == [
        "everybody may select table user_account, and should not",
        "role enermon_api of the database may update table reading, and should not",
    ]


def test_a_role_of_a_service_that_was_raised_is_named(watched: Watched, database: psycopg.Connection) -> None:
    database.execute("GRANT pg_monitor TO enermon_quality")
    try:
        assert watched.differences() == [
            "role enermon_quality of the database has the rights of pg_monitor, and should not"
        ]
    finally:
        database.execute("REVOKE pg_monitor FROM enermon_quality")


def test_an_entry_that_was_changed_is_named(watched: Watched) -> None:
    watched.tamper("UPDATE audit SET account = 'somebody' WHERE kind = 'gateway'")
    told = watched.differences()
    assert "1 written later (changed or added): entry " in told[0]
    assert "(insert of gateway G-M, " in told[0]


def test_an_entry_that_was_added_is_proved_to_be_added(watched: Watched) -> None:
    watched.tamper(
        "INSERT INTO audit (batch_id, database_role, kind, key, subject, action, after)"
        " SELECT batch_id, database_role, 'park', '9', 'P-9', 'insert', '{}' FROM audit WHERE kind = 'gateway'"
    )
    told = watched.differences()
    assert "1 added later, the others are those that were sealed: entry " in told[0]
    assert told[1].startswith("park P-9 (number 9) is gone")


def test_an_entry_that_was_removed_leaves_its_seal(watched: Watched) -> None:
    watched.tamper("DELETE FROM audit WHERE kind = 'gateway'")
    told = watched.differences()
    assert any(text.startswith("audit ") and text.endswith(" is gone") for text in told)
    assert "gateway G-M (number 1) stands, and no entry of the audit added it" in told


def test_entries_written_past_the_triggers_wait_for_no_seal(watched: Watched) -> None:
    watched.tamper(
        "INSERT INTO audit (batch_id, database_role, kind, key, subject, action, detail)"
        " VALUES (77, 'x', 'export', '', 'meters', 'note', '{}')"
    )
    assert watched.differences() == [
        "audit 77 has no seal and waits for none: it was added past the service, or unsealed"
    ]


@pytest.mark.parametrize("statement", ["UPDATE audit SET account = 'x'", "DELETE FROM audit", "TRUNCATE audit"])
def test_entries_are_only_added(watched: Watched, database: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="rows of audit are only added"):
        database.execute(statement.encode())


def test_what_changed_nothing_is_no_entry(watched: Watched, database: psycopg.Connection) -> None:
    before = len(watched.audit())
    database.execute("UPDATE meter SET code = code")
    database.execute("UPDATE alert SET last_value = '{\"value\": 7}'")
    assert len(watched.audit()) == before
    database.execute("UPDATE alert SET severity = 'notice'")
    assert len(watched.audit()) == before + 1
    watched.seal()
    assert watched.verify().well


def test_what_many_rows_became_is_told_row_by_row(watched: Watched, database: psycopg.Connection) -> None:
    database.execute("UPDATE meter SET name_zh = code || '!'")
    entries = watched.audit("kind = 'meter' AND action = 'update'")
    assert [(each["subject"], each["before"]["code"], each["after"]["name_zh"]) for each in entries] == [
        ("M-1", "M-1", "M-1!"),
        ("M-2", "M-2", "M-2!"),
    ]
    assert entries[0]["batch_id"] == entries[1]["batch_id"]


def test_who_acts_is_what_the_transaction_says(watched: Watched, database: psycopg.Connection) -> None:
    with database.transaction():
        database.execute(
            "SELECT set_config('enermon.account', 'bayar', true), set_config('enermon.request', 'r-1', true)"
        )
        database.execute("UPDATE gateway SET name = 'east'")
    database.execute("UPDATE gateway SET name = 'west'")
    first, second = watched.audit("kind = 'gateway' AND action = 'update'")
    assert (first["account"], first["request"]) == ("bayar", "r-1")
    assert (second["account"], second["request"], second["database_role"]) == (None, None, "enermon")


def test_what_is_rolled_back_leaves_neither_entry_nor_a_batch_that_waits(
    watched: Watched, database: psycopg.Connection
) -> None:
    with database.transaction():
        with database.transaction(force_rollback=True):
            database.execute("UPDATE gateway SET name = 'east'")
        database.execute("UPDATE gateway SET name = 'west'")
    watched.seal()
    assert [entry["after"]["name"] for entry in watched.audit("action = 'update'")] == ["west"]
    assert watched.verify().well


def test_a_membership_that_goes_with_its_enterprise_keeps_its_name(
    watched: Watched, registered: Registered, database: psycopg.Connection
) -> None:
    owner = registered.enterprise()
    database.execute("DELETE FROM enterprise WHERE credit_code = %s", [owner])
    (entry,) = watched.audit("kind = 'membership' AND action = 'delete'")
    assert entry["subject"] == owner
    watched.seal()
    assert watched.verify().well


def test_the_same_rows_are_written_the_same_way_whoever_asks(watched: Watched, database: psycopg.Connection) -> None:
    database.execute("SET timezone = 'Asia/Shanghai'")
    database.execute("SET extra_float_digits = 0")
    database.execute("SET bytea_output = 'escape'")
    database.execute("UPDATE meter_term SET multiplier = 0.1 + 0.2, recorded_at = recorded_at + interval '1 s'")
    database.execute("UPDATE api_key SET token_sha256 = sha256('x'::bytea) WHERE key_id = 1")
    watched.seal()
    assert watched.verify().well, watched.differences()


def test_the_database_and_verify_name_the_same_tables(database: psycopg.Connection) -> None:
    rows = database.execute("SELECT kind, keys, subject, hidden, passed_over FROM audited ORDER BY kind").fetchall()
    declared = [(a.kind, list(a.keys), a.subject, list(a.hidden), list(a.passed_over)) for a in AUDITED]
    assert rows == sorted(declared)


def test_the_keys_are_those_of_the_tables(database: psycopg.Connection) -> None:
    for audited in AUDITED:
        keys = database.execute(
            "SELECT array_agg(attname::text)"
            " FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)"
            " WHERE indisprimary AND indrelid = %s::regclass",
            [audited.kind],
        ).fetchone()
        assert keys is not None
        assert sorted(keys[0]) == sorted(audited.keys), audited.kind
