"""Which months are closed at a request, and who has confirmed that they are changed all the same."""

from dataclasses import dataclass
from datetime import datetime

from services.api.access.principal import Principal

CONFIRMED = "enermon.confirmed"
"""Where the scope of a request that is done again says so; from outside nothing comes there."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A proposal that is being done: in the name of its author, by the rights and the reach of who confirms it."""

    proposal_id: int
    by: str
    """The account that confirms."""
    credential: str
    """By which it was known."""
    principal: Principal
    """As which it is done."""


@dataclass(frozen=True, slots=True)
class Closing:
    """What is closed: the months before the present one of Asia/Shanghai."""

    open_from: datetime
    now: datetime
    confirmed: Confirmed | None = None
