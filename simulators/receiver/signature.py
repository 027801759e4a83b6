"""Standard Webhooks as a receiver checks them, from the specification (https://www.standardwebhooks.com)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

TOLERANCE_S = 300
PREFIX = "whsec_"


class SignatureError(ValueError):
    """The request is not from who knows the secret, or is an old one sent anew."""


def key_of(secret: str) -> bytes:
    """The bytes of a secret like whsec_… Raises ValueError."""
    text = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError("the secret must be whsec_ and base64")
    return key


def sign(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """v1, and the base64 of HMAC-SHA256 over id.timestamp.body."""
    signed = message_id.encode() + b"." + timestamp.encode() + b"." + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def verify(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, *, now_s: float) -> None:
    """Raises SignatureError unless one of the signatures is by one of the keys and the time is within five minutes.

    The names in `headers` are in small letters.
    """
    message_id, timestamp, signatures = (
        headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
    )
    if not (message_id and timestamp and signatures):
        raise SignatureError("webhook-id, webhook-timestamp or webhook-signature is missing")
    if not (timestamp.isascii() and timestamp.isdigit()):
        raise SignatureError("webhook-timestamp is not a number of seconds")
    if abs(int(timestamp) - now_s) > TOLERANCE_S:
        raise SignatureError("webhook-timestamp is more than five minutes off")
    right = [sign(key, message_id, timestamp, body).encode() for key in keys]
    for given in signatures.split():
        if any(hmac.compare_digest(given.encode(), one) for one in right):
            return
    raise SignatureError("no signature is by a secret given here")
