"""Messages between the network and the writer: bounded in number and bytes; when full it makes the network wait."""

import threading
import time
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Received:
    """A message as the broker gave it, with what is needed to acknowledge it."""

    topic: str
    payload: bytes
    packet_id: int
    session: int
    """Number of the connection it came by; acknowledgements belong to a connection."""
    arrived_s: float


class MessageQueue:
    """A queue that holds what is taken and not yet committed. `put` waits while it is full; nothing is dropped."""

    def __init__(self, *, most_messages: int, most_bytes: int) -> None:
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._waiting: deque[Received] = deque()
        self._bytes = 0
        self._taken = 0
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
            self._waiting.append(message)
            self._bytes += size
            self._changed.notify_all()
            return True

    def _full(self, size: int) -> bool:
        held = len(self._waiting) + self._taken
        return held >= self._most_messages or (held > 0 and self._bytes + size > self._most_bytes)

    def take(self, *, most: int, timeout_s: float) -> list[Received]:
        """Up to `most` messages, waiting up to `timeout_s` for the first. They count as held until `done`."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while not self._waiting and not self._closed:
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            taken = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
            self._taken += len(taken)
            return taken

    def done(self, messages: list[Received]) -> None:
        """Messages taken before are dealt with: make room for others."""
        with self._changed:
            self._taken -= len(messages)
            self._bytes -= sum(len(m.payload) for m in messages)
            self._changed.notify_all()

    def close(self) -> None:
        """Wake all that wait; nothing more is taken in."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __len__(self) -> int:
        with self._changed:
            return len(self._waiting) + self._taken

    @property
    def size_bytes(self) -> int:
        """Bytes of payload held."""
        with self._changed:
            return self._bytes
