"""What is dropped changes no sum, now or later, and everything that was sealed still holds."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from typer.testing import CliRunner

from services.cli import app
from services.core.calendar import to_us
from services.core.db.reading_edge import kept_from_us_held, move_edge
from services.provenance.verify import verify
from services.retention.errors import RetentionError
from services.retention.retain import DueDrop, ReadingRetention, Retained
from tests.conftest import copy_of
from tests.integration.line import Line
from tests.integration.retention.kept import (
    EDGE,
    HOUR,
    MONTHS,
    Estate,
    booked_before,
    drop,
    estate,
    kept,
    name_of,
    parts,
    quality_done,
    readings_before,
    seal,
    send_late,
    shanghai,
)
from tests.integration.served import api

FILLED = tuple[str, Estate]


@contextmanager
def filled_with(seed: int, server_url: str, store: str) -> Iterator[FILLED]:
    """A database with readings of before and after the edge, of which copies are made."""
    if store == "embedded":
        pytest.skip("plain PostgreSQL has no chunks to drop")
    with copy_of(server_url) as url:
        found = estate(url, seed)
        quality_done(url)
        yield url, found


@pytest.fixture(scope="module")
def filled(server_url: str, store: str) -> Iterator[FILLED]:
    """One for all tests, which leave it as it is."""
    with filled_with(1, server_url, store) as found:
        yield found


@pytest.mark.parametrize("seed", [1, 2])
def test_what_comes_later_is_booked_as_with_all_readings(server_url: str, store: str, seed: int) -> None:
    with (
        filled_with(seed, server_url, store) as (template, found),
        copy_of(server_url, name_of(template)) as whole,
        copy_of(server_url, name_of(template)) as cut,
    ):
        before = kept(cut)
        done = drop(cut)
        assert isinstance(done, Retained)
        assert done.readings > 3_000
        assert readings_before(cut, done.due.dropped_before) == done.carried > 0
        assert kept(cut) == before
        for url in (whole, cut):
            send_late(url, found, 7)
            seal(url)
            quality_done(url)
        assert kept(cut) == kept(whole)
        assert verify(cut).differences.told == []
        assert drop(cut) is None
        # Years later by the calendar: everything sent so far is older than what is kept, and all meters go on.
        again = drop(cut, months=MONTHS - 5)
        assert isinstance(again, Retained)
        assert again.readings > 1_000
        draw = random.Random(3)
        on = [(meter, again.due.kept_from + i * HOUR, i * 1.5) for meter in found.meters for i in range(60)]
        for url in (whole, cut):
            with api(database_url=url) as client:
                line = Line(client, url)
                for part in parts(draw.sample(on, len(on)), 100):
                    assert not line.send(found.gateway, part)["rejected"]
                    line.roll_up()
            seal(url)
        assert kept(cut) == kept(whole)
        assert verify(cut).differences.told == []


@pytest.fixture
def copied(server_url: str, filled: FILLED) -> Iterator[FILLED]:
    """A copy for one test."""
    with copy_of(server_url, name_of(filled[0])) as url:
        yield url, filled[1]


def test_what_is_older_is_refused_with_a_reason(copied: FILLED) -> None:
    url, found = copied
    drop(url)
    before = booked_before(url, EDGE)
    meter, old = found.meters[0], EDGE - timedelta(days=20)
    with api(database_url=url) as client:
        line = Line(client, url)
        answer = line.send(found.gateway, [(meter, old, 1.0), (meter, EDGE + 400 * HOUR, 1e6)])
        assert answer["stored"] == 1
        (refused,) = answer["rejected"]
        assert (refused["code"], refused["meter"]) == ("not_kept", meter)
        assert shanghai(EDGE) in refused["detail"]
        listed = client.get(f"/api/v1/meters/{meter}/readings", params={"limit": 1}).json()
        assert listed["kept_from"] == shanghai(EDGE)
        rejected = client.get("/api/v1/rejected-readings", params={"meter": meter}).json()["data"]
        assert [(row["code"], row["value"]) for row in rejected] == [("not_kept", "1.0")]
        reason = {"reason": "现场核实"}
        for path, body in (
            ("corrections", {"ts": (old + HOUR / 2).isoformat(), "kind": "supply", "value": 2.0, **reason}),
            ("terms", {"valid_from": str((EDGE - timedelta(days=1)).date()), "multiplier": 2, **reason}),
            ("settlements", {"from": old.isoformat(), "to": EDGE.isoformat(), "action": "set_aside", **reason}),
        ):
            told = client.post(f"/api/v1/meters/{meter}/{path}", json=body)
            assert (told.status_code, told.json()["code"]) == (409, "readings_not_kept"), told.text
            assert shanghai(EDGE) in told.json()["detail"]
        from_then_on = {"valid_from": str(EDGE.date()), "multiplier": 2, **reason}
        assert client.post(f"/api/v1/meters/{meter}/terms", json=from_then_on).status_code == 201
        line.roll_up()
    assert booked_before(url, EDGE) == before


def test_nothing_goes_before_it_is_booked_and_judged(copied: FILLED) -> None:
    url, found = copied
    with api(database_url=url) as client:
        Line(client, url).send(found.gateway, [(found.meters[0], EDGE - timedelta(days=59, minutes=30), 7.0)])
    with pytest.raises(RetentionError, match="not done with by: rollup, sealing"):
        drop(url)
    assert readings_before(url, EDGE - timedelta(days=59)) > 0
    with api(database_url=url) as client:
        Line(client, url).roll_up()
    with pytest.raises(RetentionError, match="not done with by: quality, sealing"):
        drop(url)
    seal(url)
    quality_done(url)
    assert isinstance(drop(url), Retained)


def tampered(url: str, statement: str) -> None:
    """As the owner of the database can, past its guards."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement)


def test_what_is_not_as_it_was_sealed_stays(copied: FILLED) -> None:
    url, _ = copied
    tampered(url, f"UPDATE reading SET value = value + 1 WHERE ts = '{shanghai(EDGE - timedelta(days=50))}'")
    count = readings_before(url, EDGE)
    with pytest.raises(RetentionError, match="written later"):
        drop(url)
    assert readings_before(url, EDGE) == count


def test_a_drop_that_was_not_recorded_or_is_recorded_otherwise_shows(copied: FILLED) -> None:
    url, _ = copied
    done = drop(url)
    assert isinstance(done, Retained)
    seal(url)
    assert verify(url).well
    assert "on purpose" in "\n".join(verify(url).lines())
    tampered(url, "UPDATE batch_remainder SET readings = readings - 1")
    assert any("has left of batches is not as it was recorded" in told for told in verify(url).differences.told)
    tampered(url, "UPDATE batch_remainder SET readings = readings + 1")
    assert verify(url).well
    tampered(url, f"DELETE FROM reading WHERE ts < '{shanghai(done.due.dropped_before)}'")
    assert any("missing" in told for told in verify(url).differences.told)


def test_a_chunk_that_goes_without_a_record_shows(copied: FILLED) -> None:
    url, _ = copied
    tampered(url, f"SELECT drop_chunks('reading', '{shanghai(EDGE - timedelta(days=40))}'::timestamptz)")
    assert any("missing" in told for told in verify(url).differences.told)


def test_it_goes_on_after_it_was_killed(copied: FILLED, monkeypatch: pytest.MonkeyPatch) -> None:
    url, _ = copied
    before, count = kept(url), readings_before(url, EDGE)

    def killed(*_given: object, **_more: object) -> None:
        raise KeyboardInterrupt

    for point in ("_wait_for_services", "_verify", "_carry", "_replace"):
        with monkeypatch.context() as patched:
            patched.setattr(ReadingRetention, point, killed)
            with pytest.raises(KeyboardInterrupt):
                drop(url)
        assert readings_before(url, EDGE) == count
    assert isinstance(drop(url), Retained)
    seal(url)
    assert kept(url) == before
    assert verify(url).well


def test_it_says_what_would_go_and_changes_nothing(copied: FILLED) -> None:
    url, _ = copied
    count = readings_before(url, EDGE)
    due = drop(url, dry_run=True)
    assert isinstance(due, DueDrop)
    assert (due.kept_from, due.chunks > 2, due.bytes > 100_000) == (EDGE, True, True)
    assert readings_before(url, EDGE) == count
    with pytest.raises(RetentionError, match="at least 25"):
        drop(url, months=24)


def test_the_command_says_what_it_does(copied: FILLED, monkeypatch: pytest.MonkeyPatch) -> None:
    url, _ = copied
    monkeypatch.setenv("ENERMON_DATABASE_URL", url)

    def told(*words: str, code: int = 0) -> str:
        answer = CliRunner().invoke(app, ["retain", *words])
        assert answer.exit_code == code, answer.output
        return answer.output

    since = f"readings are kept from {shanghai(EDGE)} on"
    assert since in told("--dry-run")
    assert told("--dry-run").startswith("would go: ")
    done = told("--wait", "0")
    assert " readings dropped, " in done
    assert since in done
    assert told().startswith("nothing is due")
    monkeypatch.setenv("ENERMON_KEEP_READINGS_MONTHS", "12")
    assert "at least 25" in told(code=1)
    monkeypatch.setenv("ENERMON_KEEP_READINGS_MONTHS", "0")
    assert "all readings are kept" in told()


def test_who_stores_old_readings_is_waited_for(copied: FILLED) -> None:
    url, _ = copied
    with psycopg.connect(url) as storing, psycopg.connect(url, autocommit=True) as moving:
        assert kept_from_us_held(storing) < to_us(EDGE)
        moving.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable), moving.transaction():
            move_edge(moving, EDGE)
        storing.commit()
        with moving.transaction():
            move_edge(moving, EDGE)
        assert kept_from_us_held(storing) == to_us(EDGE)


def test_plain_postgresql_says_that_it_cannot(database_url: str, store: str) -> None:
    if store == "native":
        pytest.skip("TimescaleDB has chunks")
    with pytest.raises(RetentionError, match="chunks of TimescaleDB"):
        drop(database_url)
