"""What was tried, as it is told."""

from dataclasses import dataclass
from typing import Literal

TriedStanding = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class TriedThing:
    """One thing that was tried: what was found, and how to mend it where it is not well."""

    standing: TriedStanding
    name: str
    found: str
    mend: str = ""

    def line(self) -> str:
        """For a person."""
        return f"{self.standing:<5} {self.name:<12} {self.found}" + (f"; {self.mend}" if self.mend else "")
