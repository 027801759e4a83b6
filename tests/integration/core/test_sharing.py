"""Those who share a role divide its parts, each of which is that of one alone; what one dies with, others take over."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest

from services.core.db import sharing
from services.core.db.connections import connect
from services.core.db.leading import LockKey, try_to_lead
from services.core.db.roles import DatabaseRole
from services.core.db.sharing import ALL_PARTS, Alone, Share
from services.up.stack import Stack
from tests.integration.core.told import leading, parts
from tests.integration.ports import free_port
from tests.integration.running import environment_of, running, wait_until

pytestmark = pytest.mark.store

COMMANDS = [("rollup", "sealing"), ("quality", "region")]
"""Each with what one of its workers alone does."""


@pytest.mark.parametrize(("command", "alone"), COMMANDS)
def test_two_processes_share_the_meters_and_one_takes_all_when_the_other_is_killed(
    stack: Stack, database_url: str, command: str, alone: str
) -> None:
    ports = [free_port(), free_port()]
    name = command.upper()
    one, other = (
        environment_of(stack, database_url)
        | {f"ENERMON_{name}_METRICS_PORT": str(port), f"ENERMON_{name}_WORKERS": "1"}
        for port in ports
    )
    with running(command, **one) as first:
        wait_until("it has all parts", lambda: parts(ports[0], command) == 16)
        with running(command, **other) as second:
            wait_until("each has half of them", lambda: [parts(port, command) for port in ports] == [8, 8])
            assert [leading(port, command) for port in ports] == [1, 1]
            assert [leading(port, alone) for port in ports] == [1, 0]
            first.kill()
            wait_until("the other has all", lambda: parts(ports[1], command) == 16, within_s=30)
            wait_until("it does what one alone does", lambda: leading(ports[1], alone) == 1, within_s=30)
            assert second.stop() == 0


def test_one_that_leads_alone_as_those_before_did_keeps_those_out_who_share(
    database: psycopg.Connection, stack: Stack, database_url: str
) -> None:
    assert try_to_lead(database, LockKey.ROLLUP)
    with running("rollup", **environment_of(stack, database_url), ENERMON_ROLLUP_WORKERS="1") as waiting:
        waiting.wait_for("another process leads, waiting")
        assert waiting.said("sharing") == []
        database.execute("SELECT pg_advisory_unlock_all()")
        waiting.wait_for("sharing")


@pytest.fixture
def line(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], psycopg.Connection]]:
    """Makes connections of processes that share the roll-up, and look each time who else does."""
    monkeypatch.setattr(sharing, "AGAIN_S", 0.0)
    with ExitStack() as open_lines:

        def make() -> psycopg.Connection:
            made = connect(database_url, role=DatabaseRole.ROLLUP, application_name="test-share")
            open_lines.callback(made.close)
            made.autocommit = True
            made.execute("SELECT pg_advisory_lock_shared(%s)", [int(LockKey.ROLLUP)])
            return made

        yield make


def share_by(connection: psycopg.Connection) -> Share:
    return Share(connection, LockKey.ROLLUP, of_parts=LockKey.ROLLUP_PART)


def test_a_part_is_had_by_another_only_after_it_was_given_back(line: Callable[[], psycopg.Connection]) -> None:
    one = share_by(line())
    assert one.parts() == list(ALL_PARTS)
    other = share_by(line())
    assert other.parts() == []
    left = one.parts()
    assert len(left) == 8
    assert sorted([*left, *other.parts()]) == list(ALL_PARTS)


def test_those_who_are_left_have_the_parts_of_one_that_is_gone(line: Callable[[], psycopg.Connection]) -> None:
    lines = [line() for _ in range(3)]
    shares = [share_by(each) for each in lines]
    assert sorted(len(share.parts()) for share in shares) == [5, 5, 6]
    assert sorted(part for share in shares for part in share.parts()) == list(ALL_PARTS)
    lines.pop().close()
    shares.pop()
    wait_until("they have all", lambda: sorted(part for share in shares for part in share.parts()) == list(ALL_PARTS))
    assert [len(share.parts()) for share in shares] == [8, 8]


def test_seventeen_share_sixteen_parts(line: Callable[[], psycopg.Connection]) -> None:
    shares = [share_by(line()) for _ in range(17)]
    assert sorted(len(share.parts()) for share in shares) == [0] + [1] * 16


def test_only_one_does_what_one_alone_may_do(line: Callable[[], psycopg.Connection]) -> None:
    with Alone(line(), LockKey.SEALING) as first, Alone(line(), LockKey.SEALING) as second:
        assert [first.holds(), second.holds(), first.holds()] == [True, False, True]
