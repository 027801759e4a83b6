"""One process leads in each role, others wait and take over; no role stands in the way of another."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
import pytest
from prometheus_client import REGISTRY
from psycopg import Notify

from services.core.db.leading import LockKey, Turn, lead_and_serve
from services.core.db.roles import DatabaseRole
from services.up.stack import Stack
from tests.integration.core.told import leading
from tests.integration.ports import free_port
from tests.integration.running import environment_of, running, stop_at_once, wait_until

pytestmark = pytest.mark.store


def reject_of_old(database: psycopg.Connection, *, rows: int) -> None:
    """Rejected readings older than any that are kept."""
    database.execute(
        "INSERT INTO rejected_reading (gateway_code, meter_code, ts_text, value_text, code, detail, received_at)"
        " SELECT 'G-1', 'nobody', '', '', 'unknown_meter', '', now() - interval '10 years' FROM generate_series(1, %s)",
        [rows],
    )


def test_what_was_rejected_is_dropped_while_the_alert_service_leads(
    stack: Stack, database: psycopg.Connection, database_url: str
) -> None:
    environment = environment_of(stack, database_url)
    reject_of_old(database, rows=7)
    with running("alerts", **environment) as alerts:
        alerts.wait_for("leading")
        with running("ingest", **environment):
            wait_until(
                "it is dropped",
                lambda: database.execute("SELECT count(*) FROM rejected_reading").fetchone() == (0,),
                within_s=30,
            )
    assert database.execute("SELECT gateway_code, reason, dropped FROM dropped_count").fetchall() == [("", "age", 7)]


@pytest.mark.parametrize(("command", "role"), [("alerts", "alerts"), ("ingest", "retention")])
def test_second_process_says_that_it_waits_and_takes_over_when_the_first_is_killed(
    stack: Stack, database_url: str, command: str, role: str
) -> None:
    ports = [free_port(), free_port()]
    first_s, second_s = (
        environment_of(stack, database_url)
        | {
            f"ENERMON_{command.upper()}_METRICS_PORT": str(port),
            "ENERMON_INGEST_CLIENT_ID": f"ingest-{port}",
            "ENERMON_INGEST_INSTANCE": str(number),
        }
        for number, port in enumerate(ports)
    )
    with running(command, **first_s) as first:
        first.wait_for("leading")
        with running(command, **second_s) as second:
            second.wait_for("another process leads, waiting")
            assert [said["led_by"] for said in second.said("another process leads, waiting")] == [f"enermon-{role}"]
            assert [leading(port, role) for port in ports] == [1.0, 0.0]
            first.kill()
            second.wait_for("leading")
            assert leading(ports[1], role) == 1.0
            assert second.stop() == 0


class Serving:
    """The loop in a thread: its turns, and what it was told in each."""

    def __init__(self, database_url: str, *, wait_s: float = 600.0) -> None:
        self.begun = 0
        self.told: list[list[str]] = []
        self._wait_s = wait_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=lead_and_serve,
            args=(LockKey.QUALITY, database_url, self._begin),
            kwargs={"role": DatabaseRole.QUALITY, "stopping": self._stopping},
            daemon=True,
        )

    @contextmanager
    def _begin(self, connection: psycopg.Connection) -> Iterator[Turn]:
        connection.execute("LISTEN word")
        self.begun += 1
        yield self._turn

    def _turn(self, told: Sequence[Notify]) -> float:
        self.told.append([notice.payload for notice in told])
        return self._wait_s

    def __enter__(self) -> "Serving":
        self._thread.start()
        wait_until("it leads", lambda: self.told != [])
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(30)
        assert not self._thread.is_alive()
        assert lead_of_loop() == 0


def lead_of_loop() -> float | None:
    return REGISTRY.get_sample_value("enermon_leading", {"role": "quality"})


def test_a_word_of_the_database_ends_the_wait(database: psycopg.Connection, database_url: str) -> None:
    with Serving(database_url) as serving:
        assert lead_of_loop() == 1
        database.execute("NOTIFY word, 'come'")
        wait_until("it has come", lambda: serving.told == [[], ["come"]])


def test_who_has_nothing_more_to_do_takes_turns_again_after_its_wait(database_url: str) -> None:
    with Serving(database_url, wait_s=0.01) as serving:
        wait_until("it has taken three turns", lambda: len(serving.told) >= 3)


def test_connection_that_is_cut_off_ends_the_lead_at_once_though_nothing_is_due(
    database: psycopg.Connection, database_url: str
) -> None:
    with Serving(database_url) as serving:
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'enermon-quality' AND datname = current_database()"
        )
        wait_until("it leads again", lambda: serving.begun == 2 and lead_of_loop() == 1)


def test_it_leads_again_after_a_restart_of_the_database_and_not_meanwhile(stack: Stack, database_url: str) -> None:
    with Serving(database_url) as serving:
        stop_at_once(stack)
        try:
            wait_until("it does not lead", lambda: lead_of_loop() == 0)
        finally:
            stack.database.start()
        wait_until("it leads again", lambda: serving.begun == 2 and lead_of_loop() == 1)


def test_it_waits_while_tables_are_not_there_or_not_granted_yet(
    database: psycopg.Connection, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    @contextmanager
    def begin(connection: psycopg.Connection) -> Iterator[Turn]:
        connection.execute("SELECT FROM not_yet")
        stopping.set()
        yield lambda _told: 0.0

    stopping = threading.Event()
    thread = threading.Thread(
        target=lead_and_serve,
        args=(LockKey.ROLLUP, database_url, begin),
        kwargs={"role": DatabaseRole.ROLLUP, "stopping": stopping},
        daemon=True,
    )
    thread.start()
    wait_until("it waits", lambda: "database not available, waiting" in caplog.messages)
    database.execute("CREATE TABLE not_yet ()")
    wait_until("it is refused", lambda: any("permission denied" in str(vars(one)) for one in caplog.records))
    database.execute("GRANT SELECT ON not_yet TO enermon_rollup")
    thread.join(30)
    assert stopping.is_set()


def test_statement_that_takes_too_long_is_not_called_a_database_that_is_away(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    @contextmanager
    def begin(connection: psycopg.Connection) -> Iterator[Turn]:
        connection.execute("SET statement_timeout = '1ms'")
        yield lambda _told: float(bool(connection.execute("SELECT pg_sleep(60)")))

    stopping = threading.Event()
    thread = threading.Thread(
        target=lead_and_serve,
        args=(LockKey.ROLLUP, database_url, begin),
        kwargs={"role": DatabaseRole.ROLLUP, "stopping": stopping},
        daemon=True,
    )
    thread.start()
    wait_until("it tries again", lambda: caplog.messages.count("statement failed, trying again") == 2)
    stopping.set()
    thread.join(30)
    failures = [vars(one) for one in caplog.records if one.levelname == "WARNING"]
    assert {(one["message"], one["error"], one["role"]) for one in failures} == {
        ("statement failed, trying again", "QueryCanceled", "rollup")
    }
