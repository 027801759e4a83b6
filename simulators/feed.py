"""Where a simulated gateway's readings come from."""

from collections.abc import Callable
from typing import Protocol

from simulators.wire import Draft

# Turns one draft into what a faulty gateway would send for it.
DraftFilter = Callable[[Draft], list[Draft]]


class Feed(Protocol):
    """Readings of one gateway in the order of time. What was not drawn yet can be made again: the device's store."""

    gateway: str

    @property
    def cursor(self) -> int:
        """How far the feed has got; given to `seek` after a restart."""

    @property
    def finished(self) -> bool:
        """Whether there will never be another draft."""

    def seek(self, cursor: int) -> None:
        """Go on after this cursor."""

    def next_draft(self, now_ms: int) -> Draft | None:
        """The next readings that are due at now_ms (epoch milliseconds); None if there are none yet."""

    def remaining(self, now_ms: int) -> int:
        """How many readings are due at now_ms and not drawn."""
