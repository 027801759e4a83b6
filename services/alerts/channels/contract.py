"""What a channel is given, what it says, how it is declared. A channel only sends: no rules, retries or database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from uuid import UUID

from services.core.settings import Settings

MOST_DETAIL = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where to send."""

    address: str = field(repr=False)
    """Not shown in logs: the URL of a webhook may hold a token."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """The newest first; while they are changed, several. None where the channel has none."""


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
    earlier: tuple[UUID, ...] = ()
    """Messages to the same of the same alerts, the oldest first: one thread."""


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

    def send(self, target: Destination, message: Rendered) -> None:
        """Return when the receiver has taken the message. Raises DeliveryFailed."""

    def close(self) -> None:
        """Leave what is open."""


SubscriberKind = Literal["body", "enterprise"]
"""Who is told: a supervision body or an enterprise."""


@dataclass(frozen=True, slots=True)
class AddressFault:
    """Why an address is refused: a code of the catalogue of reasons, and what the reason mentions."""

    code: str
    mentions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelKind:
    """A kind of channel, declared once: nothing outside its file and the list of `kinds` names it."""

    name: str
    """As subscriptions give it; lower case letters, digits and _."""
    owners: tuple[SubscriberKind, ...]
    """Who may be told by it."""
    connect: Callable[[Settings], Channel]
    """Raises ValueError for a setting that is wrong."""
    address_fault: Callable[[str, Settings], AddressFault | None]
    """What is wrong with an address that is given."""
    shown_of_owner: Callable[[str], str] | None = None
    """Where the address is not given but follows from the owner's code: the address as people know it."""
    new_secret: Callable[[], str] | None = None
    """Makes the secret that its messages are signed with, where they are."""
    most_under_way: int = 1
    """Messages under way to one endpoint at one time."""
    endpoint_by_host: bool = False
    """Whether each host of an address is an endpoint of its own; else all messages of the channel go to one."""


def one_line(text: str, *, most: int | None = MOST_DETAIL) -> str:
    """Text of others made fit for a log or a heading: printable, one line, at most so many characters (None: any)."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if most is None or len(line) <= most else f"{line[: most - 1]}…"
