"""Accounts as the API lists, makes and changes them."""

import re
from datetime import datetime
from typing import Annotated, Any

from psycopg import Connection
from psycopg.errors import UniqueViolation
from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict

from services.alerts.channels.address import email_fault
from services.api.access import accounts, keys
from services.api.access.accounts import NAME_PATTERN, SQL, KeptAccount, LastAdministratorError
from services.api.access.bound import bound_faults
from services.api.access.keys import require_another_or_session, require_own_rights
from services.api.access.nouns import ACCOUNT, KEYS_ALONE, LAST_ADMINISTRATOR
from services.api.access.passwords import Passwords
from services.api.access.principal import Principal
from services.api.access.role import Role, rights_of
from services.api.access.sign_in import hashed
from services.api.access.tokens import new_password
from services.api.database import Database
from services.api.errors import ALREADY_EXISTS, INVALID_BODY, Refused, refused_fields
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import Filter, contains, equal
from services.api.names import NamedKind, NamedPage, WithNames
from services.api.reasons import Fault
from services.api.registry import nouns as registry
from services.api.registry.fields import AreaCode, CreditCode, Entry, Name, SearchText, refusal
from services.api.registry.resource import Listing, Row
from services.api.revision import Revision

_AMENDABLE = ("display_name", "role", "area", "enterprise", "email", "oidc_subject")
_SUBJECT = re.compile(r"\S{1,500} \S{1,255}")

EXAMPLE: JsonDict = {"name": "wang.fang", "display_name": "王芳", "role": "supervisor", "area": "150622"}


def _account_name(text: str) -> str:
    if not re.fullmatch(NAME_PATTERN, text):
        raise refusal("bad_account_name")
    return text


def _email(text: str) -> str:
    if email_fault(text) is not None:
        raise refusal("bad_email")
    return text


def _subject(text: str) -> str:
    if not _SUBJECT.fullmatch(text):
        raise refusal("bad_subject_of_provider")
    return text


def _of_people(role: Role) -> Role:
    if role is Role.GATEWAY:
        known = ", ".join(each for each in Role if each is not Role.GATEWAY)
        raise refusal("not_among", value=role.value, known=known)
    return role


AccountName = Annotated[str, AfterValidator(_account_name), WithJsonSchema({"type": "string", "pattern": NAME_PATTERN})]
"""With which an account signs in, and under which stands what it does."""
Email = Annotated[str, AfterValidator(_email)]
AccountRole = Annotated[Role, AfterValidator(_of_people)]
SubjectText = Annotated[str, AfterValidator(_subject)]


class AccountEntry(Entry):
    """An account as it is made."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: AccountName = Field(description="With which it signs in; it stands beside what it does, and stays")
    display_name: Name | None = Field(None, description="Of the person or program; left out: the name")
    role: AccountRole
    area: AreaCode | None = Field(None, description="Of a supervisor, and of a program that is bound to one")
    enterprise: CreditCode | None = Field(None, description="Of an enterprise: its credit code")
    email: Email | None = None


class AccountPatch(Entry):
    """What of an account may change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "supervisor", "area": "150600"}]})

    display_name: Name | None = None
    role: AccountRole | None = None
    area: AreaCode | None = None
    enterprise: CreditCode | None = None
    email: Email | None = None
    oidc_subject: SubjectText | None = Field(None, description="Issuer and subject by which a provider names it")
    disabled: bool | None = Field(None, description="Whether it is let in no more")


class UserAccount(Entry):
    """An account, without its secrets."""

    name: str
    display_name: str
    role: Role
    area: str | None
    enterprise: str | None
    email: str | None
    has_password: bool
    must_change_password: bool
    oidc_subject: str | None
    created_at: datetime
    disabled_at: datetime | None = Field(description="Since when it is let in no more")


class NamedAccount(UserAccount, WithNames):
    """An account, with the name of what it is bound to."""


class MadeAccount(UserAccount):
    """An account that was made just now."""

    first_password: str | None = Field(description="Shown this once, and to be changed; null: a program has keys alone")


class FirstPassword(Entry):
    """A password that an administrator gives."""

    first_password: str = Field(description="Shown this once, and to be changed at the next sign-in")


class AccountQuery(ListQuery):
    """How the list of accounts may be narrowed."""

    role: Many[Role] | None = None
    area: Many[AreaCode] | None = Field(None, description="Bound to this very area")
    enterprise: Many[CreditCode] | None = None
    disabled: bool | None = None
    q: SearchText | None = Field(None, description="Part of the name, the display name or the e-mail address")
    order: Annotated[list[str], OrderedBy("name", "display_name", "role", "created_at")] = ORDER


class AccountList(Listing[UserAccount]):
    """The list of accounts."""

    def shape(self, row: Row) -> UserAccount:
        """The answer for a row: its role is one of the words, not a text."""
        return UserAccount.model_validate({name: row[name] for name in UserAccount.model_fields})

    def was_read(self, database: Database, row: Row) -> None:
        """Let the answer say in which state it is."""
        database.revision.show(state_of(row))


def state_of(row: Row) -> dict[str, Any]:
    """What of an account may be changed."""
    return {name: row[name] for name in (*_AMENDABLE, "disabled_at")}


LISTING = AccountList(
    noun=ACCOUNT,
    key="name",
    answer=UserAccount,
    page=NamedPage[UserAccount],
    coded={NamedKind.AREA: ("area",), NamedKind.ENTERPRISE: ("enterprise",)},
    sql=SQL,
    query=AccountQuery,
    filters={
        "role": equal("role"),
        "area": equal("area", names=registry.AREA),
        "enterprise": equal("enterprise", names=registry.ENTERPRISE),
        "disabled": Filter("(entry.disabled_at IS NOT NULL) = :disabled"),
        "q": contains("name", "display_name", "email"),
    },
)


def held(connection: Connection, name: str) -> KeptAccount:
    """The account of this name, which nobody else changes until the transaction ends. Raises Refused."""
    account = found(connection, name)
    keys.SQL.run(connection, "hold", account_id=account.account_id)
    return found(connection, name)


def found(connection: Connection, name: str) -> KeptAccount:
    """The account of this name. Raises Refused where there is none."""
    account = accounts.account_named(connection, name)
    if account is None:
        raise ACCOUNT.refuse_unknown(name)
    return account


def make(database: Database, entry: AccountEntry, passwords: Passwords, *, by: Principal, now: datetime) -> MadeAccount:
    """Let somebody in. Raises Refused."""
    require_own_rights(by, rights_of(entry.role, entry.area))
    password = None if entry.role is Role.PROGRAM else new_password()
    kept = None if password is None else hashed(passwords, password, by=by.name)
    with database.write() as connection:
        _require_bound(connection, entry.role, entry.area, entry.enterprise)
        try:
            account_id = accounts.add_account(
                connection, **entry.model_dump(), password_hash=kept, must_change_password=password is not None
            )
        except UniqueViolation:
            raise _taken("name", entry.name) from None
        accounts.note_let_in(connection, account_id, by=by.name, now=now)
        made = LISTING.shape(LISTING.row(connection, entry.name))
    return MadeAccount(**made.model_dump(), first_password=password)


def amend(
    connection: Connection, name: str, patch: AccountPatch, revision: Revision, *, by: Principal, now: datetime
) -> UserAccount:
    """Change what an account is. Raises Refused."""
    # First, and in one order: two administrators who take each other's rights away wait for one another.
    accounts.administrators(connection)
    account = held(connection, name)
    revision.require(state_of(LISTING.row(connection, name)))
    given = patch.model_dump(include=patch.model_fields_set)
    for field in ("display_name", "role", "disabled"):
        if given.get(field, "") is None:
            raise refused_fields(INVALID_BODY, [Fault(field, "missing")])
    disabled = given.pop("disabled", account.disabled_at is not None)
    new = {field: given.get(field, getattr(account, field)) for field in _AMENDABLE}
    role = Role(new["role"])
    if new["oidc_subject"] not in (None, account.oidc_subject):
        require_another_or_session(by, account)
        accounts.note_let_in(connection, account.account_id, by=by.name, now=now)
    _require_bound(connection, role, new["area"], new["enterprise"])
    require_own_rights(by, rights_of(Role(account.role), account.area) | rights_of(role, new["area"]))
    if disabled or role is not Role.ADMINISTRATOR:
        try:
            accounts.require_another_administrator(connection, account.account_id)
        except LastAdministratorError:
            raise Refused(LAST_ADMINISTRATOR, f"make another administrator before {name} is none") from None
    try:
        disabled_at = (account.disabled_at or now) if disabled else None
        keys.SQL.run(connection, "amend", account_id=account.account_id, disabled_at=disabled_at, **new)
    except UniqueViolation:
        raise _taken("oidc_subject", str(new["oidc_subject"])) from None
    if disabled or role is Role.PROGRAM:
        accounts.end_sessions(connection, account.account_id)
    row = LISTING.row(connection, name)
    revision.show(state_of(row))
    return LISTING.shape(row)


def reset_password(
    database: Database, name: str, passwords: Passwords, *, by: Principal, now: datetime
) -> FirstPassword:
    """Give an account a new first password; its sessions end. Raises Refused."""
    password = new_password()
    kept = hashed(passwords, password, by=by.name)
    with database.write() as connection:
        account = held(connection, name)
        require_another_or_session(by, account)
        require_own_rights(by, rights_of(Role(account.role), account.area))
        if account.role == Role.PROGRAM:
            raise Refused(KEYS_ALONE, f"make a key instead: POST /api/v1/accounts/{name}/keys")
        accounts.set_password(connection, account.account_id, kept, must_change_password=True)
        accounts.note_let_in(connection, account.account_id, by=by.name, now=now)
    return FirstPassword(first_password=password)


def _require_bound(connection: Connection, role: Role, area: str | None, enterprise: str | None) -> None:
    if faults := bound_faults(connection, role, area=area, enterprise=enterprise):
        raise refused_fields(INVALID_BODY, faults)


def _taken(field: str, value: str) -> Refused:
    fault = ACCOUNT.fault(field, "already_exists", value)
    return Refused(ALREADY_EXISTS, fault.reason, faults=[fault])
