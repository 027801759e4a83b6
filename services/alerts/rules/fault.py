"""What is wrong with a rule of alerts: the field and what it may hold, in both languages. Pure."""

from typing import Any

from services.core.reason import About, reason_text


class RuleError(ValueError):
    """A field of a rule is not as it must be: for a reason of the catalogue, with what that reason mentions."""

    def __init__(self, path: str, code: str, /, **mentions: Any) -> None:
        self.path = path
        self.code = code
        self.problem = reason_text(About.RULE, code, **mentions)
        super().__init__(f"{path}: {self.problem.en}")
