"""One process leads in each role, by an advisory lock of PostgreSQL; others wait to take over.

Some roles are shared: those who have them hold their lock together, and divide the work (`sharing.py`).
"""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from enum import IntEnum, unique

import psycopg
from prometheus_client import Gauge
from psycopg import Notify

from services.core.db.connections import connect
from services.core.db.failures import PASSING, is_away, warn_of
from services.core.db.roles import DatabaseRole
from services.core.db.statements import Statements

log = logging.getLogger("leading")

_sql = Statements.beside(__file__, "leading.sql")

LEADING = Gauge(
    "enermon_leading",
    "1 while this process leads in the role, or has its share of it, 0 while it does not",
    ["role"],
    multiprocess_mode="livemax",
)

AGAIN_S = 1.0
"""How often a process that waits tries to lead, or to reach the database."""
STOPS_WITHIN_S = 0.5
"""The longest that a wait holds up the end of the process."""

_MOST_DOUBLINGS = 5
"""Of AGAIN_S, while one statement after another fails: what costs the database much is not asked for each second."""


@unique
class LockKey(IntEnum):
    """Every advisory lock of Enermon. Two with the same number would keep each other out."""

    # Who leads in a role, or who share it: one number.
    ROLLUP = 4_070_118_001
    ALERTS = 4_070_118_002
    QUALITY = 4_070_118_003
    RETENTION = 4_070_118_004
    SEALING = 4_070_118_006
    REGION = 4_070_118_007
    UPWARD = 4_070_118_009
    RETAINING = 4_070_118_010
    # Who changes the schema, or opens accounts, for as long as the transaction.
    SCHEMA = 4_070_118_005
    ACCOUNT = 4_070_118_008
    # Who moves the edge of readings; who stores old ones shares it, for as long as the transaction.
    READING_EDGE = 4_070_118_011
    # What one transaction at a time adds to: this number and the hash of a name. PostgreSQL keeps keys of two numbers
    # apart from those of one.
    RULE_VERSION = 1
    ALERT_STEP = 2
    STATISTIC = 3
    HEAT_VALUE = 4
    CREDENTIAL = 5
    BULLETIN = 6
    # Who does a part of shared work: this number and that of the part.
    ROLLUP_PART = 7
    QUALITY_PART = 8

    @property
    def role(self) -> str:
        """As logs, metrics and the names of connections say it."""
        return self.name.lower()


Turn = Callable[[Sequence[Notify]], float]
"""Does what is due, given what the database has told meanwhile; for how many seconds there is nothing more to do."""
Begin = Callable[[psycopg.Connection], AbstractContextManager[Turn]]
"""Makes ready to lead on this connection, and clears away when the lead ends."""


def lead_and_serve(
    key: LockKey,
    database_url: str,
    begin: Begin,
    *,
    role: DatabaseRole,
    stopping: threading.Event,
    shared: bool = False,
    on_connected: Callable[[], None] = lambda: None,
) -> None:
    """Take turns whenever this process leads, until `stopping`; the lead lasts as long as the connection.

    A `shared` role is had with others who share it; one process that leads in it keeps them all out.
    Waits while another process leads, while the database or its tables are away, and after a statement that the
    database gave up, longer each time; and says so. Where the connection listens (LISTEN), a notice ends the wait
    between turns. Raises what `begin` and the turns raise for other reasons.
    """
    gauge = LEADING.labels(key.role)
    gauge.set(0)
    failed = 0
    while not stopping.is_set():
        try:
            with closing(connect(database_url, role=role, application_name=f"enermon-{key.role}")) as connection:
                connection.autocommit = True
                if not _lead(connection, key, "try_share" if shared else "try_lead", stopping, on_connected):
                    return
                with begin(connection) as turn:
                    gauge.set(1)
                    log.info("sharing" if shared else "leading", extra={"role": key.role})
                    for _ in _turns(connection, turn, stopping):
                        failed = 0
        except PASSING as error:
            warn_of(error, log, role=key.role)
            stopping.wait(AGAIN_S * 2 ** min(failed, _MOST_DOUBLINGS))
            failed = 0 if is_away(error) else failed + 1
        finally:
            gauge.set(0)


def lead_until_told_to_stop(
    key: LockKey, database_url: str, begin: Begin, *, role: DatabaseRole, shared: bool = False
) -> None:
    """`lead_and_serve` as the work of a process, until SIGTERM or SIGINT; says `ready` when it leads or waits to."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())

    def say_ready() -> None:
        log.info("ready", extra={"role": key.role})

    lead_and_serve(key, database_url, begin, role=role, stopping=stopping, shared=shared, on_connected=say_ready)


def try_to_lead(connection: psycopg.Connection, key: LockKey) -> bool:
    """Whether this connection leads from now on, until it ends. To be asked for as long as it does not."""
    return bool(_sql.run(connection, "try_lead", key=key).scalar_one())


def hold(connection: psycopg.Connection, key: LockKey) -> None:
    """Wait for others that hold this key, and hold it until the transaction ends."""
    _sql.run(connection, "hold", key=key)


def _lead(
    connection: psycopg.Connection, key: LockKey, how: str, stopping: threading.Event, on_connected: Callable[[], None]
) -> bool:
    """Wait until this process leads, or shares, by the statement `how`; False if told to stop before."""
    leads = bool(_sql.run(connection, how, key=key).scalar_one())
    on_connected()
    if not leads:
        led_by = _sql.run(connection, "led_by", key=key).scalar()
        log.info("another process leads, waiting", extra={"role": key.role, "led_by": led_by})
    while not leads:
        if stopping.wait(AGAIN_S):
            return False
        leads = bool(_sql.run(connection, how, key=key).scalar_one())
    return True


def _turns(connection: psycopg.Connection, turn: Turn, stopping: threading.Event) -> Iterator[None]:
    """Take one turn after another, giving word after each."""
    told: Sequence[Notify] = ()
    while not stopping.is_set():
        wait_s = turn(told)
        yield
        told = _wait(connection, wait_s, stopping)


def _wait(connection: psycopg.Connection, wait_s: float, stopping: threading.Event) -> Sequence[Notify]:
    """What the database tells within `wait_s`; the first word ends the wait. A connection that is cut off raises."""
    until_s = time.monotonic() + wait_s
    while not stopping.is_set():
        left_s = max(0.0, until_s - time.monotonic())
        told = list(connection.notifies(timeout=min(left_s, STOPS_WITHIN_S), stop_after=1))
        if told or not left_s:
            return [*told, *connection.notifies(timeout=0)]
    return ()
