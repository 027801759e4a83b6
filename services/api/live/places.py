"""How many streams are open at once, of an account and of all."""

from collections import Counter

from services.api.errors import ProblemKind, Refused

TOO_MANY_STREAMS = ProblemKind("too_many_streams", 429, "Too many live streams are open")
_RETRY_S = 10


class StreamPlaces:
    """A bounded number of streams, and of those of one account."""

    def __init__(self, *, most: int, most_of_account: int) -> None:
        self._most, self._most_of_account = most, most_of_account
        self._open: Counter[str] = Counter()

    def take(self, account: str) -> None:
        """Take a place, to be left again. Raises Refused(TOO_MANY_STREAMS)."""
        if self._open[account] >= self._most_of_account:
            detail = f"{account} has {self._most_of_account} streams open; close some"
        elif self._open.total() >= self._most:
            detail = f"{self._most} streams are open; try again later, or ask GET /api/v1/energy now and then"
        else:
            self._open[account] += 1
            return
        raise Refused(TOO_MANY_STREAMS, detail, retry_after_s=_RETRY_S)

    def leave(self, account: str) -> None:
        """Give the place back."""
        self._open[account] -= 1
        if not self._open[account]:
            del self._open[account]
