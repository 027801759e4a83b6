"""Which readings are to be booked again. Pure."""

from dataclasses import dataclass

from services.core.calendar import OPEN_END_US, OPEN_START_US


class UnknownMetersError(LookupError):
    """No meter has these codes."""


@dataclass(frozen=True, slots=True)
class CheckAsked:
    """What is to be looked at: which meters, and which time of them, [from_us, to_us)."""

    codes: tuple[str, ...] | None = None
    """None: all."""
    from_us: int = OPEN_START_US
    to_us: int = OPEN_END_US
    percent: float = 100.0
    """Of these meters so many are drawn."""

    @property
    def is_part(self) -> bool:
        """Whether something is left out."""
        return self != CheckAsked()
