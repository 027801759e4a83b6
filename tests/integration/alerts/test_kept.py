"""What the database itself keeps as it was written, whoever writes: history, versions, evidence, attempts."""

import psycopg
import pytest

from tests.integration.alerted import NOW, Raised

pytestmark = pytest.mark.store

CHANGES = [
    "UPDATE alert_event SET at = now()",
    "DELETE FROM alert_event",
    "TRUNCATE alert_event",
    "UPDATE alert_step SET text = 'other'",
    "DELETE FROM alert_step WHERE actor = 'nobody'",
    "UPDATE rule_version SET enabled = false",
    "DELETE FROM rule_version",
    "UPDATE delivery SET detail = 'taken'",
    "DELETE FROM delivery",
    "UPDATE alert SET evidence = '{}'",
    "UPDATE alert SET fired_at = now()",
    "UPDATE alert SET rule = 'other'",
    "UPDATE alert SET subject_kind = 'meter'",
    "UPDATE alert SET subject_code = 'U-2'",
    "DELETE FROM alert",
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_written_of_an_alert_is_not_changed(raised: Raised, database: psycopg.Connection, change: str) -> None:
    raised.rule()
    number = raised.alert()
    raised.event(number, "fired", NOW)
    raised.attempt(raised.message(1, [number]), "failed", "timeout")
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="refused"):
        database.execute(change.encode())


def test_what_an_alert_comes_to_is_written(raised: Raised, database: psycopg.Connection) -> None:
    number = raised.alert()
    database.execute(
        "UPDATE alert SET resolved_at = now(), reopened = 1, rule_version = 2, severity = 'severe', last_value = '{}',"
        " inhibited_by = 'alert:9', evidence = evidence"
    )
    row = database.execute("SELECT rule_version, severity FROM alert WHERE alert_id = %s", [number]).fetchone()
    assert row == (2, "severe")
