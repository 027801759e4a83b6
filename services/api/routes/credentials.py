"""Credentials 凭证: with what gateways, and enterprises that read their alerts by MQTT, come in."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query, Request, Response, status
from psycopg import Connection
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from services.api.access.require import Acting
from services.api.asking import Now
from services.api.computed_listing import short_list
from services.api.database import Db
from services.api.errors import BAD_CURSOR, INVALID_BODY, ProblemKind, Refused, refused_fields
from services.api.list_query import ORDER, ListQuery, OrderedBy
from services.api.openapi import refusals
from services.api.paging import Page
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.fields import Code, CreditCode, Entry, Number, refusal
from services.core.calendar import SHANGHAI
from services.ingest.broker_users import Holder, HolderKind
from services.ingest.certificates import CertificateError, PrivateCa, RequestError
from services.ingest.credentials import (
    MOST_OVERLAP,
    OVERLAP,
    Certified,
    Credential,
    CredentialKind,
    HolderNotLetInError,
    Issued,
    UnknownHolderError,
    credentials_of,
    is_known,
    issue_certificate,
    issue_password,
    revoke,
)

log = logging.getLogger("enermon.api")

NO_CA = ProblemKind("no_certificate_authority", 409, "There is no certificate authority here")
NOT_LET_IN = ProblemKind("not_let_in", 409, "Its code is such as services or enterprises have")
NO_CREDENTIAL = ProblemKind("unknown_credential", 404, "No such credential")
UNKNOWN = (nouns.GATEWAY.unknown, nouns.ENTERPRISE.unknown)

_HOUR = timedelta(hours=1)
EXAMPLE: JsonDict = {"kind": "password", "overlap_hours": 24}

Hours = Annotated[Number, Field(ge=0, le=MOST_OVERLAP / _HOUR)]


class CredentialEntry(Entry):
    """What is asked for. Nothing at all: a password."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    kind: CredentialKind = CredentialKind.PASSWORD
    overlap_hours: Hours = Field(
        OVERLAP / _HOUR, description="So long the credential before works on; 0: it is revoked at once"
    )
    certificate_request: str | None = Field(
        None, max_length=20_000, description="PKCS 10 in PEM: the device keeps its key. Of a certificate alone"
    )

    @model_validator(mode="after")
    def _request_of_certificate(self) -> Self:
        if self.certificate_request is not None and self.kind is not CredentialKind.CERTIFICATE:
            raise refusal("request_of_certificate")
        return self


class NewCredential(BaseModel):
    """A credential with its secrets, which are answered here and never again."""

    generation: int
    user: str = Field(description="MQTT user name, and that of HTTP Basic; with a certificate it stands in there")
    kind: CredentialKind
    created_at: datetime
    password: str | None = Field(None, description="Of a password: 43 characters")
    certificate: str | None = Field(None, description="Of a certificate: PEM")
    private_key: str | None = Field(None, description="PEM; null where a request was given")
    certificate_authority: str | None = Field(None, description="PEM: by which the broker is known")
    expires_at: datetime | None = Field(None, description="End of the certificate")


class ShownCredential(BaseModel):
    """What is kept of a credential."""

    generation: int = Field(description="Counts the credentials of this code, from 1")
    user: str
    kind: CredentialKind
    serial_number: str | None = Field(description="Of a certificate, decimal")
    created_at: datetime
    created_by: str
    expires_at: datetime | None = Field(description="End of the overlap or of the certificate; null: until revoked")
    revoked_at: datetime | None
    revoked_by: str | None = Field(description="Account that revoked it or made a newer one; or `removal`")
    works: bool = Field(description="Whether it lets in now")


class CredentialQuery(ListQuery):
    """How credentials are listed."""

    order: Annotated[list[str], OrderedBy("generation", "created_at", "expires_at")] = ORDER


class RevocationQuery(BaseModel):
    """What to revoke."""

    model_config = ConfigDict(extra="forbid")

    generation: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(None, description="Only this one; else all")


async def _holder(request: Request) -> Holder | None:
    """Set by the path; missing where the path itself is refused, which is then the answer."""
    holder: Holder | None = getattr(request.state, "holder", None)
    return holder


async def _ca(request: Request) -> PrivateCa:
    return PrivateCa(request.app.state.settings.ca_folder)


Of = Annotated[Holder, Depends(_holder)]
By = Annotated[PrivateCa, Depends(_ca)]

credentials = APIRouter()


@credentials.post(
    "",
    summary="Give a new credential",
    status_code=status.HTTP_201_CREATED,
    responses=refusals(*UNKNOWN, NO_CA, NOT_LET_IN),
)
def give_credential(
    database: Db,
    holder: Of,
    ca: By,
    acting: Acting,
    now: Now,
    response: Response,
    entry: CredentialEntry | None = None,
) -> NewCredential:
    """A new password or certificate; the one before works on for the overlap, those before that end now.

    The broker takes it within a second.
    """
    entry = entry or CredentialEntry()
    overlap = entry.overlap_hours * _HOUR

    def certify(user: str) -> Certified:
        return ca.certify_gateway(user, now=now, request=entry.certificate_request)

    if entry.kind is CredentialKind.CERTIFICATE and not ca.there:
        raise Refused(NO_CA, "`enermon ca make` makes one, where certificates are to be given here")
    with _refusing(holder), database.write() as connection:
        if entry.kind is CredentialKind.PASSWORD:
            issued = issue_password(connection, holder, author=acting.name, now=now, overlap=overlap)
        else:
            issued = issue_certificate(connection, holder, certify, author=acting.name, now=now, overlap=overlap)
    response.headers["Cache-Control"] = "no-store"
    return _new(issued, ca)


@contextmanager
def _refusing(holder: Holder) -> Iterator[None]:
    try:
        yield
    except UnknownHolderError:
        raise _noun(holder).refuse_unknown(holder.code) from None
    except HolderNotLetInError as error:
        raise Refused(NOT_LET_IN, str(error)) from None
    except RequestError as error:
        fault = Fault("certificate_request", "bad_certificate_request", {"error": str(error)})
        raise refused_fields(INVALID_BODY, [fault]) from None
    except CertificateError as error:
        log.error("the certificate authority cannot be used", extra={"reason": str(error)})
        raise Refused(NO_CA, "the certificate authority cannot be used; the log of the API has the reason") from None


def _noun(holder: Holder) -> nouns.Noun:
    return nouns.GATEWAY if holder.kind is HolderKind.GATEWAY else nouns.ENTERPRISE


def _new(issued: Issued, ca: PrivateCa) -> NewCredential:
    certified = issued.certified
    return NewCredential(
        generation=issued.generation,
        user=issued.user_name,
        kind=issued.kind,
        created_at=issued.created_at.astimezone(SHANGHAI),
        password=issued.password,
        certificate=certified and certified.certificate,
        private_key=certified and certified.key,
        certificate_authority=certified and ca.text(),
        expires_at=certified and certified.expires_at.astimezone(SHANGHAI),
    )


@credentials.get("", summary="List credentials", responses=refusals(BAD_CURSOR, *UNKNOWN))
def list_credentials(
    database: Db, holder: Of, query: Annotated[CredentialQuery, Query()], now: Now
) -> Page[ShownCredential]:
    """Every credential that this code has had, the newest first, without secrets."""
    with database.read() as connection:
        _require_known(connection, holder)
        kept = credentials_of(connection, holder)
    name = f"credentials of {holder.kind} {holder.code}"
    listed = short_list(ShownCredential, CredentialQuery, name=name, usual=("-generation",))
    return listed.page([_shown(each, now) for each in kept], query)


@credentials.delete(
    "",
    summary="Revoke credentials",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(*UNKNOWN, NO_CREDENTIAL),
)
def revoke_credentials(
    database: Db, holder: Of, acting: Acting, now: Now, query: Annotated[RevocationQuery, Query()]
) -> None:
    """Revoke all, or one: within a second the broker ends the connection and lets it in no more."""
    with database.write() as connection:
        _require_known(connection, holder)
        revoked = revoke(connection, holder, generation=query.generation, author=acting.name, now=now)
        if not revoked and query.generation is not None:
            numbers = {each.generation for each in credentials_of(connection, holder)}
            if query.generation not in numbers:
                raise Refused(NO_CREDENTIAL, f"{holder.code} has no credential {query.generation}")


def _require_known(connection: Connection, holder: Holder) -> None:
    if not is_known(connection, holder):
        raise _noun(holder).refuse_unknown(holder.code)


def _shown(kept: Credential, now: datetime) -> ShownCredential:
    def local(moment: datetime | None) -> datetime | None:
        return moment and moment.astimezone(SHANGHAI)

    return ShownCredential(
        generation=kept.generation,
        user=kept.user_name,
        kind=CredentialKind(kept.kind),
        serial_number=kept.serial_number,
        created_at=kept.created_at.astimezone(SHANGHAI),
        created_by=kept.created_by,
        expires_at=local(kept.expires_at),
        revoked_at=local(kept.revoked_at),
        revoked_by=kept.revoked_by,
        works=kept.revoked_at is None and (kept.expires_at is None or kept.expires_at > now),
    )


async def _gateway(request: Request, code: Code) -> None:
    request.state.holder = Holder(HolderKind.GATEWAY, code)


async def _enterprise(request: Request, credit_code: CreditCode) -> None:
    request.state.holder = Holder(HolderKind.ENTERPRISE, credit_code)


router = APIRouter(tags=["credentials"])
for prefix, dependency in (("/api/v1/gateways/{code}", _gateway), ("/api/v1/enterprises/{credit_code}", _enterprise)):
    router.include_router(credentials, prefix=f"{prefix}/credentials", dependencies=[Depends(dependency)])
