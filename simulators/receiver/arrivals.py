"""What has arrived: each message with what was answered, and how often it came."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One webhook call or one mail. `answer` is the status of HTTP or SMTP."""

    channel: str
    message_id: str
    answer: int
    taken: bool
    verified: bool | None
    """None: there is no signature to check, or no secret to check it with."""
    note: str
    repeat: int = 0
    """How often a message with this id had been taken before."""
    subject: str
    content: dict[str, Any] = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


class Arrivals:
    """Counts, and tells each arrival to `show`, one after the other."""

    def __init__(self, show: Callable[[Arrival], None], *, fail_first: int = 0) -> None:
        self._show = show
        self._to_fail = Counter({"webhook": fail_first, "email": fail_first})
        self._lock = threading.Lock()
        self._taken: Counter[tuple[str, str]] = Counter()
        self.arrived = 0
        self.failed = 0
        self.unverified = 0

    def must_fail(self, channel: str) -> bool:
        """Whether this one is among the first of its channel, which are to be refused for now."""
        with self._lock:
            self._to_fail[channel] -= 1
            return self._to_fail[channel] >= 0

    def add(self, arrival: Arrival) -> Arrival:
        """Count and show; gives the arrival with how often it had been taken before."""
        with self._lock:
            key = (arrival.channel, arrival.message_id)
            arrival = Arrival(**(vars(arrival) | {"repeat": self._taken[key]}))
            self.arrived += 1
            self.failed += not arrival.taken
            self.unverified += arrival.verified is False
            if arrival.taken:
                self._taken[key] += 1
            self._show(arrival)
        return arrival

    @property
    def messages(self) -> int:
        """Different messages taken."""
        return len(self._taken)

    @property
    def duplicates(self) -> int:
        """How often a message was taken that had been taken before."""
        return self._taken.total() - len(self._taken)

    def summary(self) -> str:
        text = f"{self.arrived} arrived, {self.messages} messages taken, {self.duplicates} duplicates"
        return text + f", {self.failed} refused, {self.unverified} with a wrong signature"
