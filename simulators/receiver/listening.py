"""An HTTP server on loopback, as the receiver's parts have it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

READ_TIMEOUT_S = 30.0


class LoopbackServer:
    """Listens on `port` from `start` on; 0: any free one."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port if self._server else self._port}/"

    def listen(self, handler: type[BaseHTTPRequestHandler]) -> None:
        """Raises OSError where the port is taken."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Close the port."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
