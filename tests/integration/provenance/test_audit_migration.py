"""What stood before there was an audit is taken in as it stands; so are columns that come later."""

from collections.abc import Iterator

import psycopg
import pytest

from services.core.db import migrate
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.energy.rollup.adapt import adapt
from services.provenance.sealing import Sealing
from services.provenance.verify import verify
from services.up.stack import Stack
from tests.integration.migrating import database_of

pytestmark = pytest.mark.store

REGISTERED = """
INSERT INTO area (code, name_zh, name_en, level) VALUES ('150000', 'x', 'x', 'region');
INSERT INTO carrier (code, name_zh, name_en, unit, is_energy) VALUES ('electricity', 'x', 'x', 'kWh', true);
INSERT INTO enterprise (credit_code, name_zh, trade) VALUES ('91150622MA0N0000XF', 'a', 'coke');
INSERT INTO unit (code, enterprise_id, name_zh) SELECT 'U', enterprise_id, 'u' FROM enterprise;
INSERT INTO gateway (code, enterprise_id) SELECT 'G', enterprise_id FROM enterprise;
INSERT INTO meter (code, unit_id, gateway_id, name_zh, kind, carrier, flow, unit_of_measure)
SELECT 'M-1', unit_id, gateway_id, 'm', 'counter', 'electricity', 'input', 'kWh' FROM unit, gateway;
"""


@pytest.fixture
def old_url(stack: Stack) -> Iterator[str]:
    """A database with the schema of before."""
    with database_of(stack, name="test_before_audit", revision="0023") as url:
        yield url


def seal(url: str) -> None:
    with connect(url, role=DatabaseRole.ROLLUP, application_name="test-sealing") as connection:
        adapt(connection)
        Sealing(connection).when_due()


def test_what_stood_before_is_the_first_state_and_later_columns_are_taken_in(old_url: str) -> None:
    with psycopg.connect(old_url, autocommit=True) as connection:
        connection.execute(REGISTERED.encode())
    migrate.upgrade(old_url)
    seal(old_url)
    found = verify(old_url)
    assert found.well, found.lines()
    with psycopg.connect(old_url, autocommit=True) as connection:
        taken = connection.execute("SELECT kind, subject, action, account FROM audit ORDER BY kind").fetchall()
        assert taken == [
            ("enterprise", "91150622MA0N0000XF", "taken_in", None),
            ("gateway", "G", "taken_in", None),
            ("meter", "M-1", "taken_in", None),
            ("meter_term", "M-1", "taken_in", None),
            ("unit", "U", "taken_in", None),
        ]
        connection.execute("ALTER TABLE gateway ADD COLUMN place text NOT NULL DEFAULT 'hall 1'")
        connection.execute("ALTER TABLE gateway ALTER place DROP DEFAULT")
        assert [text.partition(" is not")[0] for text in verify(old_url).differences.told] == ["gateway G (number 1)"]
    migrate.upgrade(old_url)
    migrate.upgrade(old_url)
    seal(old_url)
    assert verify(old_url).well, verify(old_url).lines()
    with psycopg.connect(old_url, autocommit=True) as connection:
        connection.execute("UPDATE gateway SET name = 'east'")
        entries = connection.execute(
            "SELECT action, after ->> 'place' FROM audit WHERE kind = 'gateway' ORDER BY entry_id"
        )
        assert entries.fetchall() == [("taken_in", None), ("taken_in", "hall 1"), ("update", "hall 1")]
    assert verify(old_url).well


def test_an_upgrade_does_not_make_good_what_was_tampered_with(old_url: str) -> None:
    with psycopg.connect(old_url, autocommit=True) as connection:
        connection.execute(REGISTERED.encode())
    migrate.upgrade(old_url)
    with psycopg.connect(old_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE gateway SET code = 'H'")
        connection.execute("INSERT INTO gateway (code, enterprise_id) SELECT 'I', enterprise_id FROM enterprise")
        connection.execute("ALTER TABLE gateway ADD COLUMN place text")
    migrate.upgrade(old_url)
    forged, changed = verify(old_url).differences.told
    assert forged == "gateway I (number 2) stands, and no entry of the audit added it"
    assert changed.endswith(" takes in more than the upgrade added: code is 'H', and was 'G'")
