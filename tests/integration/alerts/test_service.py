"""The alert service as a process: one at a time, and nothing lost or told thrice when it dies."""

import http.server
import json
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from standardwebhooks import Webhook

from services.core.calendar import SHANGHAI
from services.up.stack import Stack
from tests.integration.line import Line
from tests.integration.registered import JUNGAR, Registered
from tests.integration.running import Process, running, stop_at_once, wait_until
from tests.integration.watched import PUE, SILENT, Watch, register_many, service

pytestmark = pytest.mark.store

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KILLS = int(os.environ.get("ENERMON_KILLS", "8"))
QUICK = PUE | {"slug": "pue_hour", "period": "hour", "settle_s": 0}


class Sink:
    """A webhook receiver: what came, and by which id."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.arrived = threading.Event()
        self.answers = threading.Event()
        """While it is not set, what arrives is taken and not answered."""
        self.answers.set()
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                payload = Webhook(SECRET).verify(body, dict(self.headers.items()))
                sink.taken.append((self.headers["webhook-id"], payload))
                sink.arrived.set()
                sink.answers.wait(30)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def told(self, kind: str = "fired") -> Counter[str]:
        """In how many messages each alert, by rule and subject, was told; a message that came twice counts once."""
        by_id = dict(list(self.taken))
        return Counter(
            f"{alert['rule']} {alert['subject_code']}"
            for payload in by_id.values()
            if payload["data"]["kind"] == kind
            for alert in payload["data"]["alerts"]
        )


@pytest.fixture
def sink() -> Iterator[Sink]:
    receiver = Sink()
    yield receiver
    receiver.close()


@pytest.fixture
def environment(database_url: str, tmp_path: Any) -> dict[str, str]:
    """Settings of an alert service that may call this machine, with no shipped rules."""
    (tmp_path / "rules.toml").write_text("", "utf-8")
    return {
        "ENERMON_DATABASE_URL": database_url,
        "ENERMON_DATA": str(tmp_path),
        "ENERMON_WEBHOOK_ALLOW_PRIVATE": "true",
        "ENERMON_WEBHOOK_ALLOW_HTTP": "true",
        "ENERMON_ALERTS_GROUPING_S": "0.5",
        "ENERMON_ALERTS_POLL_S": "0.2",
    }


def centre(registered: Registered, code: str) -> tuple[str, str, str]:
    """A data centre; its gateway, and the meters of its input and of its racks."""
    enterprise = registered.enterprise(trade="data_centre", area_code=JUNGAR)
    unit = registered.unit(enterprise, code=code, name_zh="数据中心", process="data_centre")
    gateway = registered.gateway(enterprise)
    meters = [
        registered.meter(unit_code=unit, gateway_code=gateway, kind="interval", flow=flow)
        for flow in ("input", "it_load")
    ]
    return gateway, meters[0], meters[1]


def last_hour(meters: tuple[str, str], pue: float) -> list[tuple[str, datetime, float]]:
    """Readings of the last complete hour that make this PUE."""
    end = datetime.now(SHANGHAI).replace(minute=0, second=0, microsecond=0)
    quarters = [end - timedelta(minutes=15 * n) for n in (4, 3, 2, 1)]
    return [(meter, at, value) for meter, value in zip(meters, (pue * 100, 100.0), strict=True) for at in quarters]


def told_within(sink: Sink, what: str, hour: int) -> bool:
    """Whether it is told in this hour of the day; waits for it, or for the next hour."""
    wait_until(f"{what} is told", lambda: what in sink.told() or datetime.now(UTC).hour != hour, within_s=120)
    return what in sink.told()


def test_reading_in_breach_is_told_once_by_the_webhook(
    client: TestClient, registered: Registered, database_url: str, watch: Watch, sink: Sink, environment: dict[str, str]
) -> None:
    watch.rule(QUICK)
    watch.subscription(address=sink.url, secrets=[SECRET])
    line = Line(client, database_url)
    centres = {f"DC-{n}": centre(registered, f"DC-{n}") for n in range(12)}
    with running("rollup", ENERMON_DATABASE_URL=database_url), running("alerts", **environment):
        for code, (gateway, *meters) in centres.items():
            told = False
            while not told:
                hour = datetime.now(UTC).hour
                line.send(gateway, last_hour((meters[0], meters[1]), 1.42))
                # where a new hour begins meanwhile, it is the one that must be in breach
                told = told_within(sink, f"pue_hour {code}", hour)
    assert sink.told() == Counter(f"pue_hour {code}" for code in centres)


def test_one_leads_and_another_takes_over_when_it_is_killed(
    watch: Watch, database: psycopg.Connection, sink: Sink, environment: dict[str, str]
) -> None:
    watch.rule(SILENT | {"severity": "severe"})
    watch.subscription("region", address=sink.url, secrets=[SECRET])
    with running("alerts", **environment) as first:
        first.wait_for("leading")
        with running("alerts", **environment) as second:
            register_many(database, 3)
            wait_until("all are told", lambda: len(sink.told()) == 3, within_s=120)
            assert second.said("leading") == []
            first.kill()
            second.wait_for("leading")
            register_many(database, 3, first=3)
            wait_until("all are told", lambda: len(sink.told()) == 6, within_s=120)
            assert second.stop() == 0
    assert set(sink.told().values()) == {1}


def test_kill_at_any_moment_loses_no_message_and_repeats_none_twice(
    watch: Watch, database: psycopg.Connection, sink: Sink, environment: dict[str, str]
) -> None:
    watch.rule(SILENT | {"severity": "severe"})
    for body in ("jungar", "ordos", "region"):
        watch.subscription(body, address=f"{sink.url}/{body}", secrets=[SECRET])
    chance = random.Random(4)

    def waiting() -> bool:
        return database.execute("SELECT 1 FROM message WHERE status <> 'sent' LIMIT 1").fetchone() is not None

    for number in range(KILLS):
        process = Process("alerts", environment)
        process.wait_for("leading")
        # each crash costs a message one repeat at most: what the last one left is sent before the next
        wait_until("what was left is sent", lambda: not waiting(), within_s=120)
        if number % 3 == 0:
            # dies after a message has arrived and before it knows
            sink.answers.clear()
            sink.arrived.clear()
            register_many(database, 20, first=number * 20)
            assert sink.arrived.wait(120)
        else:
            register_many(database, 20, first=number * 20)
            threading.Event().wait(chance.uniform(0, 0.8))
        process.kill()
        sink.answers.set()
    with running("alerts", **environment):
        wait_until("all alerts fire", lambda: watch.events().count("fired") == 20 * KILLS, within_s=120)
        wait_until("all messages are sent", lambda: not waiting(), within_s=120)
    sent = {str(number) for (number,) in database.execute("SELECT message_id FROM message")}
    came = Counter(message_id for message_id, _ in sink.taken)
    assert came.keys() == sent
    print(f"{KILLS} kills: {len(sent)} messages, {sum(n > 1 for n in came.values())} of them came twice")
    assert max(came.values()) <= 2
    each = database.execute(
        "SELECT subscription_id, alert_id, count(*) FROM message, unnest(alert_ids) AS alert_id GROUP BY 1, 2"
    ).fetchall()
    assert {count for _, _, count in each} == {1}
    assert len([1 for subscription, _, _ in each if subscription == max(s for s, _, _ in each)]) == 20 * KILLS


def test_database_server_that_is_restarted_under_breaches_loses_and_repeats_nothing(
    watch: Watch, database_url: str, stack: Stack, sink: Sink, environment: dict[str, str]
) -> None:
    watch.rule(SILENT | {"severity": "severe"})
    watch.subscription("region", address=sink.url, secrets=[SECRET])
    chance = random.Random(7)
    with running("alerts", **environment) as process:
        process.wait_for("leading")
        for number in range(3):
            with psycopg.connect(database_url, autocommit=True) as connection:
                register_many(connection, 5, first=5 * number)
            threading.Event().wait(chance.uniform(0, 0.6))
            stop_at_once(stack)
            try:
                process.wait_for("database not available, waiting", times=number + 1)
            finally:
                stack.database.start()
            process.wait_for("leading", times=number + 2)
        wait_until("all are told", lambda: len(sink.told()) == 15, within_s=120)
    assert set(sink.told().values()) == {1}
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM alert").fetchone() == (15,)
        each = connection.execute(
            "SELECT alert_id, count(*) FROM message, unnest(alert_ids) AS alert_id GROUP BY 1"
        ).fetchall()
    assert [count for _, count in each] == [1] * 15


def test_lost_connections_are_made_again_and_nothing_is_lost(
    watch: Watch, database: psycopg.Connection, sink: Sink, environment: dict[str, str]
) -> None:
    watch.rule(SILENT | {"severity": "severe"})
    watch.subscription("region", address=sink.url, secrets=[SECRET])
    with running("alerts", **environment) as process:
        process.wait_for("leading")
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE 'enermon%' AND datname = current_database()"
        )
        process.wait_for("leading", times=2)
        register_many(database, 3)
        wait_until("all are told", lambda: len(sink.told()) == 3, within_s=120)
    assert set(sink.told().values()) == {1}


def test_storm_of_5000_alerts_makes_one_message_a_subscription(watch: Watch, database_url: str) -> None:
    watch.rule(SILENT | {"severity": "severe"})
    subscriptions = [watch.subscription(body) for body in ("jungar", "ordos", "region")]
    register_many(watch.database, 5000)
    with service(database_url) as alerts:
        alerts.look(datetime.now(UTC))
        alerts.look(datetime.now(UTC))
    told = watch.messages()
    assert [(who, kind) for who, kind, _ in told] == [(who, "fired") for who in subscriptions]
    assert told[-1][2] == 5000
    assert all(len(content["alerts"]) == 20 for content in watch.contents())


def test_each_of_10000_rule_instances_is_evaluated_in_one_cycle(watch: Watch, database_url: str) -> None:
    watch.rule(SILENT | {"hold_s": 300})
    watch.rule(SILENT | {"slug": "silent_too", "hold_s": 300})
    register_many(watch.database, 5000)
    with service(database_url) as alerts:
        alerts.look(datetime.now(UTC))
    states = watch.database.execute(
        "SELECT rule, state, count(*), count(DISTINCT subject_code) FROM alert_state GROUP BY 1, 2 ORDER BY 1"
    ).fetchall()
    assert states == [("silent", "pending", 5000, 5000), ("silent_too", "pending", 5000, 5000)]


def test_shipped_rules_are_written_once_and_an_operators_version_stays(
    database: psycopg.Connection, database_url: str
) -> None:
    def versions() -> dict[str, int]:
        return dict(database.execute("SELECT slug, max(version) FROM rule_version GROUP BY slug").fetchall())

    with running("alerts", ENERMON_DATABASE_URL=database_url) as process:
        process.wait_for("leading")
    shipped = versions()
    assert set(shipped.values()) == {1}
    assert "pue_new_large" in shipped
    database.execute(
        "INSERT INTO rule_version (slug, version, body, enabled, shipped, author)"
        " SELECT slug, 2, body, false, false, 'operator' FROM rule_version WHERE slug = 'pue_new_large'"
    )
    # as another release shipped it
    database.execute(
        "INSERT INTO rule_version (slug, version, body, enabled, shipped, author)"
        " SELECT slug, 2, jsonb_set(body, '{hold_s}', '7'), true, true, author FROM rule_version"
        " WHERE slug = 'pue_day_existing'"
    )
    with running("alerts", ENERMON_DATABASE_URL=database_url) as process:
        process.wait_for("leading")
    assert {slug: version for slug, version in versions().items() if version > 1} == {
        "pue_new_large": 2,
        "pue_day_existing": 3,
    }


def test_service_stops_when_told_and_finds_no_fault_in_that(environment: dict[str, str]) -> None:
    with running("alerts", **environment) as process:
        process.wait_for("leading")
        assert process.stop() == 0
    assert all(json.loads(line)["level"] == "info" for line in process.lines if line.startswith("{"))
