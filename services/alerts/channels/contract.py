"""What a channel is given and what it says. A channel only knows how to send: no rules, no retries, no database."""

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

MOST_DETAIL = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to send: an e-mail address, the URL of a webhook, or for MQTT the credit code of the enterprise."""

    address: str = field(repr=False)
    """Not shown in logs: the URL of a webhook may hold a token."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Of a webhook, the newest first; while they are changed, several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message in all forms; the same at every attempt."""

    message_id: UUID
    subject: str
    """One line."""
    text: str
    html: str
    payload: bytes
    """JSON of webhook and MQTT, UTF-8."""


class DeliveryFailed(Exception):  # noqa: N818 - named after the fact
    """Not delivered. `detail` says why, without secrets; a permanent failure is not worth another attempt."""

    def __init__(self, detail: str, *, permanent: bool, retry_after_s: float | None = None, gone: bool = False) -> None:
        self.detail = one_line(detail)
        self.permanent = permanent
        self.retry_after_s = retry_after_s
        """How long the receiver asks to be left alone; None: it did not say."""
        self.gone = gone
        """Whether the receiver wants nothing any more, this message or another."""
        super().__init__(self.detail)


class Channel(Protocol):
    """A way to tell someone."""

    def send(self, target: Target, message: Rendered) -> None:
        """Return when the receiver has taken the message. Raises DeliveryFailed."""

    def close(self) -> None:
        """Leave what is open."""


def one_line(text: str, *, most: int | None = MOST_DETAIL) -> str:
    """Text of others made fit for a log or a heading: printable, one line, at most so many characters (None: any)."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if most is None or len(line) <= most else f"{line[: most - 1]}…"
