"""Who is at the other end, as far as an address says it."""

import ipaddress

_PREFIX_OF_A_HOST = 64


def peer_of(address: str | None) -> str:
    """The peer behind an address: of IPv6 the network that one host is given, for it may choose any address in it."""
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or ""
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, _PREFIX_OF_A_HOST), strict=False))
