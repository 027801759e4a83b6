"""Alerts as they are answered. Null is unknown, never zero."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from psycopg.rows import DictRow
from pydantic import BaseModel, Field

from services.alerts.state.handling import Status
from services.api.alerts.fields import AlertState, Figures, ReasonAnswer, Reference, SeverityName
from services.api.alerts.handling import Awaited, Handling
from services.core.reason import REASONS, About, InBoth
from services.judging.reason_words import verdict_text


class Judged(BaseModel):
    """A rule and the subject it was held against."""

    rule: str
    rule_version: int = Field(description="The version that judged it")
    title_zh: str | None
    title_en: str | None
    subject: str = Field(
        description="unit:CODE, enterprise:CREDIT_CODE, park:CODE, area:CODE, gateway:CODE, meter:CODE"
    )
    subject_name_zh: str | None = Field(description="null where it is no longer registered")
    subject_name_en: str | None
    area: Reference | None = Field(description="Its banner; of an area or park that area")
    park: Reference | None
    enterprise: Reference | None


class Alert(Judged):
    """A breach that lasted long enough, and how far its handling has come."""

    alert_id: int
    severity: SeverityName
    state: AlertState
    status: Status = Field(description="Of the handling, by the last step that moves it")
    fired_at: datetime
    resolved_at: datetime | None
    reopened: int = Field(description="How often the breach came back soon enough to continue this alert")
    inhibited_by: str | None = Field(description="What holds its messages back; null: nothing")
    last_value: Figures | None = Field(description="What the last evaluation found")
    text_zh: str | None = Field(
        description="Its sentence, frozen as it fired; of what has ended, why. null: it was kept before there were any"
    )
    text_en: str | None
    value_text_zh: str | None = Field(description="What the last evaluation found, as messages write it")
    value_text_en: str | None
    limit_text_zh: str | None = Field(description="What that was held against")
    limit_text_en: str | None
    handling: Handling


class AlertCounts(BaseModel):
    """How many alerts the filters leave, over all pages."""

    alerts: int
    awaiting: dict[Awaited, int] = Field(description="Of how many body or enterprise has to act next")
    overdue: dict[Awaited, int] = Field(description="... and of how many of these the last day is over")
    severity: dict[SeverityName, int]
    state: dict[AlertState, int]
    status: dict[Status, int]


class AlertList(BaseModel):
    """Alerts, the newest first unless ordered otherwise."""

    counts: AlertCounts
    data: list[Alert]
    next: str | None = Field(description="Cursor of the next page; null on the last one")
    total: int | None = Field(None, description="Entries of all pages, at most 100 000; null where not asked for")


def reference(row: DictRow, name: str) -> Reference | None:
    """Code and names of the area, park or enterprise of a row; None where it has none."""
    code = row[f"{name}_code"]
    if code is None:
        return None
    return Reference.model_construct(code=code, name_zh=row[f"{name}_name_zh"], name_en=row[f"{name}_name_en"])


def judged(row: DictRow) -> dict[str, Any]:
    """The fields of Judged of a row with its names."""
    return {
        **{name: row[name] for name in ("rule", "rule_version", "title_zh", "title_en")},
        "subject": f"{row['subject_kind']}:{row['subject_code']}",
        "subject_name_zh": row["subject_name_zh"],
        "subject_name_en": row["subject_name_en"],
        **{name: reference(row, name) for name in ("area", "park", "enterprise")},
    }


def reason_answers(reasons: Iterable[Iterable[str]] | None) -> list[ReasonAnswer]:
    """Reasons in both languages, from pairs of a code and what it speaks of."""
    return [_reason_answer(*reason) for reason in reasons or ()]


def _reason_answer(code: str, of: str = "") -> ReasonAnswer:
    known = code in REASONS[About.VERDICT]
    english, chinese = verdict_text(code, of) if known else InBoth(of or code, of or code)
    return ReasonAnswer.model_construct(code=code, of=of, text=english, text_zh=chinese)
