"""The host on the real broker and database, with an edge node in the hand."""

import json
import time

import psycopg

from services.up.stack import Stack
from tests.integration.ingest.sparkplug.conftest import EdgePlant, stored
from tests.integration.ingest.sparkplug.hand_edge import DEVICE, ENERGY, HandEdge, hand_edge
from tests.integration.ingest.sparkplug.tck import proves
from tests.integration.running import Process, running, wait_until
from tests.unit.ingest.sparkplug.written import metric, payload

MINUTE = 60_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def wait_for_values(database: psycopg.Connection, meter: str, values: list[float]) -> None:
    wait_until(f"{values} are stored", lambda: stored(database, meter) == values, within_s=30.0)


def said(edge: HandEdge) -> list[tuple[bool, int]]:
    return [(each["online"], each["timestamp"]) for each in (json.loads(one.payload) for one in edge.states)]


@proves(
    "operational-behavior-edge-node-termination-host-action-ndeath-node-offline",
    "operational-behavior-edge-node-termination-host-action-ddeath-devices-offline",
    "operational-behavior-edge-node-termination-host-action-ndeath-devices-offline",
)
def test_births_and_data_are_stored_and_deaths_are_kept(
    host: Process, plant: EdgePlant, database: psycopg.Connection
) -> None:
    def state() -> tuple[bool, bool, dict[str, bool]] | None:
        return database.execute(
            "SELECT gateway_state.online, edge_session.online, devices FROM edge_session"
            " JOIN gateway_state USING (gateway_code)"
        ).fetchone()

    start = now_ms() - 60 * MINUTE
    with hand_edge(plant.url, plant.edge, bd_seq=7) as edge:
        edge.wait_for_host()
        edge.birth(start, (DEVICE, 100.0))
        edge.data(start + MINUTE, 101.0)
        edge.data(start + 2 * MINUTE, 102.0)
        edge.data(start - MINUTE, 99.0, flags=(5,))
        edge.data(start + 3 * MINUTE, 103.0, flags=(6,))
        edge.birth(start, (DEVICE, 100.0))
        wait_for_values(database, plant.meter, [99.0, 100.0, 101.0, 102.0])
        wait_until("it is online", lambda: state() == (True, True, {DEVICE: True}))
        edge.raw("DDEATH", payload(seq=2, ms=now_ms()), DEVICE)
        wait_until("the device is offline", lambda: state() == (True, True, {DEVICE: False}))
        edge.break_off()
    wait_until("it is offline by its will", lambda: state() == (False, False, {DEVICE: False}))
    counts: dict[str, int] = dict(database.execute("SELECT reason, readings FROM foreign_count").fetchall())
    assert (counts["historical"], counts["transient"]) == (1, 1)
    assert database.execute("SELECT count(*) FROM edge_incident").fetchone() == (0,)


@proves(
    "operational-behavior-data-commands-ncmd-metric-name",
    "operational-behavior-data-commands-ncmd-metric-value",
    "operational-behavior-data-commands-ncmd-rebirth-name",
    "operational-behavior-data-commands-ncmd-rebirth-value",
    "operational-behavior-data-commands-ncmd-rebirth-verb",
    "operational-behavior-data-commands-ncmd-verb",
    "payloads-name-cmd-requirement",
    "payloads-ncmd-qos",
    "payloads-ncmd-retain",
    "payloads-ncmd-seq",
    "payloads-ncmd-timestamp",
    "topics-ncmd-mqtt",
    "topics-ncmd-payload",
    "topics-ncmd-timestamp",
    "topics-ncmd-topic",
    "operational-behavior-host-reordering-rebirth",
)
def test_a_gap_is_kept_and_the_edge_node_is_asked_for_its_births(
    host: Process, plant: EdgePlant, database: psycopg.Connection
) -> None:
    start = now_ms() - 60 * MINUTE
    with hand_edge(plant.url, plant.edge) as edge:
        edge.wait_for_host()
        edge.birth(start, (DEVICE, 100.0))
        edge.data(start + MINUTE, 101.0)
        wait_for_values(database, plant.meter, [100.0, 101.0])
        edge.commands.clear()
        edge.skip(2)
        edge.data(start + 4 * MINUTE, 104.0)
        wait_until("births are asked for", lambda: len(edge.commands) == 1)
        (command,) = edge.commands
        assert command.topic == edge.topic("NCMD")
        assert (command.qos, command.retain) == (0, False)
        raw = bytes(command.payload)
        sent_ms = _timestamp(raw)
        assert abs(sent_ms - now_ms()) < MINUTE
        rebirth = metric("Node Control/Rebirth", "boolean", True, ms=sent_ms, datatype=11)
        assert raw == payload(rebirth, ms=sent_ms)
        edge.birth(start + 5 * MINUTE, (DEVICE, 105.0))
        wait_for_values(database, plant.meter, [100.0, 101.0, 104.0, 105.0])
    kept = database.execute("SELECT kind, missing, extract(epoch FROM to_at - from_at)::int FROM edge_incident")
    assert kept.fetchall() == [("gap", 2, 180)]


def _timestamp(raw: bytes) -> int:
    """The first field of a payload, a varint."""
    assert raw[0] == 0x08
    value = 0
    for place, byte in enumerate(raw[1:]):
        value |= (byte & 127) << 7 * place
        if byte < 128:
            break
    return value


@proves(
    "host-topic-phid-birth-message",
    "host-topic-phid-birth-topic",
    "host-topic-phid-death-payload-timestamp-disconnect-with-no-disconnect-packet",
    "payloads-state-will-message",
)
def test_a_host_that_is_killed_is_offline_by_its_will_and_says_what_may_be_missing(
    environment: dict[str, str], plant: EdgePlant, database: psycopg.Connection
) -> None:
    start = now_ms() - 60 * MINUTE
    with hand_edge(plant.url, plant.edge, bd_seq=1) as edge:
        with running("sparkplug", **environment) as first:
            edge.wait_for_host()
            edge.birth(start, (DEVICE, 100.0))
            wait_for_values(database, plant.meter, [100.0])
            first.kill()
            edge.wait_for_host(online=False)
        (was, came), (now, will) = said(edge)[-2:]
        assert (was, now, came) == (True, False, will)
        edge.die()
    with running("sparkplug", **environment), hand_edge(plant.url, plant.edge, bd_seq=2) as edge:
        edge.wait_for_host()
        edge.birth(start + 9 * MINUTE, (DEVICE, 109.0))
        edge.data(start + 4 * MINUTE, 104.0, flags=(5,))
        wait_for_values(database, plant.meter, [100.0, 104.0, 109.0])
    kept = database.execute("SELECT kind, extract(epoch FROM to_at - from_at)::int FROM edge_incident").fetchall()
    assert kept == [("host_away", 540)]


@proves(
    "host-topic-phid-death-payload-timestamp-disconnect-clean",
    "operational-behavior-host-application-death-payload",
    "operational-behavior-host-application-death-qos",
    "operational-behavior-host-application-death-retained",
    "operational-behavior-host-application-death-topic",
    "operational-behavior-host-application-disconnect-intentional",
    "operational-behavior-host-application-termination",
)
def test_a_host_that_ends_says_so_with_the_time_of_now_and_stores_what_was_on_its_way(
    environment: dict[str, str], plant: EdgePlant, database: psycopg.Connection, stack: Stack
) -> None:
    start = now_ms() - 60 * MINUTE
    with hand_edge(plant.url, plant.edge, bd_seq=1) as edge:
        with running("sparkplug", **environment) as first:
            edge.wait_for_host()
            edge.birth(start, (DEVICE, 100.0))
            wait_for_values(database, plant.meter, [100.0])
            before = now_ms()
            first._process.terminate()
            edge.wait_for_host(online=False)
            edge.data(start + MINUTE, 101.0)
            assert first.stop() == 0
        assert before <= said(edge)[-1][1] <= now_ms()
        assert edge.states[-1].qos == 1
        assert stored(database, plant.meter) == [100.0, 101.0]
        edge.die()
    with hand_edge(plant.url, plant.edge) as late:
        late.wait_for_host(online=False)
        assert late.states[-1].retain
    with running("sparkplug", **environment), hand_edge(plant.url, plant.edge, bd_seq=2) as edge:
        edge.wait_for_host()
        edge.birth(start + 9 * MINUTE, (DEVICE, 109.0))
        wait_for_values(database, plant.meter, [100.0, 101.0, 109.0])
    assert database.execute("SELECT count(*) FROM edge_incident").fetchone() == (0,)


def test_while_the_database_is_away_the_host_is_offline_and_disconnected_and_stores_all_when_it_is_back(
    host: Process, plant: EdgePlant, database_url: str, stack: Stack
) -> None:
    start = now_ms() - 60 * MINUTE
    with hand_edge(plant.url, plant.edge, bd_seq=1) as edge:
        edge.wait_for_host()
        edge.birth(start, (DEVICE, 100.0))
        with psycopg.connect(database_url, autocommit=True) as database:
            wait_for_values(database, plant.meter, [100.0])
        stack.database.kill()
        try:
            edge.data(start + MINUTE, 101.0)
            edge.wait_for_host(online=False, within_s=20.0)
            edge.data(start + 2 * MINUTE, 102.0)
            edge.die()
        finally:
            stack.database.start()
    with hand_edge(plant.url, plant.edge, bd_seq=2) as edge, psycopg.connect(database_url, autocommit=True) as database:
        edge.wait_for_host()
        edge.birth(start + 9 * MINUTE, (DEVICE, 109.0))
        wait_for_values(database, plant.meter, [100.0, 101.0, 102.0, 109.0])
        assert database.execute("SELECT count(*) FROM edge_incident").fetchone() == (0,)


def test_an_edge_node_that_does_not_wait_for_the_host_is_noted_and_what_may_be_missing_too(
    environment: dict[str, str], plant: EdgePlant, database: psycopg.Connection
) -> None:
    start = now_ms() - 60 * MINUTE
    with hand_edge(plant.url, plant.edge, bd_seq=1) as edge:
        with running("sparkplug", **environment) as first:
            edge.wait_for_host()
            edge.birth(start, (DEVICE, 100.0))
            wait_for_values(database, plant.meter, [100.0])
            assert first.stop() == 0
        edge.data(start + MINUTE, 101.0)
        edge.commands.clear()
        with running("sparkplug", **environment):
            wait_until("births are asked for", lambda: len(edge.commands) == 1)
            edge.birth(start + 9 * MINUTE, (DEVICE, 109.0))
            wait_for_values(database, plant.meter, [100.0, 109.0])
    assert database.execute("SELECT kind FROM edge_incident").fetchall() == [("host_away",)]
    assert database.execute("SELECT count(*) FROM edge_session WHERE ignored_state_at IS NOT NULL").fetchone() == (1,)


def test_what_cannot_be_read_is_kept_whole_and_holds_up_nothing(
    host: Process, plant: EdgePlant, database: psycopg.Connection
) -> None:
    start = now_ms() - 60 * MINUTE
    with hand_edge(plant.url, plant.edge) as edge:
        edge.wait_for_host()
        edge.birth(start, (DEVICE, 100.0))
        edge.raw("NDATA", b"\x08\x80")
        unknown = [metric(None, "double", 1.0, alias=99), metric(None, "double", 101.0, alias=10)]
        edge.raw("DDATA", payload(*unknown, seq=2, ms=start + MINUTE), DEVICE)
        wait_for_values(database, plant.meter, [100.0, 101.0])
        wait_until("births are asked for", lambda: len(edge.commands) >= 1)
    kept = database.execute("SELECT gateway_code, code, detail FROM rejected_message ORDER BY code DESC").fetchall()
    assert kept == [
        (plant.gateway, "undecodable", "not a payload of Sparkplug B: a number at byte 1 does not end"),
        (plant.gateway, "no_birth", "no birth names 1 of its 2 metrics"),
    ]


def test_an_edge_node_sends_as_itself_alone(host: Process, plant: EdgePlant, database: psycopg.Connection) -> None:
    start = now_ms() - 60 * MINUTE
    with hand_edge(plant.url, plant.edge) as edge:
        edge.wait_for_host()
        stranger = payload(metric("bdSeq", "long", 0, datatype=4), seq=0)
        for topic in (
            edge.topic("NBIRTH").replace(plant.edge, "another"),
            edge.topic("NDATA").replace("Ordos", "Hohhot"),
            edge.topic("NCMD"),
            "spBv1.0/STATE/enermon",
        ):
            edge.client.publish(topic, stranger).wait_for_publish(10)
        edge.birth(start, (DEVICE, 100.0))
        wait_for_values(database, plant.meter, [100.0])
        assert edge.commands == []
        assert not [each for each in edge.states if bytes(each.payload) == stranger]
    assert database.execute("SELECT count(*) FROM rejected_message").fetchone() == (0,)


def test_an_edge_node_that_is_not_registered_is_kept_whole_and_asked_nothing(
    host: Process, plant: EdgePlant, database: psycopg.Connection
) -> None:
    with hand_edge(plant.url, plant.edge) as edge:
        edge.wait_for_host()
        database.execute("UPDATE gateway SET edge_node = 'Ordos/other'")
        database.execute("UPDATE registry_revision SET revision = revision + 1")
        time.sleep(1.5)
        edge.birth(now_ms(), (DEVICE, 100.0))
        edge.raw("NDATA", payload(metric(ENERGY, "double", 1.0), seq=2))

        def kept() -> list[tuple[str | None, str]]:
            return database.execute("SELECT gateway_code, code FROM rejected_message").fetchall()

        wait_until("they are kept", lambda: kept() == [(None, "unknown_gateway")] * 3)
        assert edge.commands == []
