"""What a released version has stored comes forward: every reading and sum as it answered, and the next reading counts.

The dumps are of versions as they were run (`make.py`); docs/upgrade.md says how one is added.
"""

import json
import lzma
import random
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from services.api.access.role import Role
from services.core.db import migrate
from services.core.db.connections import connect
from services.core.db.revision import newest_revision
from services.core.db.roles import DatabaseRole, make_roles
from services.energy.check.asked import CheckAsked
from services.energy.check.report import report
from services.energy.rollup.service import RollUp
from services.provenance.sealing import Sealing
from services.provenance.verify import verify
from services.up.postgres import PostgresProgram
from services.up.stack import Stack
from tests.integration.line import Line
from tests.integration.migrating import migrating, revision_of
from tests.integration.released.dumps import FOLDER, answers_of, restore, schema_of
from tests.integration.served import api
from tests.signed_in import ADMINISTRATOR_KEY, add_with_key

LAST = """
SELECT gateway.code, meter.code, reading.ts, reading.value, meter.meter_id
FROM meter
JOIN gateway ON gateway.gateway_id = meter.gateway_id
JOIN reading ON reading.meter_id = meter.meter_id
WHERE meter.kind = 'counter'
ORDER BY meter.meter_id, reading.ts DESC
LIMIT 1
"""
BOOKED = "SELECT sum(quantity_pico) FROM energy_month WHERE meter_id = %(meter_id)s"
VERSIONS = sorted(path.name.removesuffix(".sql.xz") for path in FOLDER.glob("*.sql.xz"))


@pytest.fixture
def empty_url(stack: Stack, store: str) -> Iterator[str]:
    """An empty database."""
    if store != "native":
        pytest.skip("the dumps are restored with psql, which the embedded database has not")
    name = sql.Identifier("test_released")
    with psycopg.connect(stack.database_url, autocommit=True) as server:
        make_roles(server)
        server.execute(sql.SQL("CREATE DATABASE {}").format(name))
    yield make_url(stack.database_url).set(database="test_released").render_as_string(hide_password=False)
    with psycopg.connect(stack.database_url, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_released_version_has_stored_comes_forward(version: str, empty_url: str, database_url: str) -> None:
    program = PostgresProgram.with_timescaledb()
    assert program is not None
    restore(empty_url, FOLDER / f"{version}.sql.xz", program.bin, timescale=True)
    assert _answers(empty_url) == _kept(version), "the dump itself is not what the version answered"
    migrate.upgrade(empty_url)
    here, anew = schema_of(empty_url, program.bin), schema_of(database_url, program.bin)
    assert set(here) ^ set(anew) == set()
    assert _answers(empty_url) == _kept(version)
    _roll_up_and_seal(empty_url)
    assert _answers(empty_url) == _kept(version)
    _assert_well(empty_url)
    assert _what_the_next_reading_adds(empty_url) > 0
    _assert_well(empty_url)


def test_killed_at_any_point_it_goes_on_from_there(empty_url: str, database_url: str) -> None:
    program = PostgresProgram.with_timescaledb()
    assert program is not None
    restore(empty_url, FOLDER / "0.4.0.sql.xz", program.bin, timescale=True)
    drawn, reached = random.Random(15), [revision_of(empty_url)]
    for least, most in ((12, 22), (30, 38), (42, 50)):
        goal, running = f"{drawn.randrange(least, most):04}", migrating(empty_url)
        while revision_of(empty_url) < goal:
            time.sleep(drawn.random() * 0.02)
        running.kill()
        running.communicate()
        reached.append(revision_of(empty_url))
    assert reached == sorted(set(reached))
    assert reached[-1] < newest_revision()
    migrate.upgrade(empty_url)
    here, anew = schema_of(empty_url, program.bin), schema_of(database_url, program.bin)
    assert set(here) ^ set(anew) == set()
    assert _answers(empty_url) == _kept("0.4.0")
    _roll_up_and_seal(empty_url)
    _assert_well(empty_url)


def _what_the_next_reading_adds(url: str) -> Decimal:
    """Send a further reading of the first counter by the API, roll it up, and give what the meter's months gained."""
    with psycopg.connect(url) as connection:
        gateway, meter, at, value, number = connection.execute(LAST).fetchone() or ()
        before = connection.execute(BOOKED, {"meter_id": number}).fetchone()
        add_with_key(connection, "of.the.tests", Role.ADMINISTRATOR, key=ADMINISTRATOR_KEY)
    with api(database_url=url) as client:
        answer = Line(client, url).send(gateway, [(meter, at + timedelta(minutes=15), value + 0.0625)])
    assert (answer["stored"], answer["rejected"]) == (1, [])
    _roll_up_and_seal(url)
    with psycopg.connect(url) as connection:
        after = connection.execute(BOOKED, {"meter_id": number}).fetchone()
    assert before is not None
    assert after is not None
    return Decimal(after[0] - before[0])


def _answers(url: str) -> dict[str, Any]:
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        return answers_of(connection)


def _kept(version: str) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(lzma.decompress((FOLDER / f"{version}.json.xz").read_bytes()))
    return kept


def _roll_up_and_seal(url: str) -> None:
    with connect(url, role=DatabaseRole.ROLLUP, application_name="test-released") as connection:
        rollup = RollUp(connection)
        while rollup.once():
            pass
        Sealing(connection).when_due()


def _assert_well(url: str) -> None:
    found = report(url, asked=CheckAsked())
    assert found.well, found.lines()
    assert found.dirty_slots == 0
    sealed = verify(url)
    assert sealed.well, "\n".join(sealed.lines())
