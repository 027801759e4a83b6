"""Times how long a reading takes from its publish to the answer of the API that holds it."""

import json
import socket
import threading
import time
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlencode

from benchmarks import packets
from benchmarks.load import PROBE_GATEWAY, PROBE_METERS, PROBE_UNIT, SCAN_MS, START_MS, probe_meter
from benchmarks.measure import Caller
from services.up.ports import LOOPBACK
from simulators.wire import Reading, encode, readings_topic

_SPACING_S = 0.1
_POLL_S = 0.03
_HOUR_MS = 3_600_000
_MOST_WAITING = 400


class Probe:
    """Publishes a reading each tenth of a second for an hour that is empty yet, and asks for these hours all the time.

    A reading has an hour of its meter for itself.
    """

    def __init__(self, *, mqtt_port: int, password: str, api_port: int, api_key: str) -> None:
        self._socket = socket.create_connection((LOOPBACK, mqtt_port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        hello = packets.connect(client_id=PROBE_GATEWAY, user=PROBE_GATEWAY, password=password)
        self._socket.sendall(hello)
        self._socket.recv(64)
        self._caller = Caller(LOOPBACK, api_port, key=api_key)
        self._waiting: dict[tuple[str, int], float] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._given_up = threading.Event()
        self.visible_ms: list[float] = []
        self.polls_ms: list[float] = []
        self._threads = [threading.Thread(target=self._publish), threading.Thread(target=self._poll)]

    @property
    def missing(self) -> int:
        """How many readings were never seen."""
        return len(self._waiting)

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, *, wait_s: float) -> None:
        """Publish no more, and wait so long for what is not yet seen."""
        self._ending.set()
        self._threads[0].join()
        deadline_s = time.monotonic() + wait_s
        while self._waiting and time.monotonic() < deadline_s:
            time.sleep(_POLL_S)
        self._given_up.set()
        self._threads[1].join()
        self._socket.close()

    def _publish(self) -> None:
        number = 0
        while not self._ending.is_set():
            meter, hour = probe_meter(number % PROBE_METERS), number // PROBE_METERS
            ts = START_MS + hour * _HOUR_MS
            payload = encode(seq=number, readings=[Reading(meter, ts, 1.0)])
            with self._lock:
                self._waiting[meter, ts] = time.monotonic()
            self._socket.sendall(packets.publish(readings_topic(PROBE_GATEWAY), number % 65_535 + 1, payload))
            number += 1
            self._ending.wait(_SPACING_S)

    def _poll(self) -> None:
        while not self._given_up.is_set():
            with self._lock:
                waiting = dict(self._waiting)
            if waiting:
                self._look(waiting)
            time.sleep(_POLL_S)

    def _look(self, waiting: dict[tuple[str, int], float]) -> None:
        times = [ts for _, ts in waiting]
        asked = {
            "scope": f"unit:{PROBE_UNIT}",
            "by": "meter",
            "bucket": "hour",
            "start": _moment(min(times)),
            "end": _moment(max(times) + _HOUR_MS),
            "limit": "10000",
        }
        status, body, took_ms = self._caller.get(f"/api/v1/energy?{urlencode(asked)}")
        if status != HTTPStatus.OK:
            return
        self.polls_ms.append(took_ms)
        now_s = time.monotonic()
        for row in json.loads(body)["data"]:
            key = (row["meter"], int(datetime.fromisoformat(row["start"]).timestamp() * 1000))
            if row["quantity"] and key in waiting:
                with self._lock:
                    published_s = self._waiting.pop(key, None)
                if published_s is not None:
                    self.visible_ms.append((now_s - published_s) * 1000.0)


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


assert SCAN_MS * 4 == _HOUR_MS
