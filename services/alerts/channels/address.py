"""What an e-mail address and the URL of a webhook must look like. Pure.

Names are not looked up here: what they stand for is judged each time a message is sent.
"""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from services.alerts.channels.contract import AddressFault

MOST_EMAIL_CHARACTERS = 254
MOST_URL_CHARACTERS = 1000

_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_EMAIL = re.compile(rf"{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})*")
_MOST_LOCAL_PART = 64
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_LOCAL_NAMES = ("localhost", "localhost.localdomain")


def email_fault(address: str) -> AddressFault | None:
    """What is wrong with an e-mail address (RFC 5321; ASCII only, without quoted parts and address literals)."""
    local, _, domain = address.rpartition("@")
    if len(address) > MOST_EMAIL_CHARACTERS or len(local) > _MOST_LOCAL_PART or not _EMAIL.fullmatch(address):
        return AddressFault("bad_email")
    return AddressFault("bad_email") if domain.replace(".", "").isdigit() else None


def url_fault(address: str, *, allow_private: bool, allow_http: bool) -> AddressFault | None:
    """What is wrong with the URL of a webhook; the operator may allow the closed network, and http."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return AddressFault("bad_url")
    if not _well_formed(address, parts, host) or port == 0:
        return AddressFault("bad_url")
    if parts.scheme == "http" and not allow_http:
        return AddressFault("url_without_tls")
    if _is_private(host) and not allow_private:
        return AddressFault("url_private", {"host": host})
    return None


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
