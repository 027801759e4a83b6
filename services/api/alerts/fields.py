"""The types of fields that alerts have beside those of the registry."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema

from services.alerts.channels.kinds import KINDS
from services.api.registry.fields import refusal

SeverityName = Literal["notice", "warning", "severe"]
AlertState = Literal["firing", "resolved"]
Language = Literal["zh", "en", "both"]
MessageStatus = Literal["waiting", "sent", "dead"]
Outcome = Literal["sent", "failed", "dead"]

MOST_ID = 2**63 - 1
_SLUG_PATTERN = "^[a-z0-9][a-z0-9_]{0,63}$"
_SUBJECT_PATTERN = "^(unit|enterprise|park|area|gateway|meter):[0-9A-Za-z][0-9A-Za-z_-]{0,63}$"
_SUBJECT_OR_CODE_PATTERN = "^((unit|enterprise|park|area|gateway|meter):)?[0-9A-Za-z][0-9A-Za-z_-]{0,63}$"
_TIME_OF_DAY = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]")


def _channel(name: object) -> object:
    if not isinstance(name, str) or name not in KINDS:
        raise refusal("literal_error", expected=" or ".join(f"'{known}'" for known in KINDS))
    return name


def _slug(text: str) -> str:
    if not re.fullmatch(_SLUG_PATTERN[1:-1], text):
        raise refusal("bad_slug")
    return text


def _subject(text: str) -> str:
    if not re.fullmatch(_SUBJECT_PATTERN[1:-1], text):
        raise refusal("bad_subject")
    return text


def _subject_or_code(text: str) -> str:
    if not re.fullmatch(_SUBJECT_OR_CODE_PATTERN[1:-1], text):
        raise refusal("bad_subject" if ":" in text else "bad_code")
    return text


def _time_of_day(value: object) -> object:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and _TIME_OF_DAY.fullmatch(value):
        return time.fromisoformat(value)
    raise refusal("bad_time_of_day")


def _in_utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


def _figures_in_utc(found: Mapping[str, Any]) -> dict[str, Any]:
    times = (name for name in ("at", "period_start", "period_end") if found.get(name) is not None)
    return {**found, **{name: _in_utc(datetime.fromisoformat(found[name])) for name in times}}


Channel = Annotated[
    str, BeforeValidator(_channel), Field(json_schema_extra=lambda schema: schema.update(enum=list(KINDS)))
]
"""The name of a channel."""

Id = Annotated[int, Path(ge=1, le=MOST_ID)]
"""A number given by the database."""

IdFilter = Annotated[int, Field(ge=1, le=MOST_ID)]

Slug = Annotated[str, AfterValidator(_slug), WithJsonSchema({"type": "string", "pattern": _SLUG_PATTERN})]
"""The name of a rule."""

Subject = Annotated[str, AfterValidator(_subject), WithJsonSchema({"type": "string", "pattern": _SUBJECT_PATTERN})]
"""What an alert is about: unit:CODE, enterprise:CREDIT_CODE, park:CODE, area:CODE, gateway:CODE or meter:CODE."""

SubjectOrCode = Annotated[
    str, AfterValidator(_subject_or_code), WithJsonSchema({"type": "string", "pattern": _SUBJECT_OR_CODE_PATTERN})
]
"""The same, or a code alone, which may be that of any of them."""

TimeOfDay = Annotated[
    time, BeforeValidator(_time_of_day), WithJsonSchema({"type": "string", "examples": ["22:00"]}, mode="validation")
]
"""A time of the day of Asia/Shanghai, to the minute."""


TimeInUtc = Annotated[datetime, AfterValidator(_in_utc)]
"""A time as it is answered."""

Figures = Annotated[dict[str, Any], AfterValidator(_figures_in_utc)]
"""What an evaluation found, as the alert service keeps it; its times as they are answered."""


class ReasonAnswer(BaseModel):
    """A reason in both languages."""

    code: str = Field(description="Stable: programs may decide by it")
    of: str = Field(description="What it speaks of")
    text: str
    text_zh: str


class Reference(BaseModel):
    """Something with a code and its names; the names are null where it is no longer registered."""

    code: str
    name_zh: str | None
    name_en: str | None
