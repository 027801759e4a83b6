"""Tries a profile on a message without storing anything: what is read, and what is left out and why. Pure."""

from dataclasses import dataclass
from typing import Any

from services.ingest.message import Rejection
from services.ingest.profiles.decode import Came, read_message
from services.ingest.profiles.language import compiled


@dataclass(frozen=True, slots=True)
class TrialValue:
    """A value as it would be read; its time in microseconds since 1970."""

    point: str
    at_us: int
    value: float
    flag: str
    unit: str


@dataclass(frozen=True, slots=True)
class ProfileTrial:
    """What a message says by a profile. `nothing`: why it yields nothing."""

    values: tuple[TrialValue, ...]
    rejected: tuple[Rejection, ...]
    dropped: dict[str, int]
    nothing: str
    ack: tuple[str, str] | None


def tried(document: Any, gateway: str, payload: bytes, came: Came) -> ProfileTrial:
    """What a message of a gateway says. Raises ProfileError, UnreadableMessage."""
    read = read_message(compiled(document), gateway, payload, came)
    foreign = read.foreign
    nothing = [""] * len(foreign.points)
    each = zip(
        foreign.points,
        foreign.times_us,
        foreign.values,
        foreign.flags or nothing,
        foreign.units or nothing,
        strict=True,
    )
    return ProfileTrial(
        values=tuple(TrialValue(*value) for value in each),
        rejected=tuple(foreign.rejected),
        dropped={reason: count for reason, count in foreign.dropped.items() if count},
        nothing=read.nothing,
        ack=None if read.ack is None else (read.ack[0], read.ack[1].decode("utf-8")),
    )
