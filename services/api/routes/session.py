"""Signing in and out, who one is, one's own password, keys and sessions."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response, status
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.api.access import accounts, keys, sessions
from services.api.access.account_resource import found
from services.api.access.identify import COOKIE, Remembered, principal_of_session
from services.api.access.keys import BEYOND_OWN_RIGHTS, ApiKey, KeyEntry, KeyQuery, MadeKey
from services.api.access.nouns import KEY, NEEDS_SESSION, SESSION
from services.api.access.passwords import fault_of_new
from services.api.access.principal import Principal, SignedBy
from services.api.access.require import Acting
from services.api.access.role import Right, Role
from services.api.access.sessions import NoAccountNowError, Whence
from services.api.access.sign_in import (
    SIGN_IN_BUSY,
    TOO_MANY_TRIES,
    WRONG_CREDENTIALS,
    RightPassword,
    hashed,
    password_checked,
)
from services.api.access.tokens import token_sha256
from services.api.alerts.fields import Id
from services.api.asking import Now
from services.api.computed_listing import short_list
from services.api.database import Database, Db, WholeDb
from services.api.errors import BAD_CURSOR, INVALID_BODY, ProblemKind, Refused, refused_fields
from services.api.list_query import ORDER, ListQuery, OrderedBy
from services.api.openapi import refusals
from services.api.paging import Page
from services.api.reasons import Fault
from services.api.registry.fields import Entry

WRONG_PASSWORD = ProblemKind("wrong_password", 403, "The old password is wrong")

router = APIRouter(tags=["session"])

SessionId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="As the list of sessions has it")]
_EXAMPLE: JsonDict = {"name": "wang.fang", "password": "…"}


class SignIn(Entry):
    """Name and password."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: str = Field(max_length=1000)
    password: str


class PasswordChange(Entry):
    """The password that is, and the one that shall be."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"old_password": "…", "new_password": "…"}]})

    old_password: str
    new_password: str = Field(description="12 to 256 characters; not one that many choose, nor the name")


class WhoAmI(Entry):
    """Whose a request is, and what it may."""

    account: str
    display_name: str
    role: Role
    area: str | None = Field(description="Of a supervisor, or of a program that is bound to one")
    enterprise: str | None = Field(description="Of an enterprise: its credit code")
    rights: list[Right]
    areas: list[str] | None = Field(description="What it sees: these areas and below; null: everything, or not by area")
    signed_by: SignedBy
    csrf_token: str | None = Field(description="Of a session: to be sent with each write, as X-CSRF-Token")
    must_change_password: bool = Field(description="Then nothing else is allowed before")


class BrowserSession(Entry):
    """A browser that is signed in."""

    session_id: str
    created_at: datetime
    last_seen_at: datetime = Field(description="To the minute")
    expires_at: datetime
    peer: str | None = Field(description="Address from which it signed in")
    browser: str | None = Field(description="What it calls itself")
    current: bool = Field(description="Whether it is the one that asks")


class SessionQuery(ListQuery):
    """How sessions are listed."""

    order: Annotated[list[str], OrderedBy("created_at", "last_seen_at", "expires_at")] = ORDER


def remembered_by(request: Request) -> Remembered:
    """Who was found a moment ago."""
    remembered: Remembered = request.app.state.remembered
    return remembered


@router.post(
    "/api/v1/session",
    summary="Sign in",
    responses=refusals(WRONG_CREDENTIALS, TOO_MANY_TRIES, SIGN_IN_BUSY),
)
def sign_in(database: WholeDb, request: Request, answer: Response, given: SignIn, now: Now) -> WhoAmI:
    """Sign a browser in: the answer sets its cookie. What it was signed in to before ends."""
    checked = password_checked(request, database, given.name, given.password, now=now)
    return begin_session(database, request, answer, checked.account_id, now=now, checked=checked)


def begin_session(
    database: Database,
    request: Request,
    answer: Response,
    account_id: int,
    *,
    now: datetime,
    checked: RightPassword | None,
) -> WhoAmI:
    """Sign a browser in to an account that was found to be its. Raises Refused, 503."""
    try:
        with database.write() as connection:
            token = sessions.begin(
                connection,
                account_id,
                Whence.of(request),
                now=now,
                checked=None if checked is None else checked.kept,
                before=request.cookies.get(COOKIE),
            )
            if checked is not None:
                sessions.remember_device(connection, account_id, checked.device, now=now)
            principal = principal_of_session(connection, token, now)
    except NoAccountNowError:
        raise Refused(SIGN_IN_BUSY, "the account has just been changed; try again") from None
    assert principal is not None
    remembered_by(request).forget()
    sessions.set_cookie(answer, token)
    if checked is not None:
        sessions.set_device_cookie(answer, checked.device)
    return _who_is(principal)


@router.get("/api/v1/session", summary="Who am I", responses=refusals())
def who_am_i(acting: Acting) -> WhoAmI:
    """The account of the key, or of the session, and what it may."""
    return _who_is(acting)


@router.delete(
    "/api/v1/session", summary="Sign out", status_code=status.HTTP_204_NO_CONTENT, responses=refusals(NEEDS_SESSION)
)
def sign_out(database: Db, request: Request, answer: Response) -> None:
    """End the session of this browser."""
    with database.write() as connection:
        sessions.end(connection, request.cookies[COOKIE])
    remembered_by(request).forget()
    sessions.clear_cookie(answer)


@router.post(
    "/api/v1/session/password",
    summary="Change one's password",
    responses=refusals(NEEDS_SESSION, WRONG_PASSWORD, TOO_MANY_TRIES, SIGN_IN_BUSY),
)
def change_password(
    database: Db, acting: Acting, request: Request, answer: Response, given: PasswordChange, now: Now
) -> WhoAmI:
    """Change the password. Every session of the account ends; this browser is given a new one, with a new token."""
    fault = fault_of_new(given.new_password, account=acting.name, field="new_password")
    if fault is None and given.new_password == given.old_password:
        fault = Fault("new_password", "unchanged_password")
    if fault is not None:
        raise refused_fields(INVALID_BODY, [fault])
    try:
        checked = password_checked(request, database, acting.name, given.old_password, now=now)
    except Refused as refusal:
        if refusal.kind is not WRONG_CREDENTIALS:
            raise
        raise Refused(WRONG_PASSWORD, "old_password is not the password of this account") from None
    kept = hashed(request.app.state.passwords, given.new_password, by=acting.name)
    with database.write() as connection:
        accounts.set_password(connection, checked.account_id, kept, must_change_password=False)
    after = RightPassword(checked.account_id, kept, checked.device)
    return begin_session(database, request, answer, checked.account_id, now=now, checked=after)


@router.get("/api/v1/session/keys", summary="List one's own keys", responses=refusals(BAD_CURSOR, NEEDS_SESSION))
def list_own_keys(database: Db, acting: Acting, query: Annotated[KeyQuery, Query()]) -> Page[ApiKey]:
    """The keys of the account, the newest first."""
    with database.read() as connection:
        return keys.keys_of(connection, _own(acting), query)


@router.post(
    "/api/v1/session/keys",
    summary="Make a key for oneself",
    status_code=status.HTTP_201_CREATED,
    responses=refusals(NEEDS_SESSION, BEYOND_OWN_RIGHTS),
)
def make_own_key(database: Db, acting: Acting, entry: KeyEntry, now: Now) -> MadeKey:
    """A key that may at most what one may oneself. Keys are made by people: one that leaked makes no other."""
    with database.write() as connection:
        return keys.make_key(connection, found(connection, acting.name), entry, by=acting, now=now)


@router.delete(
    "/api/v1/session/keys/{key_id}",
    summary="Revoke one of one's own keys",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(KEY.unknown, NEEDS_SESSION),
)
def revoke_own_key(database: Db, acting: Acting, request: Request, key_id: Id, now: Now) -> None:
    """Let a key hold no more."""
    with database.write() as connection:
        keys.revoke_key(connection, _own(acting), key_id, now=now)
    remembered_by(request).forget()


@router.get("/api/v1/sessions", summary="List one's own sessions", responses=refusals(BAD_CURSOR, NEEDS_SESSION))
def list_own_sessions(
    database: Db, acting: Acting, request: Request, query: Annotated[SessionQuery, Query()], now: Now
) -> Page[BrowserSession]:
    """The browsers that are signed in to the account, the newest first."""
    return page_of_sessions(database, request, _own(acting), query, now=now)


@router.delete(
    "/api/v1/sessions/{session_id}",
    summary="End one of one's own sessions",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(SESSION.unknown, NEEDS_SESSION),
)
def end_own_session(database: Db, acting: Acting, request: Request, session_id: SessionId) -> None:
    """Sign out a browser that is signed in to the account."""
    with database.write() as connection:
        if not sessions.end_one(connection, _own(acting), session_id):
            raise SESSION.refuse_unknown(session_id)
    remembered_by(request).forget()


def page_of_sessions(
    database: Database, request: Request, account_id: int, query: SessionQuery, *, now: datetime
) -> Page[BrowserSession]:
    """The page of the sessions of an account that `query` asks for."""
    with database.read() as connection:
        live = sessions.sessions_of(connection, account_id, now=now)
    asks = token_sha256(request.cookies.get(COOKIE, ""))
    found = [
        BrowserSession(
            session_id=each.session_id,
            created_at=each.created_at,
            last_seen_at=each.last_seen_at,
            expires_at=each.expires_at,
            peer=each.peer,
            browser=each.browser,
            current=each.token_sha256 == asks,
        )
        for each in live
    ]
    name, usual = f"sessions of {account_id}", ("-created_at", "session_id")
    return short_list(BrowserSession, SessionQuery, name=name, usual=usual).page(found, query)


def _own(acting: Principal) -> int:
    assert acting.account_id is not None, "a gateway has no session"
    return acting.account_id


def _who_is(principal: Principal) -> WhoAmI:
    return WhoAmI(
        account=principal.name,
        display_name=principal.display_name,
        role=principal.role,
        area=principal.area,
        enterprise=principal.reach.enterprise,
        rights=sorted(principal.rights),
        areas=list(principal.reach.areas) or None,
        signed_by=principal.signed_by,
        csrf_token=principal.csrf_token,
        must_change_password=principal.must_change_password,
    )
