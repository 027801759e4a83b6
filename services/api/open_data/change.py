"""Since when somebody knows what was booked: a transaction of one server, before which all are over. Pure.

What is booked has the number of its transaction. All transactions before the first one that is not over when a page is
read are seen by it, or never will be; those from it on may be seen later. So who asks next time for what they have
booked misses nothing, whatever is committed late, and may be told some things twice.
"""

import re
from dataclasses import dataclass
from typing import Self

_TEXT = re.compile(r"(?P<server>\d{1,20})-(?P<timeline>[0-9A-F]{8})-(?P<transaction>\d{1,20})")


@dataclass(frozen=True, slots=True)
class Horizon:
    """The first `transaction` that may not be over, of a `server` and its `timeline`, which a restored one leaves."""

    server: str
    timeline: str
    transaction: str

    @classmethod
    def of(cls, text: str) -> Self | None:
        """As it was told; None where nobody told it."""
        found = _TEXT.fullmatch(text)
        return None if found is None else cls(**found.groupdict())

    def __str__(self) -> str:
        return f"{self.server}-{self.timeline}-{self.transaction}"

    def comes_before(self, now: "Horizon") -> bool:
        """Whether what happened since can be told at `now`: on the same server, and not in its future."""
        same = (self.server, self.timeline) == (now.server, now.timeline)
        return same and int(self.transaction) <= int(now.transaction)
