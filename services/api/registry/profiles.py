"""Profiles: shipped and written ones, and which of them reads the messages of a gateway."""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from psycopg import Connection
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from services.api.errors import INVALID_BODY, ProblemKind, Refused, refused_fields
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import Column, Source, equal
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.fields import Code, Entry, Whole, refusal
from services.api.registry.statements import registry_statements
from services.core.calendar import from_us
from services.ingest.profiles.access import ProfileError
from services.ingest.profiles.language import compiled
from services.ingest.profiles.shipped import shipped_profiles
from services.ingest.profiles.trial import TrialValue

SQL = registry_statements("profile.sql")
UNKNOWN_PROFILE = ProblemKind("unknown_profile", 404, "No such profile")
SHIPPED = ProblemKind("profile_is_shipped", 409, "The name is that of a shipped profile")
DOCUMENT: JsonDict = {
    "topics": ["x/{gateway}/iotgateway"],
    "each": "/values[]",
    "good": {"at": ".q", "in": [True], "missing": False},
    "emit": [{"point": "{.id}", "value": ".v"}],
    "time": {"at": [".t", "/timestamp"], "format": "epoch_ms"},
}
_MESSAGE = '{"timestamp":1795132800030,"values":[{"id":"Ch1.E01","v":512.25,"q":true,"t":1795132800000}]}'

ProfileName = Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]
ProfileOrigin = Literal["shipped", "written"]


class ProfileAnswer(BaseModel):
    """A version of a profile."""

    name: str
    version: int
    origin: ProfileOrigin
    title_en: str | None
    title_zh: str | None
    topics: list[str]
    written_by: str | None
    written_at: datetime | None


class WholeProfile(ProfileAnswer):
    """A version of a profile with its document."""

    document: dict[str, Any]


class ProfileEntry(Entry):
    """A new version of a profile."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"document": DOCUMENT}]})

    document: dict[str, Any] = Field(description="Its fields (docs/gateways.md)")


class GatewayProfileEntry(Entry):
    """By which profile the messages of a gateway are read."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"profile": "kepware"}]})

    profile: ProfileName
    version: Whole | None = Field(None, ge=1, le=1_000_000, description="Left out: its newest")


class GatewayProfile(BaseModel):
    """By which version of which profile the messages of a gateway are read."""

    profile: str
    version: int


class MoveEntry(Entry):
    """Another version for a gateway, to be tried before it is given."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"profile": "kepware"}]})

    profile: ProfileName | None = Field(None, description="Name of a profile")
    version: Whole | None = Field(None, ge=1, le=1_000_000, description="Left out: its newest")
    document: dict[str, Any] | None = Field(None, description="Or a profile that is not kept yet")

    @model_validator(mode="after")
    def _one_of_both(self) -> "MoveEntry":
        if (self.profile is None) == (self.document is None):
            raise refusal("profile_or_name")
        return self


class TryEntry(Entry):
    """A message, and the profile to try on it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"profile": "kepware", "gateway": "GW-1", "topic": "x/GW-1/iotgateway", "payload": _MESSAGE}]
        }
    )

    profile: ProfileName | None = Field(None, description="Name of a profile")
    version: Whole | None = Field(None, ge=1, le=1_000_000, description="Left out: its newest")
    document: dict[str, Any] | None = Field(None, description="Or a profile that is not kept yet")
    payload: str | None = Field(None, max_length=1_000_000, description="The message as text")
    payload_base64: str | None = Field(None, max_length=1_400_000, description="Or its bytes")
    topic: str | None = Field(None, max_length=1000, description="Left out: it came by HTTP")
    gateway: Code = Field("GW", description="Whose it is")
    retained: bool = False

    @model_validator(mode="after")
    def _one_of_each(self) -> "TryEntry":
        if (self.profile is None) == (self.document is None):
            raise refusal("profile_or_name")
        return self


class TriedValue(BaseModel):
    """A value as it would be read."""

    point: str
    ts: datetime
    value: float | None = Field(description="null: beyond the range of numbers")
    flag: str | None = Field(description="null: good")
    unit: str


class TriedRejection(BaseModel):
    """A value that cannot be read."""

    point: str
    ts: str | int
    value: str
    code: str
    detail: str


class TriedAck(BaseModel):
    """What the gateway would be told."""

    topic: str
    payload: str


class Tried(BaseModel):
    """What a message says by a profile. Nothing is stored."""

    values: list[TriedValue]
    rejected: list[TriedRejection]
    dropped: dict[str, int] = Field(description="How many values, or rows, were left out, by reason")
    nothing: str | None = Field(description="Why it yields nothing; null: it yields something")
    unreadable: str | None = Field(description="Why the message cannot be read at all; null: it can")
    ack: TriedAck | None


class ForeignExample(BaseModel):
    """The last message of a gateway that yielded nothing, by reason."""

    gateway: str
    reason: str
    received_at: datetime
    source: str = Field(description="Its topic, or http")
    payload_bytes: int
    payload_base64: str = Field(description="Its first 1024 bytes")


class ProfileQuery(ListQuery):
    """How profiles are listed."""

    origin: Many[ProfileOrigin] | None = None
    order: Annotated[list[str], OrderedBy("name", "origin")] = ORDER


_EXAMPLE_COLUMNS: Mapping[str, Column] = {
    "gateway": Column(),
    "reason": Column(),
    "received_at": Column(datetime),
}
EXAMPLES = Source(
    name="foreign_examples",
    select=SQL["examples"],
    usual=("key",),
    columns={**_EXAMPLE_COLUMNS, "key": Column()},
    filters={"gateway": equal("gateway", names=nouns.GATEWAY), "reason": equal("reason")},
)


class ExampleQuery(ListQuery):
    """Of which gateways."""

    gateway: Many[Code] | None = None
    reason: Many[Code] | None = None
    order: Annotated[list[str], OrderedBy(*_EXAMPLE_COLUMNS)] = ORDER


def all_profiles(connection: Connection) -> list[WholeProfile]:
    """The newest version of each."""
    written = [_written(row) for row in SQL.run(connection, "written").mappings()]
    of_files = [_shipped(name) for name in shipped_profiles()]
    return sorted([*(each for each in written if each.name not in shipped_profiles()), *of_files], key=lambda p: p.name)


def profile_named(connection: Connection, name: str, version: int | None) -> WholeProfile:
    """A version of a profile, its newest for None. Raises Refused."""
    if name in shipped_profiles() and version in (None, shipped_profiles()[name].version):
        return _shipped(name)
    row = SQL.run(connection, "one", name=name, version=version).mappings().first()
    if row is None:
        which = name if version is None else f"{name} {version}"
        raise Refused(UNKNOWN_PROFILE, f"there is no profile {which}")
    return _written(row)


def add_version(connection: Connection, name: str, document: dict[str, Any]) -> WholeProfile:
    """Keep a document as the next version of a profile. Raises Refused where it is wrong."""
    if name in shipped_profiles():
        raise Refused(SHIPPED, f"{name} is shipped with Enermon; write it under another name")
    require_document(document, "document")
    row = SQL.run(connection, "one", name=name, version=None).mappings().first()
    version = 1 if row is None else row["version"] + 1
    SQL.run(connection, "add", name=name, version=version, document=json.dumps(document, ensure_ascii=False))
    return profile_named(connection, name, version)


def set_profile(connection: Connection, code: str, entry: GatewayProfileEntry) -> GatewayProfile:
    """Let a profile read the messages of a gateway. A shipped one is kept as it is, so that none changes unasked."""
    profile = profile_named(connection, entry.profile, entry.version)
    if profile.origin == "shipped":
        document = json.dumps(profile.document, ensure_ascii=False)
        SQL.run(connection, "add", name=profile.name, version=profile.version, document=document)
    SQL.run(connection, "set", code=code, profile=profile.name, version=profile.version)
    return GatewayProfile(profile=profile.name, version=profile.version)


def require_document(document: dict[str, Any], field: str) -> None:
    """Raises Refused where it is no profile, with the place of what is wrong."""
    try:
        compiled(document)
        if "\\u0000" in json.dumps(document):
            raise ProfileError("", "has a character that cannot be kept: U+0000", "含有不能保存的字符 U+0000")
    except ProfileError as error:
        place = f"{field}.{error.place}" if error.place else field
        raise refused_fields(INVALID_BODY, [Fault(place, "bad_profile", {"problem": error.problem})]) from None


def _shipped(name: str) -> WholeProfile:
    shipped = shipped_profiles()[name]
    return _answer(name, shipped.version, "shipped", dict(shipped.document), None, None)


def _written(row: Mapping[str, Any]) -> WholeProfile:
    shipped = row["name"] in shipped_profiles()
    origin: ProfileOrigin = "shipped" if shipped else "written"
    return _answer(row["name"], row["version"], origin, row["document"], row["written_by"], row["written_at"])


def _answer(
    name: str, version: int, origin: ProfileOrigin, document: dict[str, Any], by: str | None, at: datetime | None
) -> WholeProfile:
    title = document.get("title", {})
    return WholeProfile(
        name=name,
        version=version,
        origin=origin,
        title_en=title.get("en"),
        title_zh=title.get("zh"),
        topics=document["topics"],
        written_by=by,
        written_at=at,
        document=document,
    )


def told_values(values: Sequence[TrialValue]) -> list[TriedValue]:
    """Values that were read for a trial, as they are told."""
    return [
        TriedValue(
            point=each.point,
            ts=from_us(each.at_us),
            value=each.value if math.isfinite(each.value) else None,
            flag=each.flag or None,
            unit=each.unit,
        )
        for each in values
    ]
