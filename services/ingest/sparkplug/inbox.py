"""What the broker has given and nobody has worked on yet: it must be taken at once, for QoS 0 is not sent again."""

import threading
from collections import deque
from dataclasses import dataclass

from services.ingest.sparkplug.sessions import FromBroker


@dataclass(frozen=True, slots=True)
class Joined:
    """From here on the messages are those of a new connection. `first`: of this process; `unclean`: the one before
    had ended without a word.
    """

    first: bool
    unclean: bool


class Inbox:
    """Of one writer and one reader. It refuses nothing: who sees that it is too full leaves the broker."""

    def __init__(self) -> None:
        self._items: deque[FromBroker | Joined] = deque()
        self._bytes = 0
        self._there = threading.Condition()

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return self._bytes

    def put(self, item: FromBroker | Joined) -> None:
        """Take one."""
        with self._there:
            self._items.append(item)
            if isinstance(item, FromBroker):
                self._bytes += len(item.raw) + len(item.topic)
            self._there.notify()

    def take(self, *, most: int, most_bytes: int, wait_s: float) -> tuple[Joined | None, list[FromBroker]]:
        """Some messages, of one connection; with what begins it, where they are its first."""
        with self._there:
            if not self._items:
                self._there.wait(wait_s)
            joined: Joined | None = None
            taken: list[FromBroker] = []
            size = 0
            while self._items and len(taken) < most and size < most_bytes:
                item = self._items[0]
                if isinstance(item, Joined):
                    if taken or joined is not None:
                        break
                    joined = item
                else:
                    taken.append(item)
                    size += len(item.raw)
                    self._bytes -= len(item.raw) + len(item.topic)
                self._items.popleft()
            return joined, taken

    def __len__(self) -> int:
        return len(self._items)
