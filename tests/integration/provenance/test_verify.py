"""Later tampering with what was stored and sealed shows, and is told as far as can be."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from services.cli import app
from services.core.calendar import SHANGHAI
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.energy.rollup.adapt import adapt
from services.provenance import batches
from services.provenance.found import Verification
from services.provenance.heads import noted_head
from services.provenance.sealing import Sealing
from services.provenance.verify import verify
from tests.integration.line import QUARTER, Line, quarters
from tests.integration.registered import Registered

pytestmark = pytest.mark.store

START = datetime(2026, 3, 2, 8, 0, tzinfo=SHANGHAI)


class Archive:
    """A database with two meters, M-1 and M-2, five batches of readings and one correction, all sealed."""

    def __init__(self, client: TestClient, database_url: str, registered: Registered) -> None:
        self.url = database_url
        self._client = client
        self.line = Line(client, database_url)
        owner = registered.enterprise()
        unit, gateway = registered.unit(owner), registered.gateway(owner, code="G-M")
        for code in ("M-1", "M-2"):
            registered.meter(code=code, unit_code=unit, gateway_code=gateway)
        for hour in range(5):
            at = START + hour * 4 * QUARTER
            self.line.send("G-M", [*quarters("M-1", at, [1.0, 2.0, 3.0, 4.0]), *quarters("M-2", at, [7.5] * 4)])
        entry = {"ts": START.isoformat(), "kind": "replace", "value": 0.5, "reason": "seen"}
        assert client.post("/api/v1/meters/M-1/corrections", json=entry).status_code == 201
        self.seal()

    def seal(self) -> None:
        """Seal what waits, as the roll-up does."""
        with connect(self.url, role=DatabaseRole.ROLLUP, application_name="test-sealing") as connection:
            adapt(connection)
            Sealing(connection).when_due()

    def send_one_more(self) -> None:
        """One more reading of M-1, in a batch of its own."""
        self.line.send("G-M", [("M-1", START + 20 * QUARTER, 5.0)])

    def tamper(self, statement: str) -> None:
        """Change the database past its guards, as its owner can."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(statement.encode())

    def head(self) -> str:
        """The head as the API gives it."""
        return str(self._client.get("/api/v1/seal").json()["head"])

    def verify(self, **given: Any) -> Verification:
        """What verify finds."""
        return verify(self.url, **given)

    def differences(self, **given: Any) -> list[str]:
        """What differs, in words."""
        found = self.verify(**given)
        assert found.well == (not found.differences.told)
        return found.differences.told


@pytest.fixture
def archive(client: TestClient, database_url: str, registered: Registered) -> Archive:
    return Archive(client, database_url, registered)


M1_SECOND = "meter_id = (SELECT meter_id FROM meter WHERE code = 'M-1') AND ts = '2026-03-02T08:15+08'"


def test_what_was_not_touched_agrees(archive: Archive) -> None:
    found = archive.verify()
    assert found.well, found.lines()
    assert (found.seals, found.batches, found.agreeing_batches) == (6 + found.transactions, 5, 5)
    assert (found.readings, found.corrections, found.waiting) == (40, 1, 0)
    assert found.lines()[-1] == "result       everything is as it was sealed"


def test_an_empty_database_agrees(database_url: str) -> None:
    found = verify(database_url)
    assert found.well
    assert found.head is None


def test_a_changed_reading_is_named(archive: Archive) -> None:
    archive.tamper(f"UPDATE reading SET value = 2.5 WHERE {M1_SECOND}")
    (told,) = archive.differences()
    assert "1 written later (changed): M-1 2026-03-02T08:15:00+08:00 2.5" in told
    assert told.startswith("batch 1 of api, received ")


def test_a_deleted_reading_is_told_by_the_hole_it_leaves(archive: Archive) -> None:
    archive.tamper(f"DELETE FROM reading WHERE {M1_SECOND}")
    (told,) = archive.differences()
    assert told.endswith(
        "1 missing; readings are absent there: M-1 between 2026-03-02T08:00:00+08:00 and 2026-03-02T08:30:00+08:00"
    )


def test_an_added_reading_is_proved_to_be_added(archive: Archive) -> None:
    archive.tamper(
        "INSERT INTO reading (meter_id, ts, value, batch_id)"
        " SELECT meter_id, '2026-03-02T08:20+08', 2.2, 1 FROM meter WHERE code = 'M-1'"
    )
    (told,) = archive.differences()
    assert "1 added later, the others are those that were stored: M-1 2026-03-02T08:20:00+08:00 2.2" in told


def test_a_reading_moved_to_another_batch_shows_in_both(archive: Archive) -> None:
    archive.tamper(f"UPDATE reading SET batch_id = 2 WHERE {M1_SECOND}")
    first, second = archive.differences()
    assert first.startswith("batch 1 of api")
    assert "1 missing" in first
    assert second.startswith("batch 2 of api")
    assert "1 added later" in second


def test_a_batch_that_lost_all_its_readings_is_named(archive: Archive) -> None:
    archive.tamper("DELETE FROM reading WHERE batch_id = 3")
    (told,) = archive.differences()
    assert told.endswith("8 readings: all of them are missing")


def test_a_whole_batch_taken_away_shows_in_the_chain(archive: Archive) -> None:
    archive.tamper("DELETE FROM reading WHERE batch_id = 3")
    archive.tamper("DELETE FROM stored_batch WHERE batch_id = 3")
    (told,) = archive.differences()
    assert told.startswith("batch 3, sealed at ")
    assert told.endswith(" is gone")


def test_readings_without_a_batch_are_counted(archive: Archive) -> None:
    archive.tamper("UPDATE reading SET batch_id = 77 WHERE batch_id = 3")
    told = archive.differences()
    assert any(text.startswith("8 readings name batch 77, of which nothing is kept") for text in told)


@pytest.mark.parametrize(
    "change", ["received_at = now() - interval '2 days'", "writer = 'ingest-0'", "digest = sha256('x'::bytea)"]
)
def test_a_changed_record_of_a_batch_shows(archive: Archive, change: str) -> None:
    archive.tamper(f"UPDATE stored_batch SET {change} WHERE batch_id = 2")
    assert archive.differences()[0].startswith("what is kept of batch 2 was changed after it was sealed at ")


@pytest.mark.parametrize("change", ["value = 0.6", "author = 'X'", "reason = 'X'", "recorded_at = now()"])
def test_a_changed_correction_shows(archive: Archive, change: str) -> None:
    archive.tamper(f"UPDATE correction SET {change}")
    assert re.match(r"what is kept of correction \d+ was changed after it was sealed", archive.differences()[0])


def test_a_removed_seal_leaves_a_gap(archive: Archive) -> None:
    archive.tamper("DELETE FROM seal WHERE seal_id = 3")
    told = archive.differences()
    assert "seals 3 to 3 are gone" in told
    assert any("batch 3 has no seal and waits for none" in text for text in told)


def test_a_changed_seal_does_not_follow(archive: Archive) -> None:
    archive.tamper("UPDATE seal SET sealed_at = sealed_at - interval '1 day' WHERE seal_id = 2")
    assert archive.differences() == [
        "seal 2 (batch 2) does not follow from the seal before it: one of them was changed"
    ]


def test_a_batch_added_past_the_service_shows(archive: Archive) -> None:
    archive.send_one_more()
    assert archive.verify().waiting == 1
    archive.tamper("DELETE FROM seal_due")
    (told,) = archive.differences()
    assert told.startswith("batch 6 has no seal and waits for none")


def test_a_head_noted_elsewhere_shows_that_the_chain_was_cut(archive: Archive) -> None:
    archive.send_one_more()
    archive.seal()
    noted = [noted_head(archive.head())]
    assert archive.verify(noted=noted).noted.endswith("0 seals were added since")
    archive.tamper("DELETE FROM reading WHERE batch_id = 6")
    archive.tamper("DELETE FROM stored_batch WHERE batch_id = 6")
    archive.tamper("DELETE FROM seal WHERE seal_id = (SELECT max(seal_id) FROM seal)")
    assert archive.verify().well, "nothing inside the database tells"
    assert archive.differences(noted=noted) == [
        "the noted head is in no seal: the chain was cut off or written anew since it was noted"
    ]


def test_an_older_head_is_still_in_the_chain(archive: Archive) -> None:
    noted = [noted_head(archive.head())]
    archive.send_one_more()
    archive.seal()
    assert archive.verify(noted=noted).noted.endswith("1 seals were added since")


def test_since_a_day_only_what_came_then_is_looked_at(archive: Archive) -> None:
    archive.tamper(f"UPDATE reading SET value = 2.5 WHERE {M1_SECOND}")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    found = archive.verify(since=tomorrow)
    assert (found.well, found.seals, found.batches, found.readings) == (True, 0, 0, 0)
    assert archive.differences(since=tomorrow - timedelta(days=2))


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "GROUP_READINGS", 8)


def test_many_groups_of_batches_are_read_as_one(archive: Archive, small_groups: None) -> None:
    archive.tamper("UPDATE reading SET batch_id = 0 WHERE batch_id = 1")
    archive.tamper("UPDATE reading SET value = 2.5 WHERE batch_id = 4 AND ts = '2026-03-02T11:00+08' AND value = 1")
    told = archive.differences()
    assert [text.split(",")[0] for text in told] == [
        "batch 1 of api",
        "8 readings name batch 0",
        "batch 4 of api",
    ]


def test_sealing_twice_adds_nothing(archive: Archive) -> None:
    head = archive.head()
    archive.tamper("INSERT INTO seal_due (kind, ref_id) VALUES ('batch', 1), ('batch', 99), ('correction', 1)")
    archive.seal()
    assert archive.head() == head
    assert archive.verify().well


def test_the_head_is_told_by_the_api(client: TestClient, archive: Archive) -> None:
    archive.send_one_more()
    head = client.get("/api/v1/seal").json()
    assert (head["seal"], head["waiting"], len(head["head"])) == (archive.verify().seals, 1, 64)
    corrections = client.get("/api/v1/meters/M-1/corrections").json()["data"]
    assert [row["seal"] for row in corrections] == [6]


def test_before_anything_is_sealed_there_is_no_head(client: TestClient) -> None:
    answer = client.get("/api/v1/seal")
    assert (answer.status_code, answer.json()["code"]) == (404, "nothing_sealed")


def test_the_command_says_what_agrees_and_fails_where_something_differs(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENERMON_DATABASE_URL", archive.url)
    run = CliRunner()
    well = run.invoke(app, ["verify", "--head", archive.head()])
    assert (well.exit_code, "everything is as it was sealed" in well.output) == (0, True)
    assert [run.invoke(app, ["verify", "--head", head]).exit_code for head in ("nonsense", "")] == [2, 2]
    assert run.invoke(app, ["verify", "--since", "2026-13-01"]).exit_code == 2
    archive.tamper(f"UPDATE reading SET value = 2.5 WHERE {M1_SECOND}")
    faulty = run.invoke(app, ["verify", "--since", "2026-01-01"])
    assert (faulty.exit_code, "DIFFERS      batch 1 of api" in faulty.output) == (1, True)
