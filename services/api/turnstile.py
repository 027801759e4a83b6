"""Who waits for one of a few places gets it in the order in which they came."""

from collections import deque
from threading import Event, Lock


class Turnstile:
    """Lets so many in at once. A semaphore would let one who has just come go before those who wait."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[Event] = deque()
        self._lock = Lock()

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._lock:
            return len(self._waiting)

    def enter(self, *, within_s: float) -> bool:
        """Take a place, to be left again; False where none became free for this one in time."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            turn = Event()
            self._waiting.append(turn)
        if turn.wait(within_s):
            return True
        with self._lock:
            if turn.is_set():  # given just now
                return True
            self._waiting.remove(turn)
            return False

    def leave(self) -> None:
        """Give the place to the one that has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
