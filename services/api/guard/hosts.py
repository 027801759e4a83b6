"""By which names the service is asked: one that a stranger has pointed at it (DNS rebinding) is none of them."""

import ipaddress
import re
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from services.api.errors import ProblemKind, Refused, problem

UNTRUSTED_HOST = ProblemKind("untrusted_host", 400, "The service is not known by this name")

_HOST = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{1,5})?")
_HEALTH = "/health/"


class TrustedHosts:
    """ASGI middleware: refuses what is asked of another name than `names`, or of the address it came in by.

    Health is answered by any name: whoever balances the load asks by an address, and learns nothing else.
    """

    def __init__(self, app: ASGIApp, *, names: Collection[str]) -> None:
        self._app = app
        self._names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if it was meant for this service."""
        if scope["type"] == "http" and not scope["path"].startswith(_HEALTH) and not self._is_trusted(scope):
            refusal = Refused(
                UNTRUSTED_HOST, "ask by a name of the service; ENERMON_API_TRUSTED_HOSTS says by which it is known"
            )
            await problem(Request(scope), refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_trusted(self, scope: Scope) -> bool:
        name = host_name(Headers(scope=scope).get("host", ""))
        if name is None:
            return False
        return name in self._names or (_is_address(name) and name == (scope.get("server") or ("",))[0])


def host_name(host: str) -> str | None:
    """The name in a Host header, without port, in small letters; None where it is none."""
    found = _HOST.fullmatch(host)
    if found is None:
        return None
    return str(found["ipv6"] or found["name"]).lower().removesuffix(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
