"""Silences: what is not to be told for a time, and why. None is ever deleted."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.alerts import nouns
from services.api.alerts.fields import Reference, Slug
from services.api.alerts.known import require_rule
from services.api.alerts.model import reference
from services.api.alerts.statements import Statements
from services.api.database import Database
from services.api.errors import INVALID_BODY, Refused, refused_fields
from services.api.paging import PageQuery, cursor_after, key_of_cursor
from services.api.reasons import Fault
from services.api.registry import nouns as registry
from services.api.registry.fields import AreaCode, Code, CreditCode, Entry, Moment, Name, Note
from services.api.registry.filters import AREA_OF_ENTRY, Filter
from services.core.db.statements import run_text

SQL = Statements("silences.sql")
LONGEST = timedelta(days=366)
EXAMPLE: JsonDict = {
    "rule": "gateway_silent",
    "area": None,
    "enterprise": "91150622MA0N0000XF",
    "subject": None,
    "reason": "停产检修，表计断电",
    "author": "准格尔旗节能监察大队 王工",
    "starts_at": "2026-03-02T08:00:00+08:00",
    "ends_at": "2026-03-05T18:00:00+08:00",
}

State = Literal["upcoming", "active", "ended"]
_LIST = "silences"
_KNOWN = {
    "area": Filter("", registry.AREA),
    "enterprise": Filter("", registry.ENTERPRISE),
}


class SilenceEntry(Entry):
    """A silence as it is asked for. What is left out of rule, area, enterprise and subject matches all."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    rule: Slug | None = None
    area: AreaCode | None = Field(None, description="Area of any level; what lies below it is included")
    enterprise: CreditCode | None = None
    subject: Code | None = Field(None, description="Code of the unit, park, area, gateway, meter or enterprise")
    reason: Note
    author: Name
    starts_at: Moment | None = Field(None, description="Now if left out")
    ends_at: Moment = Field(description="At most 366 days after the beginning")


class SilenceEnd(Entry):
    """Who ends a silence before its time."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"author": "准格尔旗节能监察大队 王工"}]})

    author: Name


class Silence(BaseModel):
    """A silence."""

    silence_id: int
    state: State
    rule: str | None
    title_zh: str | None = Field(description="Of the rule")
    title_en: str | None
    area: Reference | None
    enterprise: Reference | None
    subject: str | None
    reason: str
    author: str
    starts_at: datetime
    ends_at: datetime
    recorded_at: datetime
    ended_by: str | None = Field(description="Who ended it before its time; null: nobody")


class SilenceQuery(PageQuery):
    """How the list of silences may be narrowed."""

    state: State | None = None
    rule: Slug | None = None
    area: AreaCode | None = Field(None, description="Area of any level; silences of areas below it are included")
    enterprise: CreditCode | None = None
    subject: Code | None = None


def silences_of(database: Database, query: SilenceQuery, *, now: datetime) -> dict[str, Any]:
    """The page of silences that `query` asks for, the newest first."""
    given = query.filters
    parameters = given | {"now": now, "row_limit": query.limit + 1}
    conditions = [_condition(name) for name in given]
    if query.cursor is not None:
        parameters["before"] = int(key_of_cursor(query.cursor, of=_LIST, filters=given))
        conditions.append("entry.silence_id < %(before)s")
    with database.read() as connection:
        _require_known(connection, given)
        rows = _rows(connection, " AND ".join(conditions) or "true", parameters)
    more, rows = len(rows) > query.limit, rows[: query.limit]
    following = cursor_after(str(rows[-1]["silence_id"]), of=_LIST, filters=given) if more else None
    return {"data": [_shown(row) for row in rows], "next": following}


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
        given = entry.model_dump() | {"starts_at": starts_at}
        return _one(connection, SQL.run(connection, "insert", **given).scalar_one(), now)


def end(database: Database, silence_id: int, author: str, *, now: datetime) -> Silence:
    """End a silence before its time. Raises Refused where there is none, or it is over already."""
    with database.write() as connection:
        if SQL.run(connection, "end", silence_id=silence_id, author=author, now=now).first() is None:
            silence = _one(connection, silence_id, now)
            raise Refused(nouns.SILENCE_OVER, f"silence {silence_id} ended at {silence.ends_at.isoformat()}")
        return _one(connection, silence_id, now)


def _condition(name: str) -> str:
    if name == "area":
        return AREA_OF_ENTRY.condition
    column = {"enterprise": "enterprise_code", "subject": "subject_code"}.get(name, name)
    return f"entry.{column} = %({name})s"


def _require_known(connection: Connection, given: Mapping[str, object]) -> None:
    for name, value in given.items():
        if name in _KNOWN:
            _KNOWN[name].require_known(connection, name, value)
    if "rule" in given:
        require_rule(connection, str(given["rule"]))


def _rows(connection: Connection, condition: str, parameters: Mapping[str, Any]) -> Sequence[DictRow]:
    statement = (
        "SELECT entry.*, named.* FROM ("  # noqa: S608 - put together from this program's own parts
        f"SELECT * FROM ({SQL['silences']}) AS entry WHERE {condition} ORDER BY silence_id DESC LIMIT %(row_limit)s"
        f") AS entry {SQL['names_of_entry']} ORDER BY entry.silence_id DESC"
    )
    return run_text(connection, statement, parameters).mappings().all()


def _one(connection: Connection, silence_id: int, now: datetime) -> Silence:
    parameters = {"silence_id": silence_id, "now": now, "row_limit": 1}
    for row in _rows(connection, "entry.silence_id = %(silence_id)s", parameters):
        return Silence.model_construct(**_shown(row))
    raise nouns.SILENCE.refuse_unknown(str(silence_id))


def _shown(row: DictRow) -> dict[str, Any]:
    shown = {name: row[name] for name in Silence.model_fields if name in row}
    places = {name: reference(row, name) for name in ("area", "enterprise")}
    return shown | places | {"subject": row["subject_code"]}


def _range_faults(starts_at: datetime, ends_at: datetime, *, now: datetime) -> list[Fault]:
    if ends_at <= starts_at:
        return [Fault("ends_at", "not_later", {"other": f"starts_at {starts_at.isoformat()}"})]
    if ends_at <= now:
        return [Fault("ends_at", "not_later", {"other": f"now {now.isoformat()}"})]
    if ends_at - starts_at > LONGEST:
        return [Fault("ends_at", "lasts_too_long", {"days": LONGEST.days})]
    return []


def _matcher_faults(connection: Connection, entry: SilenceEntry) -> list[Fault]:
    matchers = entry.model_dump(include={"rule", "area", "enterprise", "subject"}, exclude_none=True)
    if not matchers:
        return [Fault("body", "silences_all")]
    try:
        _require_known(connection, matchers)
    except Refused as refusal:
        return list(refusal.faults)
    if entry.subject is not None and SQL.run(connection, "known_subject", value=entry.subject).first() is None:
        return [Fault("subject", "unknown", {"noun": "subject", "noun_zh": "对象", "value": entry.subject})]
    return []
