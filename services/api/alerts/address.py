"""Where messages may go: what an e-mail address and the URL of a webhook must look like. Pure.

Names are not looked up here: what they stand for is judged each time a message is sent.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from services.api.reasons import Fault

MOST_EMAIL_CHARACTERS = 254
MOST_URL_CHARACTERS = 1000

_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_EMAIL = re.compile(rf"{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})*")
_MOST_LOCAL_PART = 64
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_LOCAL_NAMES = ("localhost", "localhost.localdomain")


@dataclass(frozen=True, slots=True)
class WebhookPolicy:
    """What the operator lets webhooks do (ENERMON_WEBHOOK_ALLOW_...)."""

    allow_private: bool = False
    allow_http: bool = False


def email_faults(address: str) -> list[Fault]:
    """What is wrong with an e-mail address (RFC 5321; ASCII only, without quoted parts and address literals)."""
    local, _, domain = address.rpartition("@")
    if len(address) > MOST_EMAIL_CHARACTERS or len(local) > _MOST_LOCAL_PART or not _EMAIL.fullmatch(address):
        return [Fault("address", "bad_email")]
    return [Fault("address", "bad_email")] if domain.replace(".", "").isdigit() else []


def url_faults(address: str, policy: WebhookPolicy) -> list[Fault]:
    """What is wrong with the URL of a webhook."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return [Fault("address", "bad_url")]
    if not _well_formed(address, parts, host) or port == 0:
        return [Fault("address", "bad_url")]
    if parts.scheme == "http" and not policy.allow_http:
        return [Fault("address", "url_without_tls")]
    if _is_private(host) and not policy.allow_private:
        return [Fault("address", "url_private", {"host": host})]
    return []


def _well_formed(address: str, parts: SplitResult, host: str) -> bool:
    return (
        len(address) <= MOST_URL_CHARACTERS
        and _PRINTABLE.fullmatch(address) is not None
        and "\\" not in address
        and parts.scheme in ("http", "https")
        and "@" not in parts.netloc
        and not parts.fragment
        and (_literal(host) is not None or _DOMAIN.fullmatch(host.removesuffix(".")) is not None)
    )


def _is_private(host: str) -> bool:
    """Whether the host is, by what is written, not one of the public internet."""
    literal = _literal(host)
    if literal is None:
        name = host.removesuffix(".").lower()
        # What ends in a number is read as an IPv4 address by some: 127.1, 2130706433, 0x7f.1.
        last = name.rpartition(".")[2]
        return (
            name in _LOCAL_NAMES or name.endswith(".localhost") or re.fullmatch("0x[0-9a-f]*|[0-9]+", last) is not None
        )
    mapped = literal.ipv4_mapped if isinstance(literal, ipaddress.IPv6Address) else None
    return not (mapped or literal).is_global or literal.is_multicast


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
