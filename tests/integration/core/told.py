"""What processes tell by their metrics."""

import re

import httpx


def told(port: int, metric: str, role: str) -> float | None:
    """The value of a metric of a role; None while the process has nothing to say."""
    try:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    except httpx.TransportError:
        return None
    found = re.search(rf'^{metric}{{role="{role}"}} (\S+)$', text, re.MULTILINE)
    return float(found[1]) if found else None


def leading(port: int, role: str) -> float | None:
    """Whether it leads in the role, or has a share in it."""
    return told(port, "enermon_leading", role)


def parts(port: int, role: str) -> float | None:
    """How many parts of the meters it works on."""
    return told(port, "enermon_parts", role)
