"""An HTTP server that takes webhooks on every path."""

import json
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from typing import Any

from simulators.receiver.arrivals import Arrival, Arrivals
from simulators.receiver.listening import READ_TIMEOUT_S, LoopbackServer
from simulators.receiver.signature import SignatureError, verify

MOST_BODY_BYTES = 1_000_000


class WebhookSink(LoopbackServer):
    """Listens from `start` on. Answers 204; 500 to those that must fail, 401 to a wrong signature."""

    def __init__(self, arrivals: Arrivals, *, port: int, keys: Sequence[bytes] = (), slow_s: float = 0.0) -> None:
        super().__init__(port)
        self.arrivals = arrivals
        self.keys = keys
        self.slow_s = slow_s

    def start(self) -> None:
        """Raises OSError where the port is taken."""
        sink = self

        class Handler(BaseHTTPRequestHandler):
            timeout = READ_TIMEOUT_S

            def do_POST(self) -> None:
                status = sink.take(self)
                time.sleep(sink.slow_s)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Arrivals are shown instead."""

        self.listen(Handler)

    def take(self, request: BaseHTTPRequestHandler) -> int:
        """Judge and count one request; the status to answer."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        length = headers.get("content-length", "")
        if not length.isdigit() or int(length) > MOST_BODY_BYTES:
            status, verified, note, body = 413, None, "no length, or too long", b""
        else:
            body = request.rfile.read(int(length))
            status, verified, note = self._judge(headers, body)
        content = _json_object(body)
        arrival = Arrival(
            channel="webhook",
            message_id=headers.get("webhook-id", ""),
            answer=status,
            taken=status < 300,
            verified=verified,
            note=note,
            subject=str(content.get("type", "")),
            content=content,
        )
        self.arrivals.add(arrival)
        return status

    def _judge(self, headers: dict[str, str], body: bytes) -> tuple[int, bool | None, str]:
        verified: bool | None = None
        if self.keys:
            try:
                verify(self.keys, headers, body, now_s=time.time())
            except SignatureError as error:
                return 401, False, str(error)
            verified = True
        if self.arrivals.must_fail("webhook"):
            return 500, verified, "refused on purpose"
        return 204, verified, ""


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
