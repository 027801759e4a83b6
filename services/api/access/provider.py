"""Signing in by an OpenID provider: the code flow with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636, 9700).

The browser holds one secret in a cookie; state, nonce and verifier are derived from it, so that an answer of the
provider is worth something in the browser alone that asked, whichever process it comes to.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore, Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""With a public key: with a shared secret whoever knows it could sign, and `none` is no signature."""
_METADATA_HOLDS_S = 3600.0
_KEYS_ANEW_S = 60.0
"""So often at most a token by an unknown key makes the keys be fetched again: a provider changes them."""
_WITHIN_S = 10.0
_AT_ONCE = 8
_LEEWAY_S = 60


class NotSignedInError(Exception):
    """The provider, or what it answered, lets nobody in; the message is for the log, and holds no secret."""


@dataclass(frozen=True, slots=True)
class ProviderSignIn:
    """One sign-in, as the browser's secret makes it."""

    secret: str

    @classmethod
    def new(cls) -> "ProviderSignIn":
        """One that nobody knows."""
        return cls(secrets.token_urlsafe(32))

    @property
    def state(self) -> str:
        """What the provider sends back: the answer belongs to this browser."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What the token must hold: it was made for this sign-in."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """Without which a code that was seen on the way is worth nothing."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """What the provider knows of the verifier (S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def is_state(self, given: str) -> bool:
        """Whether an answer belongs to this browser."""
        return hmac.compare_digest(given.encode("utf-8", "backslashreplace"), self.state.encode())

    def _derived(self, what: str) -> str:
        return hmac.digest(self.secret.encode(), f"enermon oidc {what}".encode(), "sha256").hex()


class Provider:
    """One OpenID provider, as its operator has registered this service there."""

    def __init__(self, issuer: str, client_id: str, client_secret: str | None, *, callback: str) -> None:
        self.issuer, self._client_id, self._secret, self._callback = issuer, client_id, client_secret, callback
        self._lock = Lock()
        self._places = BoundedSemaphore(_AT_ONCE)
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def address_for(self, flow: ProviderSignIn) -> str:
        """Where the browser is sent. Raises NotSignedInError where the provider does not answer."""
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._callback,
            "scope": "openid profile email",
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": flow.challenge,
            "code_challenge_method": "S256",
        }
        address = self._endpoint("authorization_endpoint")
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"

    def claims_for(self, flow: ProviderSignIn, code: str, *, now: datetime) -> Mapping[str, Any]:
        """What the provider says of who signed in, once all of it was checked. Raises NotSignedInError."""
        if not self._places.acquire(blocking=False):
            raise NotSignedInError("too many sign in by the provider at once")
        try:
            return self._checked(self._token_for(flow, code), flow, now=now)
        finally:
            self._places.release()

    def _token_for(self, flow: ProviderSignIn, code: str) -> str:
        sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._callback}
        sent["code_verifier"] = flow.verifier
        basic = None
        if self._secret is None:
            sent["client_id"] = self._client_id
        else:
            basic = httpx.BasicAuth(self._client_id, self._secret)
        answer = self._asked("POST", self._endpoint("token_endpoint"), data=sent, auth=basic)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise NotSignedInError("the provider gave no id_token")
        return token

    def _checked(self, token: str, flow: ProviderSignIn, *, now: datetime) -> Mapping[str, Any]:
        rules = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self.issuer},
            sub={"essential": True},
            aud={"essential": True, "value": self._client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": flow.nonce},
        )
        try:
            decoded = self._decoded(token)
            rules.validate(decoded.claims)
        except (JoseError, ValueError) as error:
            raise NotSignedInError(f"its token is refused: {type(error).__name__} {error}") from None
        claims = decoded.claims
        # Of several whom the token is for, it must have been given to this one.
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != self._client_id:
            raise NotSignedInError("its token was given to another client")
        return claims

    def _decoded(self, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, self._key_set(_METADATA_HOLDS_S), algorithms=_ALGORITHMS)
        except (JoseError, ValueError):
            return jwt.decode(token, self._key_set(_KEYS_ANEW_S), algorithms=_ALGORITHMS)

    def _key_set(self, holds_s: float) -> KeySet:
        with self._lock:
            kept = self._keys
        if kept is not None and time.monotonic() - kept[0] < holds_s:
            return kept[1]
        found: Any = self._asked("GET", self._endpoint("jwks_uri"))
        try:
            keys = KeySet.import_key_set(found)
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise NotSignedInError(f"the keys of the provider cannot be read: {type(error).__name__}") from None
        with self._lock:
            self._keys = time.monotonic(), keys
        return keys

    def _endpoint(self, name: str) -> str:
        with self._lock:
            kept = self._metadata
        if kept is None or time.monotonic() - kept[0] >= _METADATA_HOLDS_S:
            found = self._asked("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != self.issuer:
                raise NotSignedInError("the provider calls itself otherwise than ENERMON_OIDC_ISSUER")
            kept = time.monotonic(), found
            with self._lock:
                self._metadata = kept
        address = str(kept[1].get(name, ""))
        # Never less safe than the issuer itself.
        if urlsplit(address).scheme not in {"https", urlsplit(self.issuer).scheme}:
            raise NotSignedInError(f"the provider has no safe {name}")
        return address

    def _asked(self, method: str, address: str, **sent: Any) -> dict[str, Any]:
        try:
            answer = httpx.request(method, address, timeout=_WITHIN_S, follow_redirects=False, **sent)
            found = answer.json() if answer.is_success else None
        except (httpx.HTTPError, ValueError) as error:
            raise NotSignedInError(f"{address} does not answer: {type(error).__name__}") from None
        if not isinstance(found, dict):
            raise NotSignedInError(f"{address} answers {answer.status_code}")
        return found
