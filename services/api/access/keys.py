"""Keys of accounts as the API makes, lists and revokes them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from psycopg import Connection
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.api.access.accounts import KeptAccount, add_key
from services.api.access.bound import key_faults
from services.api.access.nouns import KEY, NEEDS_SESSION
from services.api.access.principal import Principal, SignedBy
from services.api.access.role import Right, Role, rights_of
from services.api.access.tokens import new_key
from services.api.computed_listing import short_list
from services.api.errors import INVALID_BODY, ProblemKind, Refused, refused_fields
from services.api.list_query import ORDER, ListQuery, OrderedBy
from services.api.paging import Page
from services.api.reasons import Fault
from services.api.registry.fields import AreaCode, Entry, Moment, Name
from services.core.db.statements import Statements

SQL = Statements.beside(__file__, "administering.sql")

BEYOND_OWN_RIGHTS = ProblemKind("beyond_own_rights", 403, "Nobody gives more than they may themselves")

MOST_KEYS = 100
"""That hold at once, of an account."""

_EXAMPLE: JsonDict = {
    "name": "nightly export",
    "rights": ["read"],
    "areas": ["150622"],
    "expires_at": "2027-12-31T00:00:00+08:00",
}


class KeyEntry(Entry):
    """A key as it is asked for."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: Name = Field(description="What it is for")
    rights: list[Right] | None = Field(
        None, min_length=1, max_length=len(Right), description="Only this may be done with it; all that its account may"
    )
    areas: list[AreaCode] | None = Field(
        None, min_length=1, max_length=50, description="Only in these areas and below; all that its account sees"
    )
    expires_at: Moment | None = Field(None, description="Until when it holds; null: until it is revoked")


class ApiKey(Entry):
    """A key, without what opens."""

    key_id: int
    name: str
    rights: list[Right] | None = Field(description="Only this may be done with it; null: all that its account may")
    areas: list[str] | None = Field(description="Only there; null: all that its account sees")
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute")
    revoked_at: datetime | None


class KeyQuery(ListQuery):
    """How keys are listed."""

    order: Annotated[list[str], OrderedBy("key_id", "name", "created_at", "expires_at", "last_used_at")] = ORDER


class MadeKey(ApiKey):
    """A key that was made just now."""

    key: str = Field(description="To be sent as Authorization: Bearer KEY. It is shown this once")


def make_key(connection: Connection, account: KeptAccount, entry: KeyEntry, *, by: Principal, now: datetime) -> MadeKey:
    """Make a key of an account. Raises Refused where it would do more than the account, or than whoever makes it."""
    require_another_or_session(by, account)
    SQL.run(connection, "hold", account_id=account.account_id)
    faults = key_faults(account, entry.rights or [], entry.areas or [])
    if entry.expires_at is not None and entry.expires_at <= now:
        faults.append(Fault("expires_at", "in_past"))
    if faults:
        raise refused_fields(INVALID_BODY, faults)
    require_own_rights(by, entry.rights or rights_of(Role(account.role), account.area))
    if SQL.run(connection, "count_live_keys", account_id=account.account_id, now=now).scalar_one() >= MOST_KEYS:
        raise refused_fields(INVALID_BODY, [Fault("name", "too_many", {"value": MOST_KEYS})])
    key = new_key()
    key_id = add_key(
        connection,
        account.account_id,
        entry.name,
        key,
        created_by=by.name,
        rights=entry.rights,
        areas=entry.areas,
        expires_at=entry.expires_at,
    )
    made = next(each for each in _keys(connection, account.account_id) if each.key_id == key_id)
    return MadeKey(**made.model_dump(), key=key)


def require_another_or_session(by: Principal, account: KeptAccount) -> None:
    """A key gives its own account no further way in, which would outlive it. Raises Refused."""
    if by.account_id == account.account_id and by.signed_by is not SignedBy.SESSION:
        raise Refused(NEEDS_SESSION, "a key opens its own account no further; sign in: POST /api/v1/session")


def require_own_rights(by: Principal, rights: Iterable[Right]) -> None:
    """Nobody gives what they may not do, so that a narrowed key leads to nothing broader. Raises Refused."""
    beyond = sorted(set(rights) - by.rights)
    if beyond:
        raise Refused(BEYOND_OWN_RIGHTS, f"who asks may not do itself: {', '.join(beyond)}")


def keys_of(connection: Connection, account_id: int, query: KeyQuery) -> Page[ApiKey]:
    """The keys of an account, the newest first; those that hold no more too."""
    listed = short_list(ApiKey, KeyQuery, name=f"keys of {account_id}", usual=("-key_id",))
    return listed.page(_keys(connection, account_id), query)


def revoke_key(connection: Connection, account_id: int, key_id: int, *, now: datetime) -> None:
    """Let a key hold no more. Raises Refused where the account has no such key."""
    if not SQL.run(connection, "revoke_key", account_id=account_id, key_id=key_id, now=now).rowcount:
        raise KEY.refuse_unknown(str(key_id))


def _keys(connection: Connection, account_id: int) -> list[ApiKey]:
    return [ApiKey.model_validate(row) for row in SQL.run(connection, "keys", account_id=account_id).mappings()]
