"""What is done to the processes while gateways send: each fault strikes, holds for a while, and ends."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
from psycopg import sql

from services.up.errors import StartError
from tests.chaos.stage import RECOVERS_WITHIN_S, Stage
from tests.integration.running import wait_until

_pause = threading.Event().wait


@dataclass(frozen=True)
class Fault:
    """strike: is given the stage, how long to hold (seconds), and a draw."""

    name: str
    what: str
    strike: Callable[[Stage, float, random.Random], None]
    lasting: bool = False
    """Whether it is held for a long time in the long form: the others are struck in a moment."""


def ingest_killed(stage: Stage, hold_s: float, draw: random.Random) -> None:
    """Some or all, at a moment of chance."""
    _pause(draw.uniform(0.0, 0.5))
    for ingest in draw.sample(stage.ingests, draw.randint(1, len(stage.ingests))):
        ingest.kill()


def ingest_killed_storing(stage: Stage, hold_s: float, draw: random.Random) -> None:
    """While its transaction waits for a lock, with a batch copied and not committed."""
    with stage.database() as connection, _locked(connection, "reading"):
        _wait_for_lock(connection, "enermon-ingest")
        for ingest in stage.ingests:
            ingest.kill()


def ingest_killed_unanswered(stage: Stage, hold_s: float, draw: random.Random) -> None:
    """After commits whose acknowledgements and answers never left: the line to the broker stands still."""
    stage.proxies.ingest_broker.stall()
    _pause(draw.uniform(0.5, 1.5))
    for ingest in stage.ingests:
        ingest.kill()
    stage.proxies.ingest_broker.cut()


def rollup_killed_summing(stage: Stage, hold_s: float, draw: random.Random) -> None:
    """In the middle of a transaction: slots are written, and the sums of a place wait for a lock."""
    table = draw.choice(["energy_day", "energy_month", "ledger_hour", "ledger_month"])
    with stage.database() as connection, _locked(connection, table):
        _wait_for_lock(connection, "enermon-rollup")
        for rollup in stage.rollups:
            rollup.kill()


def api_killed(stage: Stage, hold_s: float, draw: random.Random) -> None:
    """With what it was asked."""
    stage.api_process.kill()


def gateways_killed(stage: Stage, hold_s: float, draw: random.Random) -> None:
    """Their power fails; what they had not been answered they still have."""
    stage.senders["normal"].kill()


def other_formats_killed(stage: Stage, hold_s: float, draw: random.Random) -> None:
    """The services of other formats and their gateways, in an order of chance."""
    assert stage.others.sender is not None
    killed = [*stage.takers, stage.others.sender]
    draw.shuffle(killed)
    for kept in killed:
        kept.kill()
        _pause(draw.uniform(0.0, 0.3))


def broker_killed(stage: Stage, hold_s: float, draw: random.Random) -> None:
    """With what it held in memory."""
    stage.stack.broker.kill()
    _pause(hold_s)
    stage.stack.broker.start()


def database_stopped_at_once(stage: Stage, hold_s: float, draw: random.Random) -> None:
    """As `pg_ctl stop -m immediate` does it: SIGQUIT, no checkpoint; recovered at the next start."""
    child = stage.stack.database.child
    assert child is not None
    os.kill(child.pid, signal.SIGQUIT)
    assert child.wait(60) is not None, "PostgreSQL does not stop at once"
    _pause(hold_s)
    stage.stack.database.start()


def database_killed(stage: Stage, hold_s: float, draw: random.Random) -> None:
    """kill -9 of server and all its backends."""
    stage.stack.database.kill()
    _pause(hold_s)
    stage.stack.database.start()


def backend_killed(stage: Stage, hold_s: float, draw: random.Random) -> None:
    """kill -9 of one backend: the server throws everybody out and recovers by itself."""
    with stage.database() as connection:
        row = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = %s",
            [draw.choice(["enermon-ingest", "enermon-rollup"])],
        ).fetchone()
        assert row is not None
        os.kill(row[0], signal.SIGKILL)


def connections_cut(stage: Stage, hold_s: float, draw: random.Random) -> None:
    """Every line is reset, several times."""
    for _ in range(4):
        for proxy in draw.sample(stage.proxies.all(), 2):
            proxy.cut()
        _pause(draw.uniform(0.1, 0.8))


def connections_stalled(stage: Stage, hold_s: float, draw: random.Random) -> None:
    """Nothing moves on any line, and nobody is told."""
    for proxy in stage.proxies.all():
        proxy.stall()
    _pause(hold_s)
    for proxy in stage.proxies.all():
        proxy.flow()


def database_out_of_reach(stage: Stage, hold_s: float, draw: random.Random) -> None:
    """Connections to the database are refused by the network."""
    lines = [stage.proxies.ingest_database, stage.proxies.rollup_database, stage.proxies.api_database]
    for proxy in lines:
        proxy.refuse()
    _pause(hold_s)
    for proxy in lines:
        proxy.accept()


def database_refuses(stage: Stage, hold_s: float, draw: random.Random) -> None:
    """The server runs, ends every session and lets nobody in."""
    name = sql.Identifier(stage.stack.database_url.rpartition("/")[2])
    with psycopg.connect(stage.stack.database_url.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'enermon%'"
        )
        _pause(hold_s)
        connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))


def disk_full(stage: Stage, hold_s: float, draw: random.Random) -> None:
    """No byte is free where the database writes. If the server ends over it, it is started when there is room again."""
    stage.volume.fill()
    try:
        _pause(hold_s)
    finally:
        stage.volume.free()
    if stage.stack.database.exit_code() is not None:
        with suppress(StartError):
            stage.stack.database.stop()
        stage.stack.database.start()


@contextmanager
def _locked(connection: psycopg.Connection, table: str) -> Iterator[None]:
    """Nobody writes to the table meanwhile."""
    with connection.transaction():
        connection.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(sql.Identifier(table)))
        yield


def _wait_for_lock(connection: psycopg.Connection, application: str) -> None:
    question = "SELECT FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'"

    def waits() -> bool:
        connection.execute("SELECT pg_stat_clear_snapshot()")
        return connection.execute(question, [application]).fetchone() is not None

    wait_until(f"{application} waits for the lock", waits, within_s=RECOVERS_WITHIN_S)


FAULTS = (
    Fault("ingest killed", "kill -9 at any moment", ingest_killed),
    Fault("ingest killed storing", "kill -9 with a batch copied and not committed", ingest_killed_storing),
    Fault("ingest killed unanswered", "kill -9 with commits that were not answered", ingest_killed_unanswered),
    Fault("roll-up killed summing", "kill -9 in the middle of a transaction", rollup_killed_summing),
    Fault("API killed", "kill -9", api_killed),
    Fault("gateways killed", "kill -9 of the gateways; they keep what was not answered", gateways_killed),
    Fault(
        "other formats killed",
        "kill -9 of the services of other formats, and of their gateways",
        other_formats_killed,
    ),
    Fault("broker killed", "kill -9, with its queues in memory", broker_killed, lasting=True),
    Fault("database stopped at once", "pg_ctl stop -m immediate", database_stopped_at_once, lasting=True),
    Fault("database killed", "kill -9 of all its processes", database_killed, lasting=True),
    Fault("backend killed", "kill -9 of one session's process", backend_killed),
    Fault("connections cut", "resets on all lines", connections_cut),
    Fault("connections stalled", "no byte moves on any line", connections_stalled, lasting=True),
    Fault("database out of reach", "the network refuses connections", database_out_of_reach, lasting=True),
    Fault("database refuses", "sessions ended, none let in", database_refuses, lasting=True),
    Fault("disk full", "no byte free on the disk of the database", disk_full, lasting=True),
)


def struck(
    stage: Stage, fault: Fault, *, hold_s: float, draw: random.Random, answers: int, summed: bool
) -> tuple[float, float | None]:
    """Strike, and wait until gateways are answered again, and sums go on if that is asked; after how long they did."""
    fault.strike(stage, hold_s if fault.lasting else 0.0, draw)
    ended_s = time.monotonic()
    stage.wait_for_answers(answers)
    if summed:
        stage.others.wait_for_more(within_s=RECOVERS_WITHIN_S)
    answered_s = time.monotonic() - ended_s
    if not summed:
        return answered_s, None
    stage.wait_for_roll_up()
    return answered_s, time.monotonic() - ended_s
