"""What a run has sent and what was answered."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Counts:
    """Numbers of readings, unless the name says messages. answered_* count each message once, whatever was repeated."""

    messages_published: int = 0
    messages_answered: int = 0
    messages_refused: int = 0
    answers_repeated: int = 0
    reconnects: int = 0
    answered: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0
    given_up: int = 0
    by_code: Counter[str] = field(default_factory=Counter)

    def totals(self) -> dict[str, int]:
        """For the state file."""
        numbers = {name: value for name, value in vars(self).items() if isinstance(value, int)}
        return numbers | {f"code:{code}": number for code, number in self.by_code.items()}

    @classmethod
    def of_totals(cls, totals: dict[str, int]) -> "Counts":
        counts = cls()
        for name, value in totals.items():
            if name.startswith("code:"):
                counts.by_code[name.removeprefix("code:")] = value
            else:
                setattr(counts, name, value)
        return counts
