"""Which fields are refused and why, of JSON, parameters and import files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as default
from typing import Any

from pydantic_core import ErrorDetails

from services.core.reason import REASONS, About, InBoth, reason_text

_MOST_FIELD_CHARACTERS = 100
# Of what a reason mentions: a cell of a file may hold 32 000, and thousands of cells the same.
_MOST_MENTIONED_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that is refused: the code of a reason, and what it mentions."""

    field: str
    code: str
    mentions: Mapping[str, Any] = default(default_factory=dict)

    @property
    def reason(self) -> str:
        """The reason in English."""
        return self._text.en

    @property
    def reason_zh(self) -> str:
        """The reason in Chinese."""
        return self._text.zh

    @property
    def _text(self) -> InBoth:
        if self.code not in REASONS[About.REFUSAL]:
            return InBoth(*[str(self.mentions.get("message", self.code))] * 2)
        return reason_text(About.REFUSAL, self.code, **{name: _short(each) for name, each in self.mentions.items()})


def faults_of(errors: Iterable[ErrorDetails], *, root: str = "body", skip: int = 0) -> list[Fault]:
    """The faults in pydantic's `errors`, leaving out the first `skip` parts of each place; `root` names the whole."""
    return [_fault(error, root, skip) for error in errors]


def _fault(error: ErrorDetails, root: str, skip: int) -> Fault:
    place = error["loc"][skip:]
    code = error["type"]
    name = root if code == "json_invalid" else ".".join(str(part) for part in place) or root
    mentions = {key: _plain(value) for key, value in error.get("ctx", {}).items()}
    if isinstance(choices := mentions.get("expected"), str):
        mentions["expected"] = InBoth(choices, choices.replace(", ", "、").replace(" or ", "、"))
    if code not in REASONS[About.REFUSAL]:
        mentions["message"] = error["msg"]
    return Fault(name[:_MOST_FIELD_CHARACTERS], code, mentions)


def _short(mentioned: object) -> object:
    if isinstance(mentioned, str) and len(mentioned) > _MOST_MENTIONED_CHARACTERS:
        return f"{mentioned[:_MOST_MENTIONED_CHARACTERS]}…"
    return mentioned


def _plain(value: object) -> object:
    """A number as a person would write it: 8000000, not 8000000.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
