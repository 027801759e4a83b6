"""Accounts: who may come in, as what, with which keys and sessions. For administrators."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, status

from services.api.access import account_resource, keys
from services.api.access.account_resource import (
    LISTING,
    AccountEntry,
    AccountName,
    AccountPatch,
    AccountQuery,
    FirstPassword,
    MadeAccount,
    NamedAccount,
    UserAccount,
    found,
)
from services.api.access.keys import BEYOND_OWN_RIGHTS, ApiKey, KeyEntry, KeyQuery, MadeKey
from services.api.access.nouns import ACCOUNT, KEY, KEYS_ALONE, LAST_ADMINISTRATOR, NEEDS_SESSION, SESSION
from services.api.access.require import Acting
from services.api.access.sessions import end_one
from services.api.access.sign_in import SIGN_IN_BUSY
from services.api.alerts.fields import Id
from services.api.asking import Now
from services.api.database import Db
from services.api.errors import ALREADY_EXISTS, BAD_CURSOR
from services.api.names import NamedPage
from services.api.openapi import refusals
from services.api.paging import Page
from services.api.routes.session import BrowserSession, SessionId, SessionQuery, page_of_sessions, remembered_by

router = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])

UNKNOWN = ACCOUNT.unknown


@router.get("", summary="List accounts", responses=refusals(BAD_CURSOR))
def list_accounts(database: Db, query: Annotated[AccountQuery, Query()]) -> NamedPage[UserAccount]:
    """The accounts in the order of their names, those that are disabled too."""
    return LISTING.page_of(database, query)


@router.post(
    "",
    summary="Let somebody in",
    status_code=status.HTTP_201_CREATED,
    responses=refusals(ALREADY_EXISTS, BEYOND_OWN_RIGHTS, SIGN_IN_BUSY),
)
def make_account(database: Db, acting: Acting, request: Request, entry: AccountEntry, now: Now) -> MadeAccount:
    """Make an account. A person gets a first password, which is shown this once; a program has keys alone."""
    return account_resource.make(database, entry, request.app.state.passwords, by=acting, now=now)


@router.get("/{name}", summary="Read an account", responses=refusals(UNKNOWN))
def read_account(database: Db, name: AccountName) -> NamedAccount:
    """One account."""
    return LISTING.one(database, name, NamedAccount)


@router.patch(
    "/{name}",
    summary="Change an account",
    responses=refusals(UNKNOWN, ALREADY_EXISTS, LAST_ADMINISTRATOR, BEYOND_OWN_RIGHTS, NEEDS_SESSION),
)
def amend_account(
    database: Db, acting: Acting, request: Request, name: AccountName, patch: AccountPatch, now: Now
) -> UserAccount:
    """Change the fields given. Who is disabled is out at once; nobody is removed, since what they did names them."""
    with database.write() as connection:
        amended = account_resource.amend(connection, name, patch, database.revision, by=acting, now=now)
    remembered_by(request).forget()
    return amended


@router.post(
    "/{name}/password",
    summary="Give an account a new first password",
    responses=refusals(UNKNOWN, KEYS_ALONE, BEYOND_OWN_RIGHTS, NEEDS_SESSION, SIGN_IN_BUSY),
)
def reset_password(database: Db, acting: Acting, request: Request, name: AccountName, now: Now) -> FirstPassword:
    """For whoever has lost the password: shown this once, to be changed. The sessions of the account end."""
    given = account_resource.reset_password(database, name, request.app.state.passwords, by=acting, now=now)
    remembered_by(request).forget()
    return given


@router.get("/{name}/keys", summary="List the keys of an account", responses=refusals(UNKNOWN, BAD_CURSOR))
def list_keys(database: Db, name: AccountName, query: Annotated[KeyQuery, Query()]) -> Page[ApiKey]:
    """The keys of an account, the newest first; those that hold no more too."""
    with database.read() as connection:
        return keys.keys_of(connection, found(connection, name).account_id, query)


@router.post(
    "/{name}/keys",
    summary="Make a key of an account",
    status_code=status.HTTP_201_CREATED,
    responses=refusals(UNKNOWN, BEYOND_OWN_RIGHTS, NEEDS_SESSION),
)
def make_key(database: Db, acting: Acting, name: AccountName, entry: KeyEntry, now: Now) -> MadeKey:
    """A key that may at most what its account may, and what who makes it may. It is shown this once.

    No key makes one for its own account.
    """
    with database.write() as connection:
        return keys.make_key(connection, found(connection, name), entry, by=acting, now=now)


@router.delete(
    "/{name}/keys/{key_id}",
    summary="Revoke a key",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(UNKNOWN, KEY.unknown),
)
def revoke_key(database: Db, request: Request, name: AccountName, key_id: Id, now: Now) -> None:
    """Let a key hold no more, within a second."""
    with database.write() as connection:
        keys.revoke_key(connection, found(connection, name).account_id, key_id, now=now)
    remembered_by(request).forget()


@router.get("/{name}/sessions", summary="List the sessions of an account", responses=refusals(UNKNOWN, BAD_CURSOR))
def list_sessions(
    database: Db, request: Request, name: AccountName, query: Annotated[SessionQuery, Query()], now: Now
) -> Page[BrowserSession]:
    """The browsers that are signed in to an account, the newest first."""
    with database.read() as connection:
        account_id = found(connection, name).account_id
    return page_of_sessions(database, request, account_id, query, now=now)


@router.delete(
    "/{name}/sessions/{session_id}",
    summary="End a session of an account",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(UNKNOWN, SESSION.unknown),
)
def end_session(database: Db, request: Request, name: AccountName, session_id: SessionId) -> None:
    """Sign out a browser."""
    with database.write() as connection:
        if not end_one(connection, found(connection, name).account_id, session_id):
            raise SESSION.refuse_unknown(session_id)
    remembered_by(request).forget()
