"""The sessions of all edge nodes together: who is asked for births when, and what of a birth is left out."""

from fractions import Fraction
from itertools import pairwise

from services.ingest.foreign import Foreign
from services.ingest.message import UnreadableMessage
from services.ingest.points import GatewayPoints, KnownPoint, MeterUnit
from services.ingest.sparkplug.sessions import EdgeSessions, FromBroker, KeptEdge, without_periods
from services.ingest.sparkplug.topics import EdgeAddress
from tests.unit.ingest.sparkplug.test_edge import bd
from tests.unit.ingest.sparkplug.test_payload import T8
from tests.unit.ingest.sparkplug.written import payload

EDGES = [KeptEdge(f"GW-{number}", EdgeAddress("Ordos", f"E{number}")) for number in range(30)]


def sessions() -> EdgeSessions:
    made = EdgeSessions(reorder_s=5.0)
    made.register(EDGES)
    return made


def came(topic: str, raw: bytes) -> FromBroker:
    return FromBroker(topic, raw, T8 * 1000)


def test_after_a_start_edge_nodes_are_asked_in_turn_and_those_that_come_by_themselves_are_not() -> None:
    held = sessions()
    asked: list[tuple[float, str]] = []
    held.take([], 0.0, {})
    assert held.next_to_ask(0.0) is None
    held.joined(1.0, first=True, unclean=False)
    births = [came(f"spBv1.0/Ordos/NBIRTH/E{number}", payload(bd(0), seq=0)) for number in (3, 7)]
    held.take(births, 1.5, {})
    for tick in range(400):
        now_s = 2.0 + tick * 0.025
        held.take([], now_s, {})
        node = held.next_to_ask(now_s)
        if node is not None:
            asked.append((now_s, node.gateway))
    assert sorted(gateway for _, gateway in asked) == sorted(
        e.gateway for e in EDGES if e.gateway not in ("GW-3", "GW-7")
    )
    assert asked[0][0] >= 3.0
    assert all(later - earlier >= 0.1 for (earlier, _), (later, _) in pairwise(asked))


def test_what_is_of_no_registered_edge_node_or_no_topic_is_kept_whole_and_commands_are_passed_over() -> None:
    batch = sessions().take(
        [
            came("spBv1.0/Ordos/NBIRTH/E99", payload(bd(0), seq=0)),
            came("spBv1.0/Ordos/NBIRTH/E1/D", b""),
            came("spBv1.0/Ordos/NDATA/E1", bytes(1_000_001)),
            came("spBv1.0/Ordos/NCMD/E1", b""),
            came("spBv1.0/STATE/other", b"{}"),
        ],
        0.0,
        {},
    )
    read = [(each.gateway, each.read.code) for each in batch.messages if isinstance(each.read, UnreadableMessage)]
    assert read == [(None, "unknown_gateway"), (None, "bad_topic"), ("GW-1", "too_large")]
    assert len(batch.messages) == 3
    assert batch.unknown_edges == {EdgeAddress("Ordos", "E99")}


def test_a_birth_says_nothing_of_meters_of_periods() -> None:
    def known(interval_us: int) -> KnownPoint:
        return KnownPoint("M", (MeterUnit(0, "kWh", interval_us),), "", Fraction(1))

    points = GatewayPoints({"E01/A": known(0), "E01/B": known(900_000_000)})
    birth = Foreign("GW-1", None, ["E01/A", "E01/B", "E01/C"], [1, 2, 3], [1.0, 2.0, 3.0], units=["kWh", "", ""])
    left = without_periods(birth, points)
    assert (list(left.points), list(left.times_us), list(left.values)) == (["E01/A", "E01/C"], [1, 3], [1.0, 3.0])
    assert (list(left.units), dict(left.dropped)) == (["kWh", ""], {"period_in_birth": 1})
