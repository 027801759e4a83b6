"""What every part of an answer on dual control is made of: a reason in both languages, an obstacle, a light."""

from pydantic import BaseModel, Field

from services.judging.dual_control.warning import WarningLevel


class ReasonedAnswer(BaseModel):
    """A reason in both languages."""

    reason: str = Field(description="Stable: programs may decide by it (docs/dual-control.md)")
    text: str
    text_zh: str


class ObstacleAnswer(ReasonedAnswer):
    """Why something cannot be judged."""

    year: int | None
    what: str | None = Field(description="Kind of the statistic it concerns")


class LightAnswer(ReasonedAnswer):
    """A warning level; null where it cannot be told."""

    level: WarningLevel | None
