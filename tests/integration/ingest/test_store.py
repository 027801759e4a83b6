"""A batch is stored alike whether what stands is looked up first or not, whatever of it is new."""

import hashlib
import struct
from itertools import product
from typing import Any

import psycopg
import pytest

from services.core.calendar import SLOT_US
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.ingest import store as intake_store
from services.ingest.arranged import LIVE_US, arrange
from services.ingest.crowding import MOST_A_SLOT
from services.ingest.message import Answer, Checked
from services.ingest.store import store, store_arranged

pytestmark = pytest.mark.store

START_US = 1_767_225_600_000_000  # 2026-01-01
NOW_US = START_US + SLOT_US + LIVE_US
"""The first quarter of the hour is late."""


def message(*readings: tuple[int, int, float], seq: int = 1) -> Checked:
    """(number of the meter, quarter of an hour, value)."""
    return Checked(
        "GW1",
        seq,
        [f"M-{meter}" for meter, _, _ in readings],
        [meter for meter, _, _ in readings],
        [START_US + quarter * SLOT_US for _, quarter, _ in readings],
        [value for _, _, value in readings],
        (),
    )


NEW = [message((2, 0, 5.0), (1, 1, 2.0), (1, 0, 1.0)), message((3, 0, 9.0), seq=2)]
HALF_NEW = [message((1, 0, 1.0), (1, 1, 7.0), (1, 2, 3.0)), message((1, 2, 3.0), (1, 2, 4.0), seq=2)]


def told(answers: list[Answer]) -> list[tuple[int, int, list[str]]]:
    return [(a.stored, a.duplicate, [r["code"] for r in a.rejected]) for a in answers]


@pytest.mark.parametrize("straight", [True, False])
def test_batch_of_new_readings_is_stored_with_its_digest_and_marks(
    database: psycopg.Connection, database_url: str, straight: bool
) -> None:
    with connect(database_url, role=DatabaseRole.INGEST, application_name="test") as connection:
        answers = store_arranged(connection, arrange(NEW, now_us=NOW_US), writer="test", straight=straight)
        assert told(answers) == [(3, 0, []), (1, 0, [])]
    rows = database.execute("SELECT meter_id, ts, value, batch_id FROM reading ORDER BY meter_id, ts").fetchall()
    assert [(meter, value) for meter, _, value, _ in rows] == [(1, 1.0), (1, 2.0), (2, 5.0), (3, 9.0)]
    assert database.execute("SELECT batch_id, readings, writer, digest FROM stored_batch").fetchall() == [
        (rows[0][3], 4, "test", sha256_of_new())
    ]
    assert len({batch for *_, batch in rows}) == 1
    live = database.execute("SELECT meter_id FROM dirty_slot").fetchall()
    late = database.execute("SELECT meter_id FROM late_slot ORDER BY meter_id").fetchall()
    assert ([meter for (meter,) in live], [meter for (meter,) in late]) == ([1], [1, 2, 3])


@pytest.mark.parametrize(("first", "second"), list(product([True, False], repeat=2)))
def test_what_was_there_before_is_told_and_stays(database_url: str, first: bool, second: bool) -> None:
    with connect(database_url, role=DatabaseRole.INGEST, application_name="test") as connection:
        store_arranged(connection, arrange(NEW, now_us=NOW_US), writer="test", straight=first)
        answers = store_arranged(connection, arrange(HALF_NEW, now_us=NOW_US), writer="test", straight=second)
        assert told(answers) == [(1, 1, ["conflict"]), (0, 1, ["conflict"])]
        kept = connection.execute("SELECT value FROM reading WHERE meter_id = 1 ORDER BY ts").fetchall()
        assert [value for (value,) in kept] == [1.0, 2.0, 3.0]
        counts = connection.execute("SELECT readings FROM stored_batch ORDER BY batch_id").fetchall()
        assert [count for (count,) in counts] == [4, 1]


def test_what_another_writer_stores_between_the_look_and_the_copy_is_told_too(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inserted = intake_store._insert

    def after_the_other(connection: psycopg.Connection, *given: Any) -> None:
        monkeypatch.setattr(intake_store, "_insert", inserted)
        with connect(database_url, role=DatabaseRole.INGEST, application_name="other") as other:
            store(other, HALF_NEW, writer="other")
        inserted(connection, *given)

    monkeypatch.setattr(intake_store, "_insert", after_the_other)
    with connect(database_url, role=DatabaseRole.INGEST, application_name="test") as connection:
        answers = store(connection, NEW, writer="test")
        assert told(answers) == [(1, 1, ["conflict"]), (1, 0, [])]
        counts = connection.execute("SELECT writer, readings FROM stored_batch ORDER BY batch_id").fetchall()
        assert counts == [("other", 3), ("test", 2)]


def crowd(first: int, number: int, *, value: float = 1.0, seq: int = 1) -> Checked:
    """So many readings of one meter, a tenth of a millisecond apart, in one slot."""
    times_us = [START_US + i * 100 for i in range(first, first + number)]
    return Checked("GW1", seq, ["M-1"] * number, [1] * number, times_us, [value] * number, ())


@pytest.mark.parametrize("straight", [True, False])
def test_slot_of_a_meter_takes_so_many_readings_and_no_more(database_url: str, straight: bool) -> None:
    with connect(database_url, role=DatabaseRole.INGEST, application_name="test") as connection:

        def stored(*messages: Checked) -> list[tuple[int, int, int]]:
            answers = store_arranged(connection, arrange(messages, now_us=NOW_US), writer="test", straight=straight)
            assert {each["code"] for answer in answers for each in answer.rejected} <= {"crowded"}
            return [(a.stored, a.duplicate, len(a.rejected)) for a in answers]

        assert stored(crowd(0, MOST_A_SLOT - 500)) == [(MOST_A_SLOT - 500, 0, 0)]
        assert stored(crowd(MOST_A_SLOT, 600), crowd(MOST_A_SLOT + 599, 2)) == [(500, 0, 100), (0, 0, 2)]
        assert stored(crowd(MOST_A_SLOT, 600)) == [(0, 500, 100)]  # the first ones stand
        assert stored(message((1, 1, 5.0), (2, 0, 5.0))) == [(2, 0, 0)]


def test_batch_without_readings_stores_none(database_url: str) -> None:
    with connect(database_url, role=DatabaseRole.INGEST, application_name="test") as connection:
        assert told(store(connection, [message()], writer="test")) == [(0, 0, [])]
        assert connection.execute("SELECT count(*) FROM stored_batch").fetchone() == (0,)


def sha256_of_new() -> bytes:
    rows = sorted(row for each in NEW for row in zip(each.meter_ids, each.times_us, each.values, strict=True))
    return hashlib.sha256(b"".join(struct.pack(">iqd", *row) for row in rows)).digest()
