"""Keys of programs and tokens of sessions: 256 random bits, of which only the SHA-256 is kept."""

import hashlib
import hmac
import secrets

KEY_PREFIX = "enk_"
"""Keys begin so, that a scanner of leaked secrets knows one."""

_PLAIN = "23456789abcdefghjkmnpqrstuvwxyz"


def new_key() -> str:
    """A key, to be shown once."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def new_session_token() -> str:
    """A token for a cookie."""
    return secrets.token_urlsafe(32)


def new_password() -> str:
    """A first password, to be shown once and typed once: 99 random bits, without signs that look like others."""
    groups = ("".join(secrets.choice(_PLAIN) for _ in range(5)) for _ in range(4))
    return "-".join(groups)


def token_sha256(token: str) -> bytes:
    """What is kept of a token: it is random and long, so that a plain hash cannot be guessed backwards."""
    return hashlib.sha256(token.encode("utf-8", "backslashreplace")).digest()


def csrf_token_of(session_token: str) -> str:
    """What a page of the session sends with each write: another site cannot read it, nor make it without the cookie."""
    return hmac.digest(session_token.encode(), b"enermon csrf", "sha256").hex()
