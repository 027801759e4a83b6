"""What a gateway sent, and what it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, NamedTuple

MessageCode = Literal[
    "undecodable", "too_large", "unknown_gateway", "not_stored", "bad_topic", "not_admitted", "no_birth", "no_profile"
]
"""Why a message is rejected whole; docs/mqtt.md says what to do."""
ReadingCode = Literal[
    "unknown_meter",
    "meter_of_another_gateway",
    "missing_field",
    "not_a_number",
    "ambiguous",
    "infinite",
    "ts_without_offset",
    "ts_unreadable",
    "ts_in_future",
    "ts_out_of_range",
    "ts_too_old",
    "conflict",
    "crowded",
    "not_kept",
    "ts_of_arrival",
    "unit_mismatch",
]
"""Why a reading is rejected."""

LARGEST_PAYLOAD_BYTES = 1_000_000
MOST_READINGS = 10_000


class UnreadableMessage(Exception):  # noqa: N818 - named after the fact, not the class
    """A message that is rejected whole."""

    def __init__(self, code: MessageCode, detail: str, seq: int | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.seq = seq


@dataclass(frozen=True, slots=True)
class Rejection:
    """A reading that is not taken: its meter, time and value, and why. `ts` is as it came, or epoch milliseconds."""

    meter: str
    ts: str | int
    value: str
    code: ReadingCode
    detail: str


class Why(StrEnum):
    """Why a value is held beside the readings."""

    UNKNOWN_POINT = "unknown_point"
    FLAG = "flag"
    NO_UNIT = "no_unit"
    """Nobody knows its unit, and the format does not let the meter's be assumed."""


class HeldValue(NamedTuple):
    """A value that is held beside the readings, as it came: of its point, in the unit that the message said."""

    point: str
    at_us: int
    value: float
    unit: str
    flag: str
    stands_for: str
    why: Why


class Example(NamedTuple):
    """A message that yields nothing, kept as an example: why, where it came from, and its bytes."""

    reason: str
    source: str
    payload: bytes


class Sample(NamedTuple):
    """A message that was read by a profile: where it came from, its bytes, and whether the broker had kept it."""

    source: str
    payload: bytes
    retained: bool


class ForeignAnswer(NamedTuple):
    """What a gateway is told in a format of its own once a message is stored."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Beside:
    """What a foreign message leaves beside the readings.

    `counts`: values by flag, and by the reason why not. `unread`: values of points that are no meters, which cannot be
    read, by their points in place of meters.
    """

    held: Sequence[HeldValue] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    example: Example | None = None
    sample: Sample | None = None
    told: ForeignAnswer | None = None
    unread: Sequence[Rejection] = ()


NOTHING_BESIDE = Beside()
IGNORED_POINT = "ignored_point"
"""By which values of points that nobody wants are counted."""


OWN_FORMAT = "enermon"
"""Name of our own format among those that are counted."""
TAKEN_IN = "taken_in"
"""By which what people took in later is counted, among the formats."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The samples of one message: meter codes, times in microseconds since 1970 (UTC), finite or not finite values.

    `format`: that by which it is counted.
    """

    gateway: str
    seq: int | None
    meters: Sequence[str]
    times_us: Sequence[int]
    values: Sequence[float]
    rejected: Sequence[Rejection] = ()
    beside: Beside = NOTHING_BESIDE
    format: str = OWN_FORMAT


@dataclass(frozen=True, slots=True)
class Checked:
    """The readings of one message that may be stored, by number of the meter.

    `format`: that by which it is counted; `accepts_later`: of two values of one time the later is to count.
    """

    gateway: str
    seq: int | None
    meters: Sequence[str]
    meter_ids: Sequence[int]
    times_us: Sequence[int]
    values: Sequence[float]
    rejected: Sequence[Rejection]
    beside: Beside = NOTHING_BESIDE
    format: str = OWN_FORMAT
    accepts_later: bool = False


@dataclass(slots=True)
class Answer:
    """What became of one message after the commit."""

    seq: int | None
    stored: int = 0
    duplicate: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The answer as the contract prints it."""
        return {"seq": self.seq, "stored": self.stored, "duplicate": self.duplicate, "rejected": self.rejected}


def rejection_json(rejection: Rejection) -> dict[str, Any]:
    """A rejected reading as the contract prints it."""
    ts = rejection.ts if isinstance(rejection.ts, int) else printable(rejection.ts)
    return {"meter": printable(rejection.meter), "ts": ts, "code": rejection.code, "detail": rejection.detail}


def printable(text: str) -> str:
    """Text that UTF-8 can hold: a lone surrogate, which JSON can spell, becomes its escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
