"""Profiles: listed, written, tried on messages, and given to gateways."""

import base64
import binascii
from typing import Annotated

from fastapi import APIRouter, Path, Query

from services.api.asking import Now
from services.api.computed_listing import short_list
from services.api.database import Db
from services.api.errors import BAD_CURSOR, INVALID_BODY, Refused, refused_fields
from services.api.names import NamedKind, NamedPage, names_beside
from services.api.openapi import refusals
from services.api.paging import Page
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.change import registry_change
from services.api.registry.fields import Code
from services.api.registry.points import require_gateway
from services.api.registry.profile_moving import MoveTrial, tried_on_kept
from services.api.registry.profiles import (
    EXAMPLES,
    SHIPPED,
    SQL,
    UNKNOWN_PROFILE,
    ExampleQuery,
    ForeignExample,
    GatewayProfile,
    GatewayProfileEntry,
    MoveEntry,
    ProfileAnswer,
    ProfileEntry,
    ProfileName,
    ProfileQuery,
    Tried,
    TriedAck,
    TriedRejection,
    TryEntry,
    WholeProfile,
    add_version,
    all_profiles,
    profile_named,
    require_document,
    set_profile,
    told_values,
)
from services.core.calendar import to_us
from services.ingest.message import UnreadableMessage
from services.ingest.profiles.decode import Came
from services.ingest.profiles.trial import ProfileTrial, tried

router = APIRouter(prefix="/api/v1", tags=["gateways"])
Name = Annotated[ProfileName, Path(examples=["kepware"])]
Version = Annotated[int | None, Query(ge=1, le=1_000_000, description="Left out: its newest")]


@router.get("/profiles", summary="List profiles", responses=refusals(BAD_CURSOR))
def list_profiles(database: Db, query: Annotated[ProfileQuery, Query()]) -> Page[ProfileAnswer]:
    """Those that Enermon is shipped with, and those written here; of each the newest version."""
    with database.read() as connection:
        found = all_profiles(connection)
    rows = [
        ProfileAnswer(**each.model_dump(exclude={"document"}))
        for each in found
        if query.origin is None or each.origin in query.origin
    ]
    return short_list(ProfileAnswer, ProfileQuery, name="profiles", usual=("name",)).page(rows, query)


@router.get("/profiles/{name}", summary="Read a profile", responses=refusals(UNKNOWN_PROFILE))
def read_profile(database: Db, name: Name, version: Version = None) -> WholeProfile:
    """A version of a profile, with its document."""
    with database.read() as connection:
        return profile_named(connection, name, version)


@router.put("/profiles/{name}", summary="Write a profile", responses=refusals(SHIPPED))
def write_profile(database: Db, name: Name, entry: ProfileEntry) -> WholeProfile:
    """Keep a profile as its next version. Gateways go on with the version that they have."""
    with registry_change(database) as change:
        return add_version(change.connection, name, entry.document)


@router.post("/profiles/try", summary="Try a profile on a message", responses=refusals(UNKNOWN_PROFILE))
def try_profile(database: Db, entry: TryEntry, now: Now) -> Tried:
    """What a message says by a profile, and what of it is left out and why. Nothing is stored."""
    document = entry.document
    if document is not None:
        require_document(document, "document")
    else:
        with database.read() as connection:
            document = profile_named(connection, entry.profile or "", entry.version).document
    came = Came(to_us(now), entry.topic, entry.retained)
    try:
        return _told(tried(document, entry.gateway, _payload(entry), came))
    except UnreadableMessage as reason:
        why = f"{reason.code}: {reason.detail}"
        return Tried(values=[], rejected=[], dropped={}, nothing=None, unreadable=why, ack=None)


@router.get(
    "/gateways/{code}/profile",
    summary="Read the profile of a gateway",
    responses=refusals(nouns.GATEWAY.unknown, UNKNOWN_PROFILE),
)
def read_gateway_profile(database: Db, code: Code) -> GatewayProfile:
    """By which profile its messages are read that are not of Enermon's own format."""
    with database.read() as connection:
        require_gateway(connection, code)
        row = SQL.run(connection, "of_gateway", code=code).mappings().first()
    if row is None:
        raise _none_of(code)
    return GatewayProfile(**row)


@router.put(
    "/gateways/{code}/profile",
    summary="Give a gateway a profile",
    responses=refusals(nouns.GATEWAY.unknown, UNKNOWN_PROFILE),
)
def put_gateway_profile(database: Db, code: Code, entry: GatewayProfileEntry) -> GatewayProfile:
    """Its messages are read by this version from now on, until another is given."""
    with registry_change(database) as change:
        require_gateway(change.connection, code)
        return set_profile(change.connection, code, entry)


@router.delete(
    "/gateways/{code}/profile",
    summary="Take a gateway its profile",
    responses=refusals(nouns.GATEWAY.unknown, UNKNOWN_PROFILE),
    status_code=204,
)
def remove_gateway_profile(database: Db, code: Code) -> None:
    """Messages that are not of Enermon's own format are kept as rejected from now on."""
    with registry_change(database) as change:
        require_gateway(change.connection, code)
        if SQL.run(change.connection, "unset", code=code).rowcount == 0:
            raise _none_of(code)


@router.post(
    "/gateways/{code}/profile/try",
    summary="Try another version on kept messages of a gateway",
    responses=refusals(nouns.GATEWAY.unknown, UNKNOWN_PROFILE),
)
def try_moving(database: Db, code: Code, entry: MoveEntry) -> MoveTrial:
    """What would be read otherwise if the gateway were given this version, or this document: both are tried on its
    newest messages that were kept whole. Nothing is changed.
    """
    if entry.document is not None:
        require_document(entry.document, "document")
    with database.read() as connection:
        require_gateway(connection, code)
        row = SQL.run(connection, "of_gateway", code=code).first()
        if row is None:
            raise _none_of(code)
        before = profile_named(connection, row.profile, row.version)
        asked = None if entry.document is not None else profile_named(connection, entry.profile or "", entry.version)
        document = entry.document if asked is None else asked.document
        messages, changed = tried_on_kept(connection, code, before.document, document)
    return MoveTrial(
        profile=before.name if asked is None else asked.name,
        version=None if asked is None else asked.version,
        messages=messages,
        same=messages - len(changed),
        changed=changed,
    )


@router.get("/foreign-examples", summary="List messages that yield nothing", responses=refusals(BAD_CURSOR))
def list_examples(database: Db, query: Annotated[ExampleQuery, Query()]) -> NamedPage[ForeignExample]:
    """Of each gateway and reason the last message of which nothing could be read."""
    with database.read() as connection:
        found = EXAMPLES.page(connection, query)
        names = names_beside(connection, found.data, {NamedKind.GATEWAY: ("gateway",)})
    data = [ForeignExample.model_validate(row) for row in found.data]
    return NamedPage[ForeignExample](data=data, next=found.next, total=found.total, names=names)


def _none_of(code: str) -> Refused:
    return Refused(UNKNOWN_PROFILE, f"gateway {code} has no profile")


def _payload(entry: TryEntry) -> bytes:
    if entry.payload_base64 is None:
        return (entry.payload or "").encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(entry.payload_base64, validate=True)
    except binascii.Error:
        raise refused_fields(INVALID_BODY, [Fault("payload_base64", "bad_base64")]) from None


def _told(trial: ProfileTrial) -> Tried:
    rejected = [
        TriedRejection(point=each.meter, ts=each.ts, value=each.value, code=each.code, detail=each.detail)
        for each in trial.rejected
    ]
    ack = None if trial.ack is None else TriedAck(topic=trial.ack[0], payload=trial.ack[1])
    return Tried(
        values=told_values(trial.values),
        rejected=rejected,
        dropped=trial.dropped,
        nothing=trial.nothing or None,
        unreadable=None,
        ack=ack,
    )
