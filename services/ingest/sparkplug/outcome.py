"""What the session of an edge node finds: values, and what is to be done. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum

from services.ingest.foreign import Foreign
from services.ingest.sparkplug.known import EdgeMessage


class EdgeIncidentKind(StrEnum):
    """How messages of an edge node can have been lost."""

    GAP = "gap"
    """A number is missing in its order, and nothing has filled it."""
    HOST_AWAY = "host_away"
    """The host was away, and the edge node did not wait for it, or the host had not said so."""


@dataclass(frozen=True, slots=True)
class EdgeIncident:
    """A time from which messages may be missing. `missing`: how many numbers of the order, where that is known."""

    kind: EdgeIncidentKind
    from_us: int
    to_us: int
    missing: int | None = None


@dataclass(slots=True)
class EdgeOutcome:
    """What is to be done after a message, or after some time."""

    values: list[Foreign] = field(default_factory=list)
    births: list[Foreign] = field(default_factory=list)
    """Values of births: what stands, with the time since when."""
    refused: list[tuple[EdgeMessage, str]] = field(default_factory=list)
    """Messages that no birth explains, or not wholly, and why."""
    incidents: list[EdgeIncident] = field(default_factory=list)
    rebirth: bool = False
    online: bool | None = None
    devices: dict[str, bool] = field(default_factory=dict)
    ignores_state: bool = False
    stale_deaths: int = 0
    """Deaths of sessions before the one that stands."""
