"""Silences: what is not to be told for a time, and why. None is ever deleted."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.alerts import nouns
from services.api.alerts.fields import Reference, Slug, SubjectOrCode
from services.api.alerts.known import RULE
from services.api.alerts.model import reference
from services.api.database import Database
from services.api.errors import INVALID_BODY, Refused, refused_fields
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import Column, Filter, Source, equal
from services.api.reasons import Fault
from services.api.registry import nouns as registry
from services.api.registry.fields import AreaCode, CreditCode, Entry, Moment, Note
from services.api.registry.filters import AREA_OF_ENTRY
from services.core.db.statements import Statements
from services.core.reason import InBoth

SQL = Statements.beside(__file__, "silences.sql")
LONGEST = timedelta(days=366)
EXAMPLE: JsonDict = {
    "rule": "gateway_silent",
    "area": None,
    "enterprise": "91150622MA0N0000XF",
    "subject": None,
    "reason": "停产检修，表计断电",
    "starts_at": "2026-03-02T08:00:00+08:00",
    "ends_at": "2026-03-05T18:00:00+08:00",
}

SilenceState = Literal["upcoming", "active", "ended"]
_MATCHERS = {"rule": RULE, "area": Filter("", registry.AREA), "enterprise": Filter("", registry.ENTERPRISE)}
SILENCES = Source(
    name="silences",
    select=SQL["silences"],
    usual=("-silence_id",),
    columns={
        "silence_id": Column(int),
        "starts_at": Column(datetime),
        "ends_at": Column(datetime),
        "rule": Column(nullable=True),
    },
    filters={
        "state": equal("state"),
        "rule": RULE,
        "area": AREA_OF_ENTRY,
        "enterprise": equal("enterprise_code", parameter="enterprise", names=registry.ENTERPRISE),
        "subject": Filter(SQL["is_of_subject"]),
    },
    names=SQL["names_of_entry"],
)


class SilenceEntry(Entry):
    """A silence as it is asked for. What is left out of rule, area, enterprise and subject matches all."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    rule: Slug | None = None
    area: AreaCode | None = Field(None, description="Area of any level; what lies below it is included")
    enterprise: CreditCode | None = None
    subject: SubjectOrCode | None = Field(
        None, description="As alerts print it, such as unit:CODE; a code alone: whatever has it and is theirs"
    )
    reason: Note
    starts_at: Moment | None = Field(None, description="Now if left out")
    ends_at: Moment = Field(description="At most 366 days after the beginning")


class SilenceEnd(Entry):
    """The end of a silence before its time: nothing is to be said of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class Silence(BaseModel):
    """A silence."""

    silence_id: int
    state: SilenceState
    rule: str | None
    title_zh: str | None = Field(description="Of the rule")
    title_en: str | None
    area: Reference | None
    enterprise: Reference | None
    subject: str | None = Field(description="unit:CODE and the like; a code alone where it was given so")
    reason: str
    author: str = Field(description="The account that asked for it")
    starts_at: datetime
    ends_at: datetime
    recorded_at: datetime
    ended_by: str | None = Field(description="The account that ended it before its time; null: none")


class SilenceQuery(ListQuery):
    """How the list of silences may be narrowed."""

    state: Many[SilenceState] | None = None
    rule: Many[Slug] | None = None
    area: Many[AreaCode] | None = Field(None, description="Area of any level; silences of areas below it are included")
    enterprise: Many[CreditCode] | None = None
    subject: Many[SubjectOrCode] | None = Field(None, description="unit:CODE and the like, or a code alone")
    order: Annotated[list[str], OrderedBy("silence_id", "starts_at", "ends_at", "rule")] = ORDER


def silences_of(database: Database, query: SilenceQuery, *, now: datetime) -> dict[str, Any]:
    """The page of silences that `query` asks for, the newest first."""
    with database.read() as connection:
        found = SILENCES.page(connection, query, parameters={"now": now})
    return {"data": [_shown(row) for row in found.data], "next": found.next, "total": found.total}


def silence_of(database: Database, silence_id: int, *, now: datetime) -> Silence:
    """One silence. Raises Refused where there is none."""
    with database.read() as connection:
        return _one(connection, silence_id, now)


def add(database: Database, entry: SilenceEntry, *, now: datetime) -> Silence:
    """Begin a silence. Raises Refused where it does not fit."""
    starts_at = entry.starts_at or now
    with database.write() as connection:
        faults = [*_range_faults(starts_at, entry.ends_at, now=now), *_matcher_faults(connection, entry)]
        if faults:
            raise refused_fields(INVALID_BODY, faults)
        subject_kind, subject_code = _subject_to_keep(connection, entry)
        given = entry.model_dump(exclude={"subject"}) | {
            "starts_at": starts_at,
            "subject_kind": subject_kind,
            "subject_code": subject_code,
        }
        return _one(connection, SQL.run(connection, "insert", **given).scalar_one(), now)


def end(database: Database, silence_id: int, *, now: datetime) -> Silence:
    """End a silence before its time. Raises Refused where there is none, or it is over already."""
    with database.write() as connection:
        if SQL.run(connection, "end", silence_id=silence_id, now=now).first() is None:
            silence = _one(connection, silence_id, now)
            raise Refused(nouns.SILENCE_OVER, f"silence {silence_id} ended at {silence.ends_at.isoformat()}")
        return _one(connection, silence_id, now)


def _one(connection: Connection, silence_id: int, now: datetime) -> Silence:
    given = {"silence_id": silence_id, "now": now}
    for row in SILENCES.rows(connection, "entry.silence_id = :silence_id", given, most=1):
        return Silence.model_construct(**_shown(row))
    raise nouns.SILENCE.refuse_unknown(str(silence_id))


def _shown(row: DictRow) -> dict[str, Any]:
    shown = {name: row[name] for name in Silence.model_fields if name in row}
    places = {name: reference(row, name) for name in ("area", "enterprise")}
    kind, code = row["subject_kind"], row["subject_code"]
    return shown | places | {"subject": code if kind is None else f"{kind}:{code}"}


def _subject_of(entry: SilenceEntry) -> tuple[str | None, str | None]:
    """Kind and code of the subject; no kind where a code alone was given."""
    if entry.subject is None:
        return None, None
    kind, mark, code = entry.subject.rpartition(":")
    return (kind if mark else None), code


def _subject_to_keep(connection: Connection, entry: SilenceEntry) -> tuple[str | None, str | None]:
    """Kind and code that are kept. Raises Refused where a code alone is that of several kinds.

    A code alone would hold what has it elsewhere too: of who does not act on everything, and names no other place, the
    kind of what it sees under the code is kept with it.
    """
    kind, code = _subject_of(entry)
    if code is None or kind is not None or entry.area is not None or entry.enterprise is not None:
        return kind, code
    found = SQL.run(connection, "kinds", code=code).all()
    kinds = [each.kind for each in found if not each.everything]
    if len(kinds) > 1:
        asked = {"value": code, "known": ", ".join(f"{each}:{code}" for each in kinds)}
        raise refused_fields(INVALID_BODY, [Fault("subject", "of_several_kinds", asked)])
    return (kinds[0] if kinds else None), code


def _range_faults(starts_at: datetime, ends_at: datetime, *, now: datetime) -> list[Fault]:
    start, moment = starts_at.isoformat(), now.isoformat()
    if ends_at <= starts_at:
        return [Fault("ends_at", "not_later", {"other": InBoth(f"starts_at {start}", f"开始时间 {start}")})]
    if ends_at <= now:
        return [Fault("ends_at", "not_later", {"other": InBoth(f"now {moment}", f"当前时间 {moment}")})]
    if ends_at - starts_at > LONGEST:
        return [Fault("ends_at", "lasts_too_long", {"days": LONGEST.days})]
    return []


def _matcher_faults(connection: Connection, entry: SilenceEntry) -> list[Fault]:
    matchers = entry.model_dump(include={"rule", "area", "enterprise", "subject"}, exclude_none=True)
    if not matchers:
        return [Fault("body", "silences_all")]
    try:
        for name, matcher in _MATCHERS.items():
            if name in matchers:
                matcher.require_known(connection, name, matchers[name])
    except Refused as refusal:
        return list(refusal.faults)
    kind, code = _subject_of(entry)
    if code is not None and not any(kind in (None, each) for each in SQL.run(connection, "kinds", code=code).scalars()):
        return [Fault("subject", "unknown", {"noun": "subject", "noun_zh": "对象", "value": entry.subject})]
    return []
