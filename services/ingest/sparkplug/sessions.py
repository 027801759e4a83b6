"""The sessions of all edge nodes: from messages as they come to what is stored and asked; no I/O of its own.

Of edge nodes that no gateway is registered as, messages are kept whole and nothing is asked.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.ingest.foreign import Foreign
from services.ingest.intake import ForeignMessage
from services.ingest.message import UnreadableMessage
from services.ingest.points import NO_POINTS, GatewayPoints
from services.ingest.sparkplug.edge import EdgeNode
from services.ingest.sparkplug.known import EdgeMessage
from services.ingest.sparkplug.outcome import EdgeIncident, EdgeOutcome
from services.ingest.sparkplug.payload import LARGEST_BYTES, PayloadFault, read_payload
from services.ingest.sparkplug.topics import NAMESPACE, EdgeAddress, EdgeTopic, edge_topic

WAKE_AFTER_S = 2.0
"""So long after a start edge nodes may come with births by themselves, before they are asked for them."""
BETWEEN_REBIRTHS_S = 0.1
"""Edge nodes are asked for their births one after another: all at once would flood the broker after a start."""
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class FromBroker:
    """A message as the broker gave it; `arrived_us` since 1970."""

    topic: str
    raw: bytes
    arrived_us: int


@dataclass(frozen=True, slots=True)
class KeptEdge:
    """A registered edge node with what is kept of its session. `host_left`: the host had said that it goes."""

    gateway: str
    address: EdgeAddress
    bd_seq: int | None = None
    last_us: int | None = None
    online: bool = False
    host_left: bool = True


@dataclass(slots=True)
class SessionBatch:
    """What a batch of messages has come to."""

    messages: list[ForeignMessage] = field(default_factory=list)
    statuses: dict[str, bool] = field(default_factory=dict)
    """By gateway, its newest word."""
    incidents: list[tuple[str, EdgeIncident]] = field(default_factory=list)
    ignoring: set[str] = field(default_factory=set)
    """Gateways that sent though the host was away."""
    changed: set[str] = field(default_factory=set)
    """Gateways whose session went on."""
    stale_deaths: int = 0
    unknown_edges: set[EdgeAddress] = field(default_factory=set)

    def is_empty(self) -> bool:
        """Whether nothing is to be stored."""
        return not (self.messages or self.statuses or self.incidents or self.ignoring or self.changed)


class EdgeSessions:
    """Every registered edge node, by its address."""

    def __init__(self, *, reorder_s: float) -> None:
        self._reorder_s = reorder_s
        self._of: dict[EdgeAddress, EdgeNode] = {}
        self._to_wake: deque[EdgeAddress] = deque()
        self._to_ask: deque[EdgeAddress] = deque()
        self._asked_s = -BETWEEN_REBIRTHS_S
        self._woke_s = -BETWEEN_REBIRTHS_S
        self._wake_from_s = float("inf")

    def register(self, edges: Iterable[KeptEdge]) -> None:
        """Hold what is registered now: new ones begin, those that are gone or are another gateway's end."""
        wanted = {edge.address: edge for edge in edges}
        self._of = {at: node for at, node in self._of.items() if at in wanted and wanted[at].gateway == node.gateway}
        for address in sorted(wanted.keys() - self._of.keys()):
            kept = wanted[address]
            self._of[address] = EdgeNode(
                address,
                kept.gateway,
                reorder_s=self._reorder_s,
                bd_seq=kept.bd_seq,
                away_since_us=kept.last_us,
                unclean=kept.online and not kept.host_left,
            )
            self._to_wake.append(address)

    def nodes(self) -> Mapping[str, EdgeNode]:
        """The edge nodes by their gateways."""
        return {node.gateway: node for node in self._of.values()}

    def joined(self, now_s: float, *, first: bool, unclean: bool) -> None:
        """The host is at the broker: all are asked for their births in turn, unless these come by themselves.

        `first`: since it began to run; `unclean`: it had gone without a word.
        """
        if not first:
            for node in self._of.values():
                node.host_was_away(unclean=unclean)
        self._to_wake = deque(sorted(self._of))
        self._wake_from_s = now_s + WAKE_AFTER_S

    def take(self, came: Iterable[FromBroker], now_s: float, points: Mapping[str, GatewayPoints]) -> SessionBatch:
        """Go on by messages, and by the time."""
        batch = SessionBatch()
        for each in came:
            topic = edge_topic(each.topic)
            if topic is None:
                self._note_stranger(each, batch)
                continue
            node = self._of.get(topic.address)
            message = self._read(each, topic, node, batch)
            if node is not None and message is not None:
                batch.changed.add(node.gateway)
                self._note(node, node.take(message, now_s), each, batch, points)
        self._wake(now_s)
        for node in self._of.values():
            self._note(node, node.due(now_s), FromBroker(f"{NAMESPACE}/{node.address}", b"", 0), batch, points)
        return batch

    def end(self, batch: SessionBatch, points: Mapping[str, GatewayPoints]) -> None:
        """The host ends: what waits for a number or for births is kept whole, with what may be missing."""
        for node in self._of.values():
            self._note(node, node.end(), FromBroker(f"{NAMESPACE}/{node.address}", b"", 0), batch, points)

    def next_to_ask(self, now_s: float) -> EdgeNode | None:
        """Which edge node is to be asked for its births now: one at a time, none too soon after another."""
        if not self._to_ask or now_s - self._asked_s < BETWEEN_REBIRTHS_S:
            return None
        self._asked_s = now_s
        return self._of.get(self._to_ask.popleft())

    def _wake(self, now_s: float) -> None:
        while self._to_wake and now_s >= self._wake_from_s and now_s - self._woke_s >= BETWEEN_REBIRTHS_S:
            node = self._of.get(self._to_wake.popleft())
            if node is not None and not node.born:
                self._woke_s = now_s
                node.want_births()

    def _note_stranger(self, each: FromBroker, batch: SessionBatch) -> None:
        levels = each.topic.split("/")
        if "STATE" in levels[1:2] or {"NCMD", "DCMD"} & set(levels[2:3]):
            return
        why = UnreadableMessage("bad_topic", f"{each.topic[:_SHOWN]!r} is no topic of Sparkplug B")
        batch.messages.append(ForeignMessage(None, each.topic, each.raw, why))

    def _read(
        self, each: FromBroker, topic: EdgeTopic, node: EdgeNode | None, batch: SessionBatch
    ) -> EdgeMessage | None:
        """The message, or None where it is kept whole with the reason."""
        why: UnreadableMessage
        if node is None:
            batch.unknown_edges.add(topic.address)
            why = UnreadableMessage("unknown_gateway", f"no gateway is registered as edge node {topic.address}")
        elif len(each.raw) > LARGEST_BYTES:
            why = UnreadableMessage("too_large", f"{len(each.raw)} bytes; at most {LARGEST_BYTES} are taken")
        else:
            try:
                return EdgeMessage(topic, read_payload(each.raw), each.raw, each.arrived_us)
            except PayloadFault as fault:
                why = UnreadableMessage("undecodable", f"not a payload of Sparkplug B: {fault}")
        gateway = None if node is None else node.gateway
        batch.messages.append(ForeignMessage(gateway, each.topic, each.raw, why))
        return None

    def _note(
        self,
        node: EdgeNode,
        done: EdgeOutcome,
        cause: FromBroker,
        batch: SessionBatch,
        points: Mapping[str, GatewayPoints],
    ) -> None:
        gateway = node.gateway
        births = [without_periods(each, points.get(gateway, NO_POINTS)) for each in done.births]
        for foreign in (*done.values, *births):
            batch.messages.append(ForeignMessage(gateway, cause.topic, cause.raw, foreign))
        for message, detail in done.refused:
            topic = f"{NAMESPACE}/{node.address.group}/{message.topic.verb}/{node.address.edge}/{message.topic.device}"
            why = UnreadableMessage("no_birth", detail)
            batch.messages.append(ForeignMessage(gateway, topic.rstrip("/"), message.raw, why))
        batch.incidents += [(gateway, incident) for incident in done.incidents]
        batch.stale_deaths += done.stale_deaths
        if done.online is not None:
            batch.statuses[gateway] = done.online
        if done.ignores_state:
            batch.ignoring.add(gateway)
        if done.rebirth and node.address not in self._to_ask:
            self._to_ask.append(node.address)


def without_periods(birth: Foreign, points: GatewayPoints) -> Foreign:
    """The values of a birth but those of meters that measure by period: a birth repeats a value, maybe an old one, and
    says nothing of another period.
    """
    mapped = points.mapped
    taken = [
        place
        for place, name in enumerate(birth.points)
        if name not in mapped or not any(term.interval_us for term in mapped[name].terms)
    ]
    if len(taken) == len(birth.points):
        return birth
    return Foreign(
        birth.gateway,
        birth.seq,
        [birth.points[place] for place in taken],
        [birth.times_us[place] for place in taken],
        [birth.values[place] for place in taken],
        [birth.flags[place] for place in taken] if birth.flags else (),
        [birth.units[place] for place in taken] if birth.units else (),
        rejected=birth.rejected,
        dropped={**birth.dropped, "period_in_birth": len(birth.points) - len(taken)},
    )
