"""Bulletins as they are answered."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from services.api.energy.pending import PendingSums
from services.api.indicators.answer import RowUsed
from services.api.names import NamesOut

GapKind = Literal["missing", "not_applicable", "cannot_judge"]
Section = Literal["total", "carriers", "dual_control", "efficiency", "alerts", "quality"]


class BulletinLine(BaseModel):
    """One number of a bulletin, or one word."""

    key: str = Field(description="Names the line: the same in every bulletin")
    section: Section
    name_zh: str
    name_en: str
    value: float | None = Field(description="null: there is no value, which is not zero")
    unit: str
    gap: GapKind | None = Field(
        None,
        description="Why there is no value: what was expected did not come, there is no such thing, it cannot be told",
    )
    coverage: float | None = Field(None, description="Measured share of what it was formed of, 0 to 1")
    text_zh: str | None = Field(None, description="Of what is a word, or why there is no value")
    text_en: str | None = None
    before: float | None = Field(None, description="The same of the month before")
    before_coverage: float | None = None
    change: float | None = Field(
        None, description="Against the month before, in the unit; null unless 90 % of both months were measured"
    )
    change_percent: float | None = Field(None, description="The same in per cent of the month before")
    question: str = Field(description="Which of `questions` it answers")


class BulletinEntry(BaseModel):
    """A bulletin without what it says."""

    area_code: str = Field(description="GB/T 2260")
    month: str = Field(description="2026-11")
    version: int = Field(description="1, and one more each time it is issued again")
    digest: str = Field(description="SHA-256 of its content, byte for byte, as GET …/content answers it")
    issued_by: str
    issued_at: datetime
    seal: int | None = Field(description="Number of the seal that holds it; null: it waits for it, a second or so")
    seal_head: str | None = Field(description="The chain at that seal")


class BulletinAnswer(BulletinEntry):
    """A bulletin as it was issued."""

    start: datetime
    end: datetime
    data: list[BulletinLine]
    rows: list[RowUsed] = Field(description="Rows of documents that the numbers stand on, as they were then")
    questions: dict[str, str] = Field(description="Addresses of the API whose answers these were")
    pending: PendingSums | None = Field(description="What was stored then and not yet in the sums; null: nothing")
    names: NamesOut


class BulletinDifference(BaseModel):
    """A line as it was issued, and as the API says it now."""

    key: str
    section: Section
    name_zh: str
    name_en: str
    unit: str
    state: Literal["same", "changed", "gone", "new"]
    then: float | None
    now: float | None
    change: float | None = Field(description="now - then; null where either has no value")
    change_percent: float | None
    coverage_then: float | None
    coverage_now: float | None
    text_then_zh: str | None
    text_then_en: str | None
    text_now_zh: str | None
    text_now_en: str | None


class BulletinDifferences(BaseModel):
    """What a bulletin said beside what would be said now."""

    area_code: str
    month: str
    version: int
    issued_at: datetime
    asked_at: datetime
    changed: int = Field(description="Lines that differ")
    data: list[BulletinDifference] = Field(description="Every line, in the order of the bulletin")
    rows: list[RowUsed] = Field(description="Rows of documents that hold now and did not then, or differ since")
    pending: PendingSums | None
    names: NamesOut
