"""Times how long a reading takes from its publish to the answer of the API that holds it."""

import json
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlencode

from benchmarks import packets
from benchmarks.load import PROBE_GATEWAY, PROBE_INTERVAL_S, PROBE_METERS, PROBE_UNIT, probe_meter
from benchmarks.measure import Caller
from services.up.ports import LOOPBACK
from simulators.wire import Reading, encode, readings_topic

_SPACING_S = 0.1
_POLL_S = 0.03
_HOUR_MS = 3_600_000
_PERIOD_MS = PROBE_INTERVAL_S * 1000
_PERIODS_BEFORE = 100


class Probe:
    """Publishes a reading of one unit each tenth of a second, and asks all the time what its meters have used.

    The readings are live ones: each has a minute of its meter in the last hundred for itself, or a minute that has just
    begun. A reading is visible once its hour holds as much as was published of it.
    """

    def __init__(self, *, mqtt_port: int, password: str, api_port: int, api_key: str, poll_s: float = _POLL_S) -> None:
        self._poll_s = poll_s
        self._socket = packets.connected(PROBE_GATEWAY, port=mqtt_port, password=password)
        self._caller = Caller(LOOPBACK, api_port, key=api_key)
        self._first_ms = int(time.time() * 1000) // _PERIOD_MS * _PERIOD_MS - _PERIODS_BEFORE * _PERIOD_MS
        self._waiting: dict[tuple[str, int], dict[int, float]] = {}
        """By meter and hour: by how much must be booked, when that was published."""
        self._published: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._given_up = threading.Event()
        self.visible_ms: list[float] = []
        self.polls_ms: list[float] = []
        self._threads = [threading.Thread(target=self._publish), threading.Thread(target=self._poll)]

    @property
    def missing(self) -> int:
        """How many readings were never seen."""
        return sum(map(len, self._waiting.values()))

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
            meter, ts = probe_meter(number % PROBE_METERS), self._first_ms + number // PROBE_METERS * _PERIOD_MS
            if ts > time.time() * 1000:
                self._ending.wait(_SPACING_S)
                continue
            payload = encode(seq=number, readings=[Reading(meter, ts, 1.0)])
            place = meter, ts // _HOUR_MS * _HOUR_MS
            with self._lock:
                self._published[place] += 1
                self._waiting.setdefault(place, {})[self._published[place]] = time.monotonic()
            self._socket.sendall(packets.publish(readings_topic(PROBE_GATEWAY), number % 65_535 + 1, payload))
            number += 1
            self._ending.wait(_SPACING_S)

    def _poll(self) -> None:
        while not self._given_up.is_set():
            with self._lock:
                hours = {hour for _, hour in self._waiting}
            if hours:
                self._look(min(hours), max(hours))
            time.sleep(self._poll_s)

    def _look(self, first_ms: int, last_ms: int) -> None:
        asked = {
            "scope": f"unit:{PROBE_UNIT}",
            "by": "meter",
            "bucket": "hour",
            "start": _moment(first_ms),
            "end": _moment(last_ms + _HOUR_MS),
            "limit": "10000",
        }
        status, body, took_ms = self._caller.get(f"/api/v1/energy?{urlencode(asked)}")
        if status != HTTPStatus.OK:
            return
        self.polls_ms.append(took_ms)
        now_s = time.monotonic()
        for row in json.loads(body)["data"]:
            place = row["meter"], int(datetime.fromisoformat(row["start"]).timestamp() * 1000)
            with self._lock:
                waiting = self._waiting.get(place, {})
                for amount in [amount for amount in waiting if amount <= (row["quantity"] or 0)]:
                    self.visible_ms.append((now_s - waiting.pop(amount)) * 1000.0)
                if not waiting:
                    self._waiting.pop(place, None)


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()
