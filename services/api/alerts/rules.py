"""Rules of alerts in versions: each change, switching on and off among them, is a further version."""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.alerts.rules.body import body_of, parse
from services.alerts.rules.fault import RuleError
from services.alerts.rules.rule import Rule
from services.alerts.rules.shipped import check_known
from services.api.alerts import nouns
from services.api.alerts.fields import SeverityName
from services.api.database import Database
from services.api.errors import INVALID_BODY, Refused, refused_fields
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import Column, Filter, Source, contains
from services.api.paging import Page
from services.api.reasons import Fault
from services.api.registry.fields import Code, Entry, Note, SearchText, Whole
from services.core.db.leading import LockKey
from services.core.db.statements import Statements
from services.judging.data.tables import Tables

SQL = Statements.beside(__file__, "rules.sql")
_REFUSED_IN_TEXTS = frozenset({"Cs", "Cc"})
_LINE_ENDS = "\n\t"

Origin = Literal["shipped", "own"]
Body = dict[str, JsonValue]

RULES = Source(
    name="rules",
    select=SQL["now"],
    usual=("slug",),
    columns={
        "slug": Column(),
        "severity": Column(nullable=True),
        "firing": Column(int),
        "recorded_at": Column(datetime),
    },
    filters={
        "enabled": Filter("entry.enabled = CAST(:enabled AS boolean)"),
        "origin": Filter("CASE WHEN entry.came_with_program THEN 'shipped' ELSE 'own' END = ANY(:origin)"),
        "severity": Filter("entry.severity = ANY(:severity)"),
        "indicator": Filter("entry.body ->> 'indicator' = ANY(:indicator)"),
        "q": contains("slug", "body::text"),
    },
)


class RuleVersion(BaseModel):
    """A version of a rule."""

    version: int = Field(description="1 is the first; the highest counts")
    enabled: bool
    shipped: bool = Field(description="Whether this version came with the program")
    body: dict[str, Any] = Field(description="What it says: docs/alerts.md")
    author: str = Field(description="The account that has written it; enermon: the program")
    note: str | None
    recorded_at: datetime


class RuleEntry(RuleVersion):
    """A rule in its newest version."""

    slug: str
    origin: Origin = Field(description="shipped: the rule came with the program, whoever changed it since")
    title_zh: str | None
    title_en: str | None
    severity: str | None
    firing: int = Field(description="How many of its alerts fire now")


class RuleDetail(RuleEntry):
    """A rule with all its versions."""

    versions: list[RuleVersion] = Field(description="The newest first")


class RuleQuery(ListQuery):
    """How the list of rules may be narrowed."""

    enabled: bool | None = None
    origin: Many[Origin] | None = None
    severity: Many[SeverityName] | None = None
    indicator: Many[Code] | None = None
    q: SearchText | None = Field(None, description="Part of the slug or of the body")
    order: Annotated[list[str], OrderedBy("slug", "severity", "firing", "recorded_at")] = ORDER


class RuleChange(Entry):
    """A further version of a rule."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": False, "note": "改用自定规则"}]})

    body: Body | None = Field(None, description="What it says: docs/alerts.md; left out: as before")
    enabled: bool | None = Field(None, strict=True, description="Left out: as before; of a new rule true")
    note: Note | None = None
    based_on: Whole | None = Field(None, ge=0, description="The version you changed; refused if there is a newer one")


class RuleWritten(RuleEntry):
    """A rule after it was put."""

    created: bool = Field(description="false: it said exactly this already; nothing was written")


def rules_of(database: Database, query: RuleQuery) -> dict[str, Any]:
    """The page of rules that `query` asks for, in the order of their slugs."""
    with database.read() as connection:
        found = RULES.page(connection, query)
    return {"data": [_shown(row) for row in found.data], "next": found.next, "total": found.total}


def rule_of(database: Database, slug: str) -> RuleDetail:
    """A rule with its versions. Raises Refused where there is none."""
    with database.read() as connection:
        row = _newest(connection, slug)
        if row is None:
            raise nouns.RULE.refuse_unknown(slug)
        database.revision.show(_state_of(row))
        versions = [
            RuleVersion.model_construct(**found) for found in SQL.run(connection, "versions", slug=slug).mappings()
        ]
        return RuleDetail.model_construct(**_shown(row), versions=versions)


def put(database: Database, tables: Tables, slug: str, change: RuleChange, *, now: datetime) -> RuleWritten:
    """Write a further version of a rule. Raises Refused where its body is no rule, or it has changed meanwhile."""
    rule = None if change.body is None else rule_in(change.body, tables, slug=slug)
    with database.write() as connection:
        SQL.run(connection, "hold", family=LockKey.RULE_VERSION, slug=slug)
        newest = _newest(connection, slug)
        if newest is not None:
            database.revision.require(_state_of(newest))
        version = 0 if newest is None else newest["version"]
        if change.based_on is not None and change.based_on != version:
            raise Refused(
                nouns.VERSION_CONFLICT, f"its newest version is {version}, not {change.based_on}", version=version
            )
        if rule is None and newest is None:
            raise refused_fields(INVALID_BODY, [Fault("body", "missing")])
        body = body_of(rule) if rule is not None else newest and newest["body"]
        enabled = change.enabled if change.enabled is not None else newest is None or newest["enabled"]
        created = newest is None or (newest["body"], newest["enabled"]) != (body, enabled)
        if created:
            SQL.run(
                connection,
                "append",
                slug=slug,
                version=version + 1,
                body=json.dumps(body, ensure_ascii=False, allow_nan=False),
                enabled=enabled,
                note=change.note,
                now=now,
            )
        written = _newest(connection, slug)
    assert written is not None
    database.revision.show(_state_of(written))
    return RuleWritten.model_construct(**_shown(written), created=created)


def _state_of(row: DictRow) -> dict[str, Any]:
    """What of a rule may be changed, with its version: saying something again later is a change too."""
    return {name: row[name] for name in ("version", "enabled", "body")}


def newest_body(connection: Connection, slug: str) -> Mapping[str, Any]:
    """What a rule says in its newest version. Raises Refused where there is none."""
    row = _newest(connection, slug)
    if row is None:
        raise nouns.RULE.refuse_unknown(slug)
    body: Mapping[str, Any] = row["body"]
    return body


def rule_in(body: Mapping[str, Any], tables: Tables, *, slug: str | None = None) -> Rule:
    """The rule that `body` says; where `slug` is given it is that of the rule. Raises Refused with the first fault."""
    for text in _texts(body):
        for character in text:
            if unicodedata.category(character) in _REFUSED_IN_TEXTS and character not in _LINE_ENDS:
                raise _refused("body", "bad_character", character=f"U+{ord(character):04X}")
    try:
        if slug is not None and body.get("slug", slug) != slug:
            raise RuleError("slug", "other_slug", slug=slug)
        rule = parse({"slug": slug, **body} if slug is not None else body)
        check_known(rule, tables)
    except RuleError as error:
        raise _refused(f"body.{error.path}", "rule_fault", problem=error.problem) from None
    return rule


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        for name, inner in part.items():
            yield name
            yield from _texts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _texts(inner)


def _refused(field: str, code: str, **mentions: object) -> Refused:
    return refused_fields(INVALID_BODY, [Fault(field[:100], code, mentions)])


def _newest(connection: Connection, slug: str) -> DictRow | None:
    rows = RULES.rows(connection, "entry.slug = :slug", {"slug": slug}, most=1)
    return rows[0] if rows else None


def _shown(row: DictRow) -> dict[str, Any]:
    body = row["body"]
    title = body.get("title") or {}
    return {
        **{name: row[name] for name in ("slug", *RuleVersion.model_fields)},
        "origin": "shipped" if row["came_with_program"] else "own",
        "title_zh": title.get("zh"),
        "title_en": title.get("en"),
        "severity": body.get("severity"),
        "firing": row["firing"],
    }


RulePage = Page[RuleEntry]
