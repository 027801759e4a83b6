"""Whose a request is."""

import enum
from dataclasses import dataclass

from services.api.access.reach import Reach
from services.api.access.role import Right, Role


class SignedBy(enum.StrEnum):
    """How a request says whose it is."""

    KEY = "key"
    SESSION = "session"
    GATEWAY = "gateway"
    CONFIRMATION = "confirmation"
    """A proposal that is done in the name of its author."""


@dataclass(frozen=True, slots=True)
class Principal:
    """An account, or a gateway, with what this request may do and see."""

    account_id: int | None
    """None: a gateway."""
    name: str
    """Of the account, or code of the gateway: it stands as author of what is done."""
    display_name: str
    role: Role
    rights: frozenset[Right]
    reach: Reach
    signed_by: SignedBy
    area: str | None = None
    """Of a supervisor, and of a program bound to an area."""
    must_change_password: bool = False
    csrf_token: str | None = None
    """Of a session: what a write must carry in X-CSRF-Token."""
    credential: str = ""
    """Table and key of the API key or session by which it was found, as the audit names them."""
    let_in_by: frozenset[str] = frozenset()
    """Other accounts that made its key, or gave it its password lately: they might be who comes."""
