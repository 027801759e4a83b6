"""Compressed chunks of readings: proved on the Community edition by `make test-community`, refused elsewhere."""

import os
import uuid
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from services.cli import app
from services.core.clock import utc_now
from services.core.db.compressing import Compressed, compress
from services.core.db.migrate import upgrade
from services.provenance.verify import verify
from services.retention.retain import Retained
from tests.integration.retention.kept import (
    drop,
    estate,
    kept,
    quality_done,
    readings_before,
    seal,
    send_late,
)
from tests.signed_in import add_administrators

COMMUNITY = os.environ.get("ENERMON_COMMUNITY_URL", "")
LATE_DAYS = timedelta(days=90)


def test_an_edition_that_cannot_says_so(database_url: str, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERMON_DATABASE_URL", database_url)
    told = CliRunner().invoke(app, ["compress"])
    edition = "plain PostgreSQL" if store == "embedded" else "TimescaleDB Apache edition: no compression"
    assert (told.exit_code, edition in told.stderr) == (1, True)


@pytest.fixture
def community() -> Iterator[list[str]]:
    """Two databases of that edition."""
    if not COMMUNITY:
        pytest.skip("NOT CHECKED: the Community edition of TimescaleDB; make test-community does, with a registry")
    names = [f"community_{uuid.uuid4().hex[:8]}" for _ in range(2)]
    with psycopg.connect(COMMUNITY, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name}")
        urls = [make_url(COMMUNITY).set(database=name).render_as_string(hide_password=False) for name in names]
        for url in urls:
            upgrade(url)
            add_administrators(url)
        yield urls
        for name in names:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_what_comes_late_into_compressed_chunks_is_booked_as_into_others(community: list[str]) -> None:
    plain, small = community
    found = estate(plain, 1)
    assert estate(small, 1).late == found.late
    done = compress(small, older_than=LATE_DAYS, now=utc_now())
    print(f"{done.chunks} chunks: {done.bytes_before} bytes compressed to {done.bytes_after}")
    assert done.chunks > 5
    assert done.bytes_after < done.bytes_before
    assert kept(small) == kept(plain)
    for url in community:
        send_late(url, found, 7)
        seal(url)
        quality_done(url)
    assert kept(small) == kept(plain)
    assert verify(small).differences.told == []
    assert compress(small, older_than=LATE_DAYS, now=utc_now()) == Compressed(0, 0, 0)
    gone = drop(small)
    assert isinstance(gone, Retained)
    assert readings_before(small, gone.due.dropped_before) == gone.carried
    seal(small)
    assert kept(small) == kept(plain)
    assert verify(small).differences.told == []
