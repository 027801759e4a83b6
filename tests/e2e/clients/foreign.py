"""What is asked of points, held values and profiles of gateways that speak another format."""

from collections.abc import Callable
from typing import Any

API = "/api/v1"
_PROFILE = f"{API}/gateways/{{code}}/profile"
_POINTS = f"{API}/gateways/{{code}}/points"
_DOCUMENT = {
    "topics": ["x/{gateway}/data"],
    "each": "/values[]",
    "emit": [{"point": "{.id}", "value": ".v"}],
    "time": {"at": "/timestamp", "format": "epoch_ms"},
}
_MESSAGE = '{"timestamp": 1795132800000, "values": [{"id": "E01", "v": 512.25}]}'

Ask = Callable[..., Any]


def tell_of_foreign(ask: Ask, *, gateway: str, meter: str, profile: str) -> None:
    """Ask everything about a profile that is written for it, and the points of the gateway."""
    assert ask("put", f"{API}/profiles/{{name}}", profile, body={"document": _DOCUMENT})["version"] == 1
    assert ask("get", f"{API}/profiles/{{name}}", profile)["document"] == _DOCUMENT
    assert ask("get", f"{API}/profiles")["data"]
    tried = {"profile": profile, "gateway": gateway, "topic": f"x/{gateway}/data", "payload": _MESSAGE}
    assert ask("post", f"{API}/profiles/try", body=tried)
    ask("put", _PROFILE, gateway, body={"profile": profile})
    assert ask("get", _PROFILE, gateway)["profile"] == profile
    moved = ask("post", f"{API}/gateways/{{code}}/profile/try", gateway, body={"profile": profile, "version": 1})
    assert (moved["messages"], moved["changed"]) == (0, [])
    row = {"gateway": gateway, "name": "E01", "meter": meter}
    ask("get", f"{API}/import/points/template")
    assert ask("post", f"{API}/import/points", file=row, dry_run=True)["error_count"] == 0
    ask("put", _POINTS, gateway, body={"points": [{"name": "E01", "meter": meter}, {"name": "t", "ignored": True}]})
    assert ask("get", f"{API}/points", gateway=[gateway])["data"]
    ask("get", f"{API}/held-readings", gateway=[gateway])
    ask("get", f"{API}/foreign-counts", gateway=[gateway])
    ask("get", f"{API}/foreign-examples", gateway=[gateway])
    ask("post", f"{API}/held-readings/take", gateway=gateway)
    ask("delete", _POINTS, gateway, name=["E01", "t"])
    ask("delete", _PROFILE, gateway)
