"""What operators see of each request: a number, a log line and metrics."""

import logging
import time
import uuid

from prometheus_client import Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.errors import REQUEST_ID
from services.core.logs import about

log = logging.getLogger("enermon.api.request")

REQUESTS = Counter("enermon_api_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "enermon_api_request_seconds",
    "Seconds from the first byte of a request to the last of its answer",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_MOST_PATH_CHARACTERS = 200


class RequestObservation:
    """ASGI middleware: numbers, counts, times and logs every request.

    The log has the path as it was sent, still percent-encoded, and never the query, headers or body.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and note it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope[REQUEST_ID] = uuid.uuid4().hex
        status = 500
        began_s = time.perf_counter()

        async def noted_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        with about(request=request_id):
            try:
                await self._app(scope, receive, noted_send)
            finally:
                _note(scope, request_id, status, time.perf_counter() - began_s)


def _note(scope: Scope, request_id: str, status: int, took_s: float) -> None:
    method = scope["method"] if scope["method"] in _METHODS else "other"
    # The template, not the path: a label a client can choose freely would grow the metrics without end.
    route = scope["app"].state.operations.path_of(scope) or "unmatched"
    REQUESTS.labels(method, route, status).inc()
    SECONDS.labels(method, route).observe(took_s)
    path = scope.get("raw_path", b"").decode("ascii", "backslashreplace")[:_MOST_PATH_CHARACTERS]
    told = {"method": method, "route": route, "status": status, "ms": round(took_s * 1000, 1)}
    log.info("%s %s %d %.1f ms %s", method, path, status, took_s * 1000, request_id, extra=told)
