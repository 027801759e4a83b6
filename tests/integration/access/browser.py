"""A browser that signs in: it keeps its cookies, and sends the token of its session with each write."""

from http.cookies import SimpleCookie
from json import dumps
from typing import Any

import psycopg
from fastapi.testclient import TestClient
from httpx import Response

from services.api.access.accounts import add_account
from services.api.access.passwords import Passwords
from services.api.access.role import Role
from tests.integration.served import ADDRESS

PASSWORD = "vier alte Pferde im Regen"
PASSWORDS = Passwords()
KEPT = PASSWORDS.hashed(PASSWORD)


def person(connection: psycopg.Connection, name: str, role: Role = Role.AUDITOR, **given: Any) -> int:
    """An account with a password: its number."""
    return add_account(connection, name, role, password_hash=given.pop("kept", KEPT), **given)


class Browser:
    """Asks as a browser does that is at `peer`."""

    def __init__(self, client: TestClient, *, peer: str = "192.0.2.1") -> None:
        self._app, self._peer = client.app, peer
        self._client = TestClient(
            self._app, base_url=ADDRESS, raise_server_exceptions=False, client=(peer, 1), follow_redirects=False
        )
        self.cookies: dict[str, str] = {}
        self.csrf_token: str | None = None

    def ask(self, method: str, path: str, json: Any = None, **headers: Any) -> Response:
        """Any request."""
        sent: dict[str, Any] = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if self.csrf_token is not None:
            sent["X-CSRF-Token"] = self.csrf_token
        content = None if json is None else dumps(json)
        if content is not None:
            sent["Content-Type"] = "application/json"
        answer: Response = self._client.request(method, path, content=content, headers=sent | headers)
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return answer

    def sign_in(self, name: str, password: str = PASSWORD) -> Response:
        """Sign in."""
        answer = self.ask("POST", "/api/v1/session", {"name": name, "password": password})
        if answer.status_code == 200:
            self.csrf_token = answer.json()["csrf_token"]
        return answer

    def code(self, method: str, path: str, json: Any = None, **headers: Any) -> tuple[int, str]:
        """Status and code of the answer to a request."""
        answer = self.ask(method, path, json, **headers)
        return answer.status_code, answer.json().get("code", "") if answer.content else ""

    @property
    def token(self) -> str:
        """Of its session."""
        return self.cookies["__Host-enermon"]
