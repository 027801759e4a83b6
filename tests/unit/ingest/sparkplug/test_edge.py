"""The session of an edge node: order, gaps, births, deaths, and that no value ever goes to another metric."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.foreign import Flag, Foreign
from services.ingest.sparkplug.edge import REBIRTH_EVERY_S, WAITS_FOR_BIRTH_S, EdgeNode
from services.ingest.sparkplug.known import EdgeMessage
from services.ingest.sparkplug.outcome import EdgeIncident, EdgeIncidentKind, EdgeOutcome
from services.ingest.sparkplug.payload import read_payload
from services.ingest.sparkplug.topics import EdgeAddress, edge_topic
from tests.integration.ingest.sparkplug.tck import proves
from tests.unit.ingest.sparkplug.test_payload import MINUTES_15, SAMPLES, T8
from tests.unit.ingest.sparkplug.written import metric, payload, properties

EDGE = EdgeAddress("Ordos", "GW-150622-0007")
GATEWAY = "GW-150622-0007"
REORDER_S = 5.0


def node() -> EdgeNode:
    return EdgeNode(EDGE, GATEWAY, reorder_s=REORDER_S)


def message(verb: str, raw: bytes, device: str = "") -> EdgeMessage:
    topic = edge_topic(f"spBv1.0/{EDGE.group}/{verb}/{EDGE.edge}" + (f"/{device}" if device else ""))
    assert topic is not None
    return EdgeMessage(topic, read_payload(raw), raw, arrived_us=T8 * 1000)


def bd(seq: int) -> bytes:
    return metric("bdSeq", "long", seq, datatype=4)


def node_birth(bd_seq: int = 0, at: int = 0, *metrics: bytes) -> EdgeMessage:
    return message("NBIRTH", payload(bd(bd_seq), *metrics, seq=0, ms=T8 + at))


def node_death(bd_seq: int = 0) -> EdgeMessage:
    return message("NDEATH", payload(bd(bd_seq)))


def device_birth(
    seq: int, *, alias: int = 10, name: str = "Energy/Import", value: float = 100.0, at: int = 0
) -> EdgeMessage:
    birth = metric(name, "double", value, alias=alias, datatype=10, ms=T8 + at)
    return message("DBIRTH", payload(birth, seq=seq, ms=T8 + at), "E01")


def data(seq: int, value: float, *, alias: int = 10, at: int = 0, flags: tuple[int, ...] = ()) -> EdgeMessage:
    return message(
        "DDATA", payload(metric(None, "double", value, alias=alias, ms=T8 + at, flags=flags), seq=seq), "E01"
    )


def born(edge: EdgeNode, *, bd_seq: int = 0) -> None:
    edge.take(node_birth(bd_seq), 0.0)
    edge.take(device_birth(1), 0.0)


def triples(messages: list[Foreign]) -> list[tuple[str, int, float]]:
    """Point, ms after T8, and value."""
    return [
        (point, at_us // 1000 - T8, value)
        for each in messages
        for point, at_us, value in zip(each.points, each.times_us, each.values, strict=True)
    ]


def values(done: EdgeOutcome) -> list[float]:
    return [value for each in done.values for value in each.values]


def test_samples_in_their_order() -> None:
    edge = node()
    done = []
    for row in SAMPLES[1:5]:
        topic = edge_topic(row["topic"])
        assert topic is not None
        raw = bytes.fromhex(row["payload_hex"])
        done.append(edge.take(EdgeMessage(topic, read_payload(raw), raw, 0), 0.0))
    assert [triples(each.births) for each in done] == [
        [],
        [("E01/Energy/Import", 0, 81233.4), ("E01/Power", 0, 55.5)],
        [],
        [],
    ]
    assert [triples(each.values) for each in done[2:]] == [
        [("E01/Energy/Import", MINUTES_15, 81240.9)],
        [("E01/Energy/Import", -MINUTES_15, 81226.0)],
    ]
    [historical] = done[3].values
    assert (list(historical.flags), dict(historical.dropped)) == ([Flag.HISTORICAL], {"null": 1})
    assert (done[0].online, done[1].devices, edge.bd_seq) == (True, {"E01": True}, 3)
    assert not any(each.rebirth or each.incidents or each.refused for each in done)


def test_a_metric_of_the_node_itself_is_a_point_without_device() -> None:
    done = node().take(node_birth(0, 0, metric("Energy", "int", 5, datatype=7)), 0.0)
    assert triples(done.births) == [("/Energy", 0, 5.0)]


def test_quality_unit_time_and_what_is_no_number() -> None:
    edge = node()
    births = [
        metric("A", "double", 1.0, datatype=10, properties=properties(engUnit="kWh")),
        metric("B", "string", "x", datatype=12),
        metric("C", "boolean", True, datatype=11),
        metric("Device Control/Rebirth", "boolean", False, datatype=11),
    ]
    edge.take(node_birth(), 0.0)
    edge.take(message("DBIRTH", payload(*births, seq=1, ms=T8), "E01"), 0.0)
    sent = [
        metric("A", "double", 2.0, ms=T8),
        metric("A", "double", 3.0, ms=T8, properties=properties(Quality=0)),
        metric("A", "double", 4.0, ms=T8, properties=properties(Quality=500)),
        metric("A", "double", 5.0, ms=T8, properties=properties(Quality=192)),
        metric("A", "double", 6.0),
        metric("A", "double", 7.0, flags=(6,)),
        metric("A", "int", 8),
        metric("A", "double", 9.0, ms=2**63),
        metric("B", "string", "x"),
    ]
    [said] = edge.take(message("DDATA", payload(*sent, seq=2), "E01"), 0.0).values
    assert list(said.values) == [2.0, 3.0, 4.0, 5.0, 6.0]
    assert list(said.flags) == [Flag.GOOD, Flag.BAD, Flag.COMMUNICATION, Flag.GOOD, Flag.RECEIVED]
    assert list(said.units) == ["kWh"] * 5
    assert said.times_us[4] == T8 * 1000
    assert [(each.meter, each.code) for each in said.rejected] == [
        ("E01/A", "not_a_number"),
        ("E01/A", "ts_out_of_range"),
    ]
    assert dict(said.dropped) == {"transient": 1, "not_numeric": 1}


@proves(
    "operational-behavior-host-reordering-success",
    "operational-behavior-host-reordering-start",
)
@pytest.mark.parametrize("order", [(2, 3, 4), (3, 2, 4), (4, 3, 2), (3, 4, 2)])
def test_messages_out_of_order_are_put_in_order(order: tuple[int, ...]) -> None:
    edge = node()
    born(edge)
    done = [edge.take(data(seq, float(seq)), 1.0) for seq in order]
    assert [value for each in done for value in values(each)] == [2.0, 3.0, 4.0]
    assert not any(each.incidents or each.rebirth for each in (*done, edge.due(100.0)))


def test_the_order_goes_round_at_255() -> None:
    edge = node()
    born(edge)
    for number in range(2, 600):
        assert values(edge.take(data(number % 256, float(number)), 0.0)) == [float(number)]


@proves(
    "operational-behavior-host-reordering-param",
)
def test_a_gap_becomes_an_incident_and_asks_for_births_and_loses_nothing_that_came() -> None:
    edge = node()
    born(edge)
    edge.take(data(2, 2.0, at=100), 0.0)
    assert not edge.take(data(4, 4.0, at=300), 1.0).incidents
    assert not edge.due(1.0 + REORDER_S - 0.1).rebirth
    given_up = edge.due(1.0 + REORDER_S)
    assert given_up.rebirth
    assert given_up.incidents == [EdgeIncident(EdgeIncidentKind.GAP, T8 * 1000, T8 * 1000, missing=1)]
    assert values(edge.take(data(5, 5.0), 7.0)) == []
    assert values(edge.take(node_birth(), 8.0)) == []
    assert values(edge.take(device_birth(1, value=5.0), 8.0)) == [4.0, 5.0]
    assert values(edge.take(data(2, 6.0), 9.0)) == [6.0]
    assert not edge.due(1000.0).refused


def test_after_a_gap_an_alias_that_means_another_metric_by_now_is_refused_not_guessed() -> None:
    edge = node()
    born(edge)
    edge.take(data(7, 7.0), 0.0)
    edge.due(REORDER_S)
    edge.take(node_birth(), 6.0)
    done = edge.take(device_birth(1, name="Energy/Export"), 6.0)
    assert values(done) == []
    [(refused, why)] = done.refused
    assert refused.payload.seq == 7
    assert why == "no birth names 1 of its 1 metrics"


def test_rebirth_is_asked_for_at_most_once_a_minute() -> None:
    edge = node()
    asked = [at for at in range(0, 300) if edge.take(data(2, 1.0), float(at)).rebirth]
    assert asked == [0, 60, 120, 180, 240]
    assert REBIRTH_EVERY_S == 60.0


def test_data_before_births_wait_and_are_refused_when_none_come() -> None:
    edge = node()
    first = edge.take(data(2, 1.0), 0.0)
    assert first.rebirth
    assert not first.values
    assert not edge.due(WAITS_FOR_BIRTH_S - 1).refused
    [(refused, why)] = edge.due(WAITS_FOR_BIRTH_S).refused
    assert (refused.payload.seq, why) == (2, "its births did not come")


def test_data_before_births_are_read_where_they_name_their_metric() -> None:
    edge = node()
    named = metric("Energy/Import", "double", 7.0, ms=T8)
    edge.take(message("DDATA", payload(named, seq=9), "E01"), 0.0)
    edge.take(data(10, 8.0), 0.0)
    edge.take(node_birth(), 1.0)
    done = edge.take(device_birth(1), 1.0)
    assert values(done) == [7.0]
    assert [refused.payload.seq for refused, _ in done.refused] == [10]


def test_unknown_alias_and_unknown_device_ask_for_births_and_keep_the_message() -> None:
    edge = node()
    born(edge)
    both = [metric(None, "double", 1.0, alias=10), metric(None, "double", 2.0, alias=99)]
    done = edge.take(message("DDATA", payload(*both, seq=2, ms=T8), "E01"), 0.0)
    assert (values(done), len(done.refused), done.rebirth) == ([1.0], 1, True)
    other = message("DDATA", payload(metric(None, "double", 3.0, alias=10), seq=3, ms=T8), "E02")
    done = edge.take(other, 61.0)
    assert (values(done), len(done.refused), done.rebirth) == ([], 1, True)


@proves(
    "operational-behavior-edge-node-termination-host-action-ndeath-devices-tags-stale",
    "operational-behavior-edge-node-termination-host-action-ndeath-node-tags-stale",
)
def test_death_counts_only_of_the_session_that_stands() -> None:
    edge = node()
    born(edge, bd_seq=4)
    old = edge.take(node_death(3), 0.0)
    assert (old.online, old.stale_deaths, edge.is_online("E01")) == (None, 1, True)
    assert edge.stale_points() == []
    done = edge.take(node_death(4), 0.0)
    assert (done.online, done.devices) == (False, {"E01": False})
    assert (edge.is_online(), edge.is_online("E01")) == (False, False)
    assert "E01/Energy/Import" in edge.stale_points()


@proves(
    "operational-behavior-edge-node-termination-host-action-ddeath-devices-tags-stale",
)
def test_death_of_a_device_leaves_the_node() -> None:
    edge = node()
    born(edge)
    done = edge.take(message("DDEATH", payload(seq=2, ms=T8), "E01"), 0.0)
    assert (done.online, done.devices, edge.is_online(), edge.is_online("E01")) == (None, {"E01": False}, True, False)
    assert edge.stale_points() == ["E01/Energy/Import"]
    assert values(edge.take(device_birth(3), 0.0)) == []
    assert edge.stale_points() == []


def test_an_edge_that_stayed_in_its_session_while_the_host_was_away_did_not_wait() -> None:
    edge = node()
    born(edge, bd_seq=4)
    edge.host_was_away(unclean=False)
    edge.want_births()
    assert edge.due(0.0).rebirth
    done = edge.take(node_birth(4, 1000), 1.0)
    assert done.ignores_state
    assert done.incidents == [EdgeIncident(EdgeIncidentKind.HOST_AWAY, T8 * 1000, (T8 + 1000) * 1000)]


def test_an_edge_that_waited_begins_a_new_session_and_nothing_is_missing() -> None:
    edge = node()
    born(edge, bd_seq=4)
    edge.host_was_away(unclean=False)
    done = edge.take(node_birth(5, 1000), 1.0)
    assert (done.ignores_state, done.incidents) == (False, [])


def test_a_host_that_died_says_that_messages_may_be_missing() -> None:
    known = EdgeNode(EDGE, GATEWAY, reorder_s=REORDER_S, bd_seq=4, away_since_us=T8 * 1000, unclean=True)
    done = known.take(node_birth(5, 1000), 1.0)
    assert not done.ignores_state
    assert done.incidents == [EdgeIncident(EdgeIncidentKind.HOST_AWAY, T8 * 1000, (T8 + 1000) * 1000)]


@dataclass
class _Sender:
    """An edge node that gives its metrics other aliases at each birth, and what each message says."""

    drawn: st.DataObject
    seq: int = 0
    aliases: dict[str, int] = field(default_factory=dict)
    sent: list[tuple[EdgeMessage, str, float]] = field(default_factory=list)
    count: int = 0
    ms: int = 0

    def births(self) -> list[EdgeMessage]:
        self.aliases = dict(zip(("A", "B", "C"), self.drawn.draw(st.permutations([1, 2, 3])), strict=True))
        self.seq = 2
        metrics = [metric(name, alias=alias, datatype=10, flags=(7,)) for name, alias in self.aliases.items()]
        self.ms += 1
        return [node_birth(), message("DBIRTH", payload(*metrics, seq=1, ms=T8 + self.ms), "E01")]

    def data(self) -> EdgeMessage:
        self.count += 1
        name = self.drawn.draw(st.sampled_from("ABC"))
        self.ms += 1
        sent = metric(None, "double", float(self.count), alias=self.aliases[name])
        made = message("DDATA", payload(sent, seq=self.seq, ms=T8 + self.ms), "E01")
        self.seq = (self.seq + 1) % 256
        self.sent.append((made, name, float(self.count)))
        return made


@given(st.data())
def test_whatever_is_lost_no_value_goes_to_another_metric_and_each_that_came_is_read_or_kept(
    drawn: st.DataObject,
) -> None:
    sender, edge = _Sender(drawn), node()
    stream = sender.births()
    for step in drawn.draw(st.lists(st.sampled_from(["data", "data", "data", "births"]), max_size=20)):
        stream += [sender.data()] if step == "data" else sender.births()
    # Of more in a row no host can tell: the first number after births that were lost can be the next by chance.
    lost = [drawn.draw(st.integers(0, 4)) == 0 for _ in stream]
    came = [each for place, each in enumerate(stream) if not lost[place] or (place and lost[place - 1])]
    read: list[tuple[str, float]] = []
    refused: list[EdgeMessage] = []
    now_s = 0.0
    for each in [*came, None, *sender.births(), None]:
        now_s += 1000.0 if each is None else drawn.draw(st.sampled_from([0.0, 0.0, 6.0]))
        outcomes = [edge.due(now_s)] + ([] if each is None else [edge.take(each, now_s)])
        for done in outcomes:
            read += [(point[-1], value) for point, _, value in triples(done.values)]
            refused += [message for message, _ in done.refused]
    said = {value: name for _, name, value in sender.sent}
    arrived = {id(each) for each in came}
    assert [(name, value) for name, value in read if said[value] != name] == []
    taken = [value for _, value in read]
    kept = [value for each, _, value in sender.sent if any(each is other for other in refused)]
    assert sorted([*taken, *kept]) == sorted(value for each, _, value in sender.sent if id(each) in arrived)
