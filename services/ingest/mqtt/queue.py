"""Messages between the network and the writer: bounded in number and bytes; when full it makes the network wait.

Gateways take turns by bytes (deficit round robin), so that one that sends much holds up none of the others. One that
floods is turned away: its messages are not taken beyond its share, and not answered, so it keeps them and sends them
again (docs/mqtt.md, 7).
"""

import heapq
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import NamedTuple

# A gateway has about 20 messages under way; with so many unanswered ones it does not keep to the contract.
LEAST_SHARE_MESSAGES = 200
LEAST_SHARE_BYTES = 5_000_000
# Of a backlog at the broker the messages of a gateway come in runs: with less than this of the queue it is no flood.
LEAST_SHARE = 0.1
ACTIVE_S = 60.0
TURN_BYTES = 4_000
"""About a hundred readings: a gateway that sends them one by one is not held up by those that send a hundred each."""
MESSAGE_BYTES = 500
"""A message costs as much as so many bytes, however short it is."""


class Received(NamedTuple):
    """A message as the broker gave it, with what is needed to acknowledge it."""

    topic: str
    payload: bytes
    packet_id: int
    session: int
    """Number of the connection it came by; acknowledgements belong to a connection."""
    arrived_s: float
    retained: bool = False
    """Whether the broker had kept it from before: it says nothing of now."""

    @property
    def sender(self) -> str:
        """Who sent it: the topic up to the gateway, whatever the format."""
        if self.topic.startswith("x/"):
            return "/".join(self.topic.split("/", 2)[:2])
        return self.topic.partition("/readings")[0]


class Waiting(NamedTuple):
    """What of a gateway waits to be taken."""

    sender: str
    messages: int
    longest_s: float
    """How long the oldest of them has waited."""


class MessageQueue:
    """A queue that holds what is taken and not yet committed. `put` waits while it is full; nothing is dropped."""

    def __init__(self, *, most_messages: int, most_bytes: int) -> None:
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._waiting: OrderedDict[str, deque[Received]] = OrderedDict()
        """By sender; the first has its turn."""
        self._credit: dict[str, int] = {}
        """Bytes that each of these may still give in its turn; below zero it sits out turns."""
        self._held: dict[str, tuple[int, int]] = {}
        """By sender: messages and bytes that wait or are being stored."""
        self._heard_s: OrderedDict[str, float] = OrderedDict()
        self._messages = 0
        self._bytes = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, message: Received) -> bool:
        """Add a message, waiting for room; False if the queue was closed meanwhile."""
        size = len(message.payload)
        with self._changed:
            while not self._closed and self._full(size):
                self._changed.wait()
            if self._closed:
                return False
            sender = message.sender
            self._waiting.setdefault(sender, deque()).append(message)
            self._count(sender, 1, size)
            self._changed.notify_all()
            return True

    def put_fairly(self, messages: Sequence[Received]) -> list[Received]:
        """Add messages as they came, waiting for room; those of gateways that flood are not added but given back.

        Once the queue is closed the others are left: never acknowledged, they come again.
        """
        with self._changed:
            turned_away = []
            for message in messages:
                if self.beyond_share(message):
                    turned_away.append(message)
                elif not self.put(message):
                    break
            return turned_away

    def beyond_share(self, message: Received) -> bool:
        """Whether the gateway of this message holds so much of the queue that there would be no room for others.

        Its share is half as much again as that of each gateway heard of in the last minute, and at least a tenth; a
        gateway that is alone may have all.
        """
        with self._changed:
            sender = message.sender
            active = self._active_with(sender, message.arrived_s)
            held, held_bytes = self._held.get(sender, (0, 0))
            if active < 2:
                return False
            share = max(1.5 / active, LEAST_SHARE)
            return held >= max(LEAST_SHARE_MESSAGES, share * self._most_messages) or held_bytes >= max(
                LEAST_SHARE_BYTES, share * self._most_bytes
            )

    def _active_with(self, sender: str, now_s: float) -> int:
        self._heard_s[sender] = now_s
        self._heard_s.move_to_end(sender)
        while next(iter(self._heard_s.values())) < now_s - ACTIVE_S:
            self._heard_s.popitem(last=False)
        return len(self._heard_s)

    def _full(self, size: int) -> bool:
        return self._messages >= self._most_messages or (self._messages > 0 and self._bytes + size > self._most_bytes)

    def _count(self, sender: str, messages: int, size: int) -> None:
        held, held_bytes = self._held.get(sender, (0, 0))
        if held + messages:
            self._held[sender] = (held + messages, held_bytes + size)
        else:
            del self._held[sender]
        self._messages += messages
        self._bytes += size

    def take(self, *, most: int, timeout_s: float, most_bytes: int | None = None) -> list[Received]:
        """Up to `most` messages of about `most_bytes`, of each gateway alike, those of a gateway as they came.

        Waits up to `timeout_s` for the first. They count as held until `done`.
        """
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while not self._waiting and not self._closed:
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            taken: list[Received] = []
            size = 0
            while self._waiting and len(taken) < most and (most_bytes is None or size < most_bytes):
                sender, messages = next(iter(self._waiting.items()))
                credit = self._credit.get(sender, TURN_BYTES)
                if credit <= 0:
                    self._credit[sender] = credit + TURN_BYTES
                    self._waiting.move_to_end(sender)
                    continue
                taken.append(messages.popleft())
                size += len(taken[-1].payload)
                self._credit[sender] = credit - len(taken[-1].payload) - MESSAGE_BYTES
                if not messages:
                    del self._waiting[sender], self._credit[sender]
            return taken

    def done(self, messages: Sequence[Received]) -> None:
        """Messages taken before are dealt with: make room for others."""
        with self._changed:
            for message in messages:
                self._count(message.sender, -1, -len(message.payload))
            self._changed.notify_all()

    def longest_waiting(self, most: int, *, now_s: float) -> list[Waiting]:
        """The gateways whose oldest message has waited longest, at most so many, the longest first."""
        with self._changed:
            begun = [(messages[0].arrived_s, sender) for sender, messages in self._waiting.items()]
            worst = heapq.nsmallest(most, begun)
            return [Waiting(sender, len(self._waiting[sender]), now_s - since_s) for since_s, sender in worst]

    def fullness(self) -> float:
        """How much of what it may hold it holds: of messages or of bytes, whichever is more; about 1: full."""
        with self._changed:
            return max(self._messages / self._most_messages, self._bytes / self._most_bytes)

    def close(self) -> None:
        """Wake all that wait; nothing more is taken in."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __len__(self) -> int:
        with self._changed:
            return self._messages
