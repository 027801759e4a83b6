"""Who waits for some of a few places gets them in the order in which they came."""

from collections import deque
from threading import Event, Lock


class _Waiting:
    """One that waits for so many places."""

    def __init__(self, places: int) -> None:
        self.places, self.turn = places, Event()


class Turnstile:
    """Lets so many in at once. A semaphore would let one who has just come go before those who wait.

    Who takes several places waits until they are free together, and those behind it wait with it.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[_Waiting] = deque()
        self._lock = Lock()

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._lock:
            return len(self._waiting)

    def enter(self, *, within_s: float, places: int = 1) -> bool:
        """Take places, to be left again; False where they did not become free for this one in time."""
        mine = _Waiting(places)
        with self._lock:
            self._waiting.append(mine)
            self._let_in()
        if mine.turn.wait(within_s):
            return True
        with self._lock:
            if mine.turn.is_set():  # given just now
                return True
            self._waiting.remove(mine)
            # Those behind it may want less.
            self._let_in()
            return False

    def leave(self, *, places: int = 1) -> None:
        """Give places back, to those that have waited longest."""
        with self._lock:
            self._free += places
            self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._waiting[0].places <= self._free:
            first = self._waiting.popleft()
            self._free -= first.places
            first.turn.set()
