"""Whose account it is that an OpenID provider names. A provider lets nobody in who has no account here."""

import re
from collections.abc import Mapping
from typing import Any

from psycopg import Connection

from services.api.access.accounts import NAME_PATTERN
from services.api.access.provider import NotSignedInError
from services.core.db.statements import Statements

SQL = Statements.beside(__file__, "provided.sql")


def provided_account(connection: Connection, claims: Mapping[str, Any], *, claim: str) -> int:
    """The number of the account of these claims. Raises NotSignedInError.

    By issuer and subject. An account that has none yet is bound to those of the claim that holds its name, if the
    operator has named one: it must be one that people cannot choose for themselves.
    """
    subject = f"{claims['iss']} {claims['sub']}"
    account_id = SQL.run(connection, "by_subject", subject=subject).scalar()
    name = _name_in(claims, claim) if account_id is None and claim else None
    if name is not None:
        account_id = SQL.run(connection, "bind", subject=subject, name=name).scalar()
    if account_id is None:
        raise NotSignedInError(f"no account is bound to its subject {claims['sub']!a:.100}")
    # Whoever is known by the provider needs no first password, which may still lie somewhere.
    SQL.run(connection, "void_first_password", account_id=account_id)
    return int(account_id)


def _name_in(claims: Mapping[str, Any], claim: str) -> str | None:
    given = claims.get(claim)
    if not isinstance(given, str) or claims.get(f"{claim}_verified", True) is not True:
        return None
    name = given.strip().lower()
    return name if re.fullmatch(NAME_PATTERN, name) else None
