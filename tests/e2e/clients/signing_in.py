"""The part of the story that is about accounts, keys and sessions."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg

from services.api.access import sessions
from services.api.access.identify import COOKIE
from services.api.access.require import CSRF_HEADER
from services.api.access.tokens import csrf_token_of

API = "/api/v1"
_ACCOUNT = f"{API}/accounts/{{name}}"
_NEW = "ein Zaun aus grünem Glas"

Ask = Callable[..., Any]


def tell_of_accounts(ask: Ask, database_url: str, number: str) -> None:
    """Ask everything about an account that is made for it."""
    name = f"auditor.{number}"
    ask("post", f"{API}/accounts", body={"name": name, "role": "auditor", "display_name": "审计"})
    assert ask("get", f"{API}/accounts", role=["auditor", "program"], order=["-created_at"], total=True)["data"]
    assert ask("patch", _ACCOUNT, name, body={"email": "audit@example.cn"})["email"] == "audit@example.cn"
    assert ask("get", _ACCOUNT, name)["role"] == "auditor"
    made = ask("post", f"{_ACCOUNT}/keys", name, body={"name": "export", "rights": ["read"], "areas": ["150622"]})
    assert ask("get", f"{API}/session", token=made["key"])["areas"] == ["150622"]
    assert ask("get", f"{_ACCOUNT}/keys", name)["data"]
    ask("delete", f"{_ACCOUNT}/keys/{{key_id}}", name, made["key_id"])
    password = ask("post", f"{_ACCOUNT}/password", name)["first_password"]
    assert ask("post", f"{API}/session", body={"name": name, "password": password})["must_change_password"]
    change = {"old_password": password, "new_password": _NEW}
    ask("post", f"{API}/session/password", body=change, token=None, headers=_signed_in(database_url, name))
    [other] = ask("get", f"{_ACCOUNT}/sessions", name)["data"]
    ask("delete", f"{_ACCOUNT}/sessions/{{session_id}}", name, other["session_id"])
    _tell_of_own(lambda *asked, **given: ask(*asked, **given, token=None, headers=_signed_in(database_url, name)))
    ask("patch", _ACCOUNT, name, body={"disabled": True})


def _tell_of_own(ask: Ask) -> None:
    """Each with a session of its own, the newest of them all."""
    made = ask("post", f"{API}/session/keys", body={"name": "tablet", "expires_at": "2099-01-01T00:00:00+08:00"})
    assert ask("get", f"{API}/session/keys")["data"]
    ask("delete", f"{API}/session/keys/{{key_id}}", made["key_id"])
    found = ask("get", f"{API}/sessions")["data"]
    ask("delete", f"{API}/sessions/{{session_id}}", found[-1]["session_id"])
    ask("delete", f"{API}/session")


def _signed_in(database_url: str, name: str) -> dict[str, str]:
    """What a browser sends that has signed in."""
    with psycopg.connect(database_url) as connection:
        [(account_id,)] = connection.execute("SELECT account_id FROM user_account WHERE name = %s", [name]).fetchall()
        whence = sessions.Whence("127.0.0.1", "story")
        token = sessions.begin(connection, account_id, whence, now=datetime.now(UTC), checked=None, before=None)
    return {"Cookie": f"{COOKIE}={token}", CSRF_HEADER: csrf_token_of(token)}
