"""What the sender of a message is told once it is stored."""

from pydantic import BaseModel, ConfigDict, Field

from services.ingest.message import IGNORED_POINT, Answer, Checked


class NotTaken(BaseModel):
    """Why a reading was not taken."""

    meter: str | None = None
    ts: str | int | None = Field(None, description="As it was sent, or epoch milliseconds")
    code: str
    detail: str


class ReadingAnswer(BaseModel):
    """What became of a message, after the commit. Beside the readings: of a message that a profile reads."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"seq": 41, "stored": 1, "duplicate": 0, "rejected": []}]}
    )

    seq: int | None
    stored: int
    duplicate: int
    rejected: list[NotTaken]
    held: int | None = Field(None, description="Values that are kept until somebody says what their points are")
    unread: int | None = Field(None, description="Values of points that nobody has mapped, which cannot be read")
    dropped: int | None = Field(None, description="Values of points that nobody wants")


def read_answer(answer: Answer, by_profile: Checked | None) -> ReadingAnswer:
    """The answer as the contract has it; for a message that a profile reads with what became of its other values."""
    said = answer.as_json()
    if by_profile is not None:
        beside = by_profile.beside
        said |= {
            "held": len(beside.held),
            "unread": len(beside.unread),
            "dropped": beside.counts.get(IGNORED_POINT, 0),
        }
    return ReadingAnswer.model_validate(said)
