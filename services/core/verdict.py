"""What a judgement says: in order, in breach, not yet, or that it cannot be told. Pure."""

import enum
from dataclasses import dataclass


class Verdict(enum.StrEnum):
    """判定."""

    OK = "ok"
    BREACH = "breach"
    PROVISIONAL = "provisional"
    """There is a value, of too small a part of its period: nothing follows from it yet."""
    CANNOT_JUDGE = "cannot_judge"

    @property
    def decides(self) -> bool:
        """Whether something follows from it: in order, or in breach."""
        return self in (Verdict.OK, Verdict.BREACH)


@dataclass(frozen=True, slots=True)
class ReasonedVerdict:
    """A verdict and the code of its reason."""

    verdict: Verdict
    reason: str

    @classmethod
    def ok(cls, reason: str) -> "ReasonedVerdict":
        """In order."""
        return cls(Verdict.OK, reason)

    @classmethod
    def breach(cls, reason: str) -> "ReasonedVerdict":
        """In breach."""
        return cls(Verdict.BREACH, reason)

    @classmethod
    def cannot(cls, reason: str) -> "ReasonedVerdict":
        """What is needed to tell is missing."""
        return cls(Verdict.CANNOT_JUDGE, reason)
