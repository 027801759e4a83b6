"""An HTTP server that takes webhooks on every path."""

import json
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from simulators.receiver.arrivals import Arrival, Arrivals
from simulators.receiver.signature import SignatureError, verify

MOST_BODY_BYTES = 1_000_000
READ_TIMEOUT_S = 30.0


class WebhookSink:
    """Listens from `start` on. Answers 204; 500 to those that must fail, 401 to a wrong signature."""

    def __init__(self, arrivals: Arrivals, *, port: int, keys: Sequence[bytes] = (), slow_s: float = 0.0) -> None:
        self.arrivals = arrivals
        self.keys = keys
        self.slow_s = slow_s
        self._port = port
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port if self._server else self._port}/"

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

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Close the port."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

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
