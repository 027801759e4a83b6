"""The session of an edge node: births, the order of its messages, gaps, and its death. Pure.

Sparkplug 3.0, sections 5 and 6. What an alias means, a birth says. So a message is read only while no birth can have
been missed: those after a gap that nothing has filled, and those before a birth, wait for the births that the edge node
is asked for. Then they are read by what both the births before and those after say; a value of which only one speaks is
refused, for it could be another meter's.

Times: `now_s` seconds of a clock that never jumps, `…_us` microseconds since 1970.
"""

from collections import deque
from collections.abc import Callable, Iterable

from services.ingest.foreign import Foreign
from services.ingest.sparkplug.known import BD_SEQ, EdgeMessage, KnownMetric, KnownMetrics, born_as, said
from services.ingest.sparkplug.outcome import EdgeIncident, EdgeIncidentKind, EdgeOutcome
from services.ingest.sparkplug.payload import SparkplugMetric
from services.ingest.sparkplug.topics import EdgeAddress, SparkplugVerb

REBIRTH_EVERY_S = 60.0
"""An edge node is asked for its births no more often."""
WAITS_FOR_BIRTH_S = 180.0
"""Messages wait so long for the births by which they are read; then they are refused."""
MOST_WAITING = 2_000
MOST_WAITING_BYTES = 4_000_000
_BEHIND = 128


class EdgeNode:
    """One edge node and its devices, as its messages tell.

    `away_since_us`: the host has known it until then, in the session `bd_seq`; `unclean`: it had not said that it left.
    """

    def __init__(
        self,
        address: EdgeAddress,
        gateway: str,
        *,
        reorder_s: float,
        bd_seq: int | None = None,
        away_since_us: int | None = None,
        unclean: bool = False,
    ) -> None:
        self.address = address
        self.gateway = gateway
        self.bd_seq = bd_seq
        self.last_us: int | None = away_since_us
        """When what was taken last was sent."""
        self.devices: dict[str, bool] = {}
        self.born = False
        self._online = unclean
        self._reorder_s = reorder_s
        self._away_since_us = away_since_us
        self._unclean = unclean
        self._known = KnownMetrics()
        self._before = KnownMetrics()
        self._next = 0
        self._held: list[EdgeMessage] = []
        self._held_since_s = 0.0
        self._waiting: deque[tuple[float, EdgeMessage]] = deque()
        self._waiting_bytes = 0
        self._asked_s: float | None = None
        self._wanted = False

    def take(self, message: EdgeMessage, now_s: float) -> EdgeOutcome:
        """Go on by a message."""
        done = EdgeOutcome()
        verb = message.topic.verb
        if verb is SparkplugVerb.NBIRTH:
            self._node_birth(message, now_s, done)
        elif verb is SparkplugVerb.NDEATH:
            self._node_death(message, now_s, done)
        elif not self.born:
            self._before_birth(message, now_s, done)
        elif message.payload.seq == self._next and not self._held:
            self._in_order(message, done)
        else:
            self._hold(message, now_s, done)
        self._ask_if_wanted(now_s, done)
        return done

    def due(self, now_s: float) -> EdgeOutcome:
        """Go on by the time: a gap that nothing has filled, a rebirth that may be asked for now, waiting in vain."""
        done = EdgeOutcome()
        if self._held and now_s - self._held_since_s >= self._reorder_s:
            self._give_up_gap(now_s, done)
        while self._waiting and now_s - self._waiting[0][0] >= WAITS_FOR_BIRTH_S:
            done.refused.append((self._stop_waiting(), "its births did not come"))
        self._ask_if_wanted(now_s, done)
        return done

    def end(self) -> EdgeOutcome:
        """The host ends: what waits is not read any more."""
        done = EdgeOutcome()
        if self._held:
            self._note_gap(done)
        why = "the host ended before the births by which it is read"
        done.refused += [(message, why) for message in (*(each for _, each in self._waiting), *self._held)]
        return done

    def want_births(self) -> None:
        """Ask for its births as soon as that is allowed, unless they come by themselves."""
        self._wanted = not self.born

    def host_was_away(self, *, unclean: bool) -> None:
        """The host was away, and cannot know what it has missed; `unclean`: it had not said before that it left."""
        self._away_since_us = self.last_us
        self._unclean = unclean and self._online
        self._doubt()

    def is_online(self, device: str = "") -> bool:
        """Whether it, or a device of it, is online."""
        return self._online and (not device or self.devices.get(device, False))

    def stale_points(self) -> list[str]:
        """Points whose last value says nothing of now: those of what is offline."""
        devices = ["", *self.devices]
        return [point for device in devices if not self.is_online(device) for point in self._known.points(device)]

    def _node_birth(self, message: EdgeMessage, now_s: float, done: EdgeOutcome) -> None:
        bd_seq = _bd_seq(message)
        if self._held:
            self._note_gap(done)
            self._wait(self._held, now_s, done)
            self._held = []
        if self._away_since_us is not None:
            stayed = bd_seq is not None and bd_seq == self.bd_seq
            # An edge node that waits for its primary host has ended the session that it had before.
            done.ignores_state |= stayed and not self._unclean
            if stayed or self._unclean:
                done.incidents.append(EdgeIncident(EdgeIncidentKind.HOST_AWAY, self._away_since_us, message.at_us))
            self._away_since_us, self._unclean = None, False
        if self.born:
            self._before = self._known
        self._known = KnownMetrics()
        self.bd_seq, self.born, self._wanted = bd_seq, True, False
        self._next = ((message.payload.seq or 0) + 1) % 256
        done.devices.update(dict.fromkeys((name for name, online in self.devices.items() if online), False))
        self.devices = dict.fromkeys(self.devices, False)
        self._online = done.online = True
        self._take_birth(message, done)

    def _node_death(self, message: EdgeMessage, now_s: float, done: EdgeOutcome) -> None:
        bd_seq = _bd_seq(message)
        if self.bd_seq is not None and bd_seq != self.bd_seq:
            done.stale_deaths += 1
            return
        if self._held:
            self._note_gap(done)
            self._wait(self._held, now_s, done)
            self._held = []
        self._doubt()
        self._online = done.online = False
        done.devices.update(dict.fromkeys((name for name, online in self.devices.items() if online), False))
        self.devices = dict.fromkeys(self.devices, False)

    def _before_birth(self, message: EdgeMessage, now_s: float, done: EdgeOutcome) -> None:
        if self._away_since_us is not None and not self._unclean:
            done.ignores_state = True
        self._wait([message], now_s, done)
        self._wanted = True

    def _hold(self, message: EdgeMessage, now_s: float, done: EdgeOutcome) -> None:
        """Keep a message that is not next, and go on with those that are."""
        if not self._held:
            self._held_since_s = now_s
        self._held.append(message)
        # One from behind is of a session whose birth was missed: nothing that comes makes up for that.
        behind = ((message.payload.seq or 0) - self._next) % 256 >= _BEHIND
        if behind or len(self._held) > MOST_WAITING:
            self._give_up_gap(now_s, done)
        while self.born and (found := self._held_next()) is not None:
            self._held.remove(found)
            if found.topic.verb is SparkplugVerb.DBIRTH and any(each.at_us < found.at_us for each in self._held):
                # It fills a gap before older messages by chance: of another session, whose own birth was missed.
                self._held.append(found)
                self._give_up_gap(now_s, done)
                return
            self._held_since_s = now_s
            self._in_order(found, done)

    def _held_next(self) -> EdgeMessage | None:
        return next((each for each in self._held if each.payload.seq == self._next), None)

    def _give_up_gap(self, now_s: float, done: EdgeOutcome) -> None:
        self._note_gap(done)
        waiting, self._held = self._held, []
        self._doubt()
        self._wait(waiting, now_s, done)
        self._wanted = True

    def _note_gap(self, done: EdgeOutcome) -> None:
        first = self._held[0]
        missing = None if first.payload.seq is None else (first.payload.seq - self._next) % 256
        since_us = first.at_us if self.last_us is None else min(self.last_us, first.at_us)
        done.incidents.append(EdgeIncident(EdgeIncidentKind.GAP, since_us, first.at_us, missing))

    def _doubt(self) -> None:
        """From here on nothing is read until the next births."""
        if self.born:
            self._before, self._known = self._known, self._known
        self.born = False

    def _in_order(self, message: EdgeMessage, done: EdgeOutcome) -> None:
        self._next = (self._next + 1) % 256
        device, verb = message.topic.device, message.topic.verb
        if verb is SparkplugVerb.DBIRTH:
            self.devices[device] = done.devices[device] = True
            self._take_birth(message, done)
            return
        self.last_us = message.at_us
        if verb is SparkplugVerb.DDEATH:
            self.devices[device] = done.devices[device] = False
            return
        unknown = self._read(message, lambda metric: self._known.find(device, metric), done.values, done)
        self._wanted |= unknown or not self.is_online(device)

    def _take_birth(self, message: EdgeMessage, done: EdgeOutcome) -> None:
        self.last_us = message.at_us
        device = message.topic.device
        self._known.born(device, message.payload.metrics)
        self._read(message, born_as(message), done.births, done)
        self._read_waiting(device, done)

    def _wait(self, messages: Iterable[EdgeMessage], now_s: float, done: EdgeOutcome) -> None:
        for message in messages:
            self._waiting.append((now_s, message))
            self._waiting_bytes += len(message.raw)
            while len(self._waiting) > MOST_WAITING or self._waiting_bytes > MOST_WAITING_BYTES:
                done.refused.append((self._stop_waiting(), "too many messages wait for its births"))

    def _stop_waiting(self) -> EdgeMessage:
        _, message = self._waiting.popleft()
        self._waiting_bytes -= len(message.raw)
        return message

    def _read_waiting(self, device: str, done: EdgeOutcome) -> None:
        """Read the waiting messages of a device by what the births before, between and now agree on."""
        mine = [message for _, message in self._waiting if message.topic.device == device]
        if not mine:
            return
        self._waiting = deque(each for each in self._waiting if each[1].topic.device != device)
        self._waiting_bytes = sum(len(message.raw) for _, message in self._waiting)

        between = [message for message in mine if message.topic.verb is SparkplugVerb.DBIRTH]
        spoken = [self._before, *map(KnownMetrics.of_birth, between)]

        def agreed(metric: SparkplugMetric) -> KnownMetric | None:
            now = self._known.find(device, metric)
            by_name = metric.alias is None
            return now if by_name or all(now == births.find(device, metric) for births in spoken) else None

        for message in mine:
            if message.topic.verb is SparkplugVerb.DBIRTH:
                self._read(message, born_as(message), done.births, done)
            elif message.topic.verb is not SparkplugVerb.DDEATH:
                self._read(message, agreed, done.values, done)

    def _read(
        self,
        message: EdgeMessage,
        find: Callable[[SparkplugMetric], KnownMetric | None],
        into: list[Foreign],
        done: EdgeOutcome,
    ) -> bool:
        """Read a message; True if some of its metrics are not known, so that it is kept whole as well."""
        foreign, unknown = said(message, gateway=self.gateway, find=find)
        into.append(foreign)
        if unknown:
            done.refused.append((message, f"no birth names {unknown} of its {len(message.payload.metrics)} metrics"))
        return unknown > 0

    def _ask_if_wanted(self, now_s: float, done: EdgeOutcome) -> None:
        if self._wanted and (self._asked_s is None or now_s - self._asked_s >= REBIRTH_EVERY_S):
            self._asked_s, self._wanted = now_s, False
            done.rebirth = True


def _bd_seq(message: EdgeMessage) -> int | None:
    metric = message.payload.metric(BD_SEQ)
    value = None if metric is None else metric.value
    return value if isinstance(value, int) else None
