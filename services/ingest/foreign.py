"""What a message of another format says: points, times, values and flags. Pure.

A foreign message names points of its gateway and knows no meters: which point is which meter, the registry says
(services/ingest/points.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from services.ingest.message import Rejection

LONGEST_POINT = 200
"""Characters of the name of a point."""


class Flag(StrEnum):
    """What a sender, or how it came, says of a value; `""` stands for a good one."""

    GOOD = ""
    RECEIVED = "received"
    """Its time is that of its arrival: the message has none."""
    HISTORICAL = "historical"
    """Kept by the sender and sent later."""
    MANUAL = "manual"
    """Entered by hand."""
    STOPPED = "stopped"
    """The plant, or the instrument, is out of use."""
    MAINTENANCE = "maintenance"
    FAULT = "fault"
    CALIBRATION = "calibration"
    OVER_RANGE = "over_range"
    COMMUNICATION = "communication"
    """The sender could not read the instrument."""
    BAD = "bad"
    """Bad, and the sender says no more."""


BOOKED = frozenset({Flag.GOOD, Flag.RECEIVED, Flag.HISTORICAL})
"""Flags of which values become readings. The others are held beside them until a person takes them in."""


UNKNOWN_UNIT = "?"
"""In place of a unit that must not be taken for the meter's: a value is held until its point has a unit."""


class StandsFor(StrEnum):
    """What of a period the times of a message are."""

    MOMENT = "moment"
    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class Foreign:
    """The values of one message of a gateway, in the order they came.

    `times_us`: microseconds since 1970 (UTC). `flags` and `units`: empty, or one for each value: empty text is a good
    value, and a unit that the message does not say. `rejected`: values that cannot be read, by their points in place of
    meters. `dropped`: how many values were left out, by reason.
    """

    gateway: str
    seq: int | None
    points: Sequence[str]
    times_us: Sequence[int]
    values: Sequence[float]
    flags: Sequence[str] = ()
    units: Sequence[str] = ()
    stands_for: StandsFor = StandsFor.MOMENT
    rejected: Sequence[Rejection] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
