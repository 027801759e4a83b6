"""The way in for messages of other formats, whatever brings them: transport → session → decode → here → answer.

A process that takes messages of the field (a TCP server, a host, a web service) decodes each to a `Foreign`, which is
pure, and gives them here together. When this returns they are committed, and the senders may be answered.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import psycopg

from services.ingest.foreign import Foreign
from services.ingest.message import (
    LARGEST_PAYLOAD_BYTES,
    Answer,
    Checked,
    Example,
    ForeignAnswer,
    Sample,
    UnreadableMessage,
)
from services.ingest.points import to_meters
from services.ingest.profiles.decode import Came, read_message
from services.ingest.rejected import Unreadable
from services.ingest.store import store
from services.ingest.validate import KnownRegistry, check

log = logging.getLogger("intake")

BY_PROFILE = "profile"
"""What is read by a gateway's profile, among the formats."""


@dataclass(frozen=True, slots=True)
class ForeignMessage:
    """A message as it came and as it was read: what it says, or why it cannot be read.

    `source`: topic, address or protocol, by which people find it. `gateway`: who sent it, as the transport proves it,
    and not as the message says; None where nobody is proven. `claimed`: whom it names then.
    """

    gateway: str | None
    source: str
    payload: bytes
    read: Foreign | UnreadableMessage
    claimed: str | None = None


def store_foreign(
    connection: psycopg.Connection,
    known: KnownRegistry,
    messages: Sequence[ForeignMessage],
    *,
    now_us: int,
    writer: str,
) -> list[Answer | UnreadableMessage]:
    """Commit messages and say what became of each, in their order.

    Of one that cannot be read, or whose gateway is not registered, the reason; it is kept whole. Values of unknown
    points and such whose flags say that they are not good are kept beside the readings, and are in no count of the
    answer. `writer`: the process, which speaks one protocol and is counted by that name. Within a transaction of the
    caller it is part of that. Raises psycopg.Error with nothing stored: then the sender gets no answer, or one that
    lets it send again.
    """
    read = [checked_foreign(message, known, now_us=now_us, protocol=writer) for message in messages]
    unreadable = [
        Unreadable(message.gateway, message.source, message.payload, each, writer, message.claimed)
        for message, each in zip(messages, read, strict=True)
        if isinstance(each, UnreadableMessage)
    ]
    answers = iter(store(connection, [m for m in read if isinstance(m, Checked)], unreadable, writer=writer))
    return [each if isinstance(each, UnreadableMessage) else next(answers) for each in read]


def checked_by_profile(
    gateway: str, source: str, payload: bytes, came: Came, known: KnownRegistry, *, now_us: int
) -> Checked:
    """What of a message may be stored, read by the profile of its gateway.

    Raises UnreadableMessage (unknown_gateway, no_profile, too_large, undecodable).
    """
    if gateway not in known.gateways:
        raise UnreadableMessage("unknown_gateway", f"gateway {gateway!r} is not registered")
    profile = known.profiles.get(gateway)
    if profile is None:
        detail = f"gateway {gateway!r} has no profile by which its messages could be read"
        raise UnreadableMessage("no_profile", detail)
    if len(payload) > LARGEST_PAYLOAD_BYTES:
        raise UnreadableMessage("too_large", f"{len(payload)} bytes; at most {LARGEST_PAYLOAD_BYTES} are taken")
    try:
        read = read_message(profile, gateway, payload, came)
    except UnreadableMessage:
        raise
    except Exception as error:
        # At the rim: one message that cannot be read does not hold up the others for ever.
        log.exception("message could not be read", extra={"gateway": gateway})
        raise UnreadableMessage("undecodable", "could not be read; the log of the service says why") from error
    decoded = to_meters(read.foreign, known.points)
    example = Example(read.nothing, source, payload) if read.nothing else None
    beside = replace(
        decoded.beside,
        example=example,
        sample=Sample(source, payload, came.retained),
        told=None if read.ack is None else ForeignAnswer(*read.ack),
    )
    return check(replace(decoded, beside=beside, format=BY_PROFILE), known, now_us=now_us)


def checked_foreign(
    message: ForeignMessage, known: KnownRegistry, *, now_us: int, protocol: str
) -> Checked | UnreadableMessage:
    """What of a message may be stored, or why it is not taken at all."""
    if isinstance(message.read, UnreadableMessage):
        return message.read
    try:
        return check(replace(to_meters(message.read, known.points), format=protocol), known, now_us=now_us)
    except UnreadableMessage as reason:
        return reason
