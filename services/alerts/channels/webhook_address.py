"""Which addresses a webhook may reach: the rule against being led into the closed network."""

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from services.alerts.channels.contract import DeliveryFailed

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]
PORTS = {"https": 443, "http": 80}
MOST_ADDRESSES = 4
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that IANA has given out as global unicast addresses of IPv6."""

# IANA's special-purpose registries of IPv4 and IPv6 (RFC 6890), with multicast and what is reserved. Written out: what
# Python takes for global differs from version to version, and has relays (192.88.99.0/24, 2002::/16) among it.
_SPECIAL = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A webhook's URL, taken apart. `target` is path and query; `authority` what stands in the header Host."""

    scheme: str
    host: str
    port: int
    authority: str
    target: str = field(repr=False)

    def url_at(self, address: str) -> str:
        """The URL with the host replaced by a resolved address: nothing is looked up a second time."""
        host = f"[{address}]" if ":" in address else address
        return f"{self.scheme}://{host}:{self.port}{self.target}"


def endpoint_of(url: str, *, allow_http: bool) -> Endpoint:
    """Take a URL apart. Raises DeliveryFailed, permanent, that says what is wrong without the URL."""
    refused = "the address of the webhook is not a URL like https://example.cn/path"
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii") if parts.hostname else ""
    except ValueError:
        raise DeliveryFailed(refused, permanent=True) from None
    if parts.scheme not in PORTS or not host or not url.isprintable() or " " in url or "%" in host or port == 0:
        raise DeliveryFailed(refused, permanent=True)
    if parts.username is not None or parts.password is not None:
        raise DeliveryFailed("the address of the webhook holds a user or password; leave them out", permanent=True)
    if parts.scheme == "http" and not allow_http:
        detail = "the address of the webhook is not https (ENERMON_WEBHOOK_ALLOW_HTTP would allow it)"
        raise DeliveryFailed(detail, permanent=True)
    bracketed = f"[{host}]" if ":" in host else host
    return Endpoint(
        scheme=parts.scheme,
        host=host,
        port=port or PORTS[parts.scheme],
        authority=bracketed if port in (None, PORTS[parts.scheme]) else f"{bracketed}:{port}",
        target=urlunsplit(("", "", parts.path or "/", parts.query, "")),
    )


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system gives them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def reachable_addresses(endpoint: Endpoint, *, allow_private: bool, resolve: Resolve = resolved) -> list[str]:
    """The addresses to connect to, at most four. Raises DeliveryFailed.

    One private address among several refuses them all: a name that answers so is mistaken or means ill.
    """
    try:
        addresses = resolve(endpoint.host, endpoint.port)
    except (OSError, UnicodeError):
        raise DeliveryFailed(f"the name {endpoint.host} is not known", permanent=False) from None
    if not addresses:
        raise DeliveryFailed(f"the name {endpoint.host} has no address", permanent=False)
    private = [address for address in addresses if not is_public(address)]
    if private and not allow_private:
        raise DeliveryFailed(
            f"{endpoint.host} is at the private address {private[0]} (ENERMON_WEBHOOK_ALLOW_PRIVATE would allow it)",
            permanent=True,
        )
    return addresses[:MOST_ADDRESSES]


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet: not private, loopback, link-local, multicast or reserved."""
    address = _within(ipaddress.ip_address(text.partition("%")[0]))
    if isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST:
        return False
    return not any(address in network for network in _SPECIAL if network.version == address.version)


def _within(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for (mapped, NAT64), else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address
