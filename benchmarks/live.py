"""Gateways that send their scans of now, a piece a second, and how long it takes until these are in the sums."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg

from benchmarks import load, packets
from benchmarks.load import COUNTERS_PER_GATEWAY, METERS_PER_GATEWAY, SCAN_MS
from services.core.db.connections import connect
from services.core.db.statements import Statements
from services.ingest.message import Checked
from services.ingest.registry import RegistryReader
from services.ingest.store import store
from simulators.wire import Reading, encode, readings_topic

_sql = Statements.beside(__file__, "live.sql")

GATEWAYS = 20
SCANS_BEFORE = 34
_A_MESSAGE = 5
_SPACING_S = 1.0
_LOOK_S = 0.02
_SCANS = 3
_PARTS = METERS_PER_GATEWAY // _A_MESSAGE


@dataclass(frozen=True, slots=True)
class _Way:
    """A reading on its way: when it was published, where it is stored, and the slot that it books last."""

    published_s: float
    meter_id: int
    ts_ms: int
    slot_ms: int


class LiveGateways:
    """Twenty gateways with a hundred meters each, whose scans of the last hours are stored before."""

    def __init__(self, database_url: str, *, mqtt_port: int, passwords: Mapping[str, str], now_ms: int) -> None:
        self._url = database_url
        with connect(database_url, role=None, application_name="bench-live") as connection:
            self._known = RegistryReader().read(connection).meters
        self._first_ms = now_ms - now_ms % SCAN_MS - (_SCANS - 1) * SCAN_MS
        codes = [load.gateway_code(number) for number in range(GATEWAYS)]
        self._sockets = [packets.connected(code, port=mqtt_port, password=passwords[code]) for code in codes]
        self._lock = threading.Lock()
        self._unstored: dict[tuple[int, int], _Way] = {}
        self._unseen: dict[tuple[int, int], _Way] = {}
        self._ending, self._given_up = threading.Event(), threading.Event()
        self.stored_ms: list[float] = []
        self.visible_ms: list[float] = []
        self._threads = [threading.Thread(target=self._publish), threading.Thread(target=self._watch)]

    @property
    def unseen(self) -> int:
        """How many readings are not yet in the sums."""
        return len(self._unseen)

    def prepare(self) -> None:
        """Store the scans of the hours before."""
        times_ms = [self._first_ms - (SCANS_BEFORE - scan) * SCAN_MS for scan in range(SCANS_BEFORE)]
        with connect(self._url, role=None, application_name="bench-live") as connection:
            for gateway in range(GATEWAYS):
                codes = [load.meter_code(gateway, meter) for meter in range(METERS_PER_GATEWAY)]
                message = Checked(
                    load.gateway_code(gateway),
                    None,
                    codes * SCANS_BEFORE,
                    [self._known[code].meter_id for code in codes] * SCANS_BEFORE,
                    [ts_ms * 1000 for ts_ms in times_ms for _ in codes],
                    [load.value(meter, scan) for scan in range(SCANS_BEFORE) for meter in range(METERS_PER_GATEWAY)],
                    [],
                )
                store(connection, [message], writer="bench")

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, *, wait_s: float) -> None:
        """Publish no more, and wait so long for what is not yet seen."""
        self._ending.set()
        self._threads[0].join()
        deadline_s = time.monotonic() + wait_s
        while self._unseen and time.monotonic() < deadline_s:
            time.sleep(_LOOK_S)
        self._given_up.set()
        self._threads[1].join()
        for each in self._sockets:
            each.close()

    def _publish(self) -> None:
        for number in range(_SCANS * _PARTS * GATEWAYS):
            piece, gateway = divmod(number, GATEWAYS)
            scan, part = divmod(piece, _PARTS)
            ts_ms = self._first_ms + scan * SCAN_MS
            meters = range(part * _A_MESSAGE, (part + 1) * _A_MESSAGE)
            readings = [
                Reading(load.meter_code(gateway, meter), ts_ms, load.value(meter, SCANS_BEFORE + scan))
                for meter in meters
            ]
            published_s = time.monotonic()
            with self._lock:
                for meter, reading in zip(meters, readings, strict=True):
                    self._note(published_s, meter, reading)
            packet = packets.publish(
                readings_topic(load.gateway_code(gateway)), piece + 1, encode(seq=piece, readings=readings)
            )
            self._sockets[gateway].sendall(packet)
            if self._ending.wait(_SPACING_S / GATEWAYS):
                return

    def _note(self, published_s: float, meter: int, reading: Reading) -> None:
        meter_id = self._known[reading.meter].meter_id
        slot_ms = reading.ts - SCAN_MS if meter < COUNTERS_PER_GATEWAY else reading.ts
        way = _Way(published_s, meter_id, reading.ts, slot_ms)
        self._unstored[meter_id, reading.ts] = self._unseen[meter_id, slot_ms] = way

    def _watch(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._given_up.wait(_LOOK_S):
                self.stored_ms += self._arrived(connection, "stored", self._unstored)
                self.visible_ms += self._arrived(connection, "booked", self._unseen)

    def _arrived(
        self, connection: psycopg.Connection, statement: str, on_their_way: dict[tuple[int, int], _Way]
    ) -> Sequence[float]:
        """Milliseconds from publish of those that are there now; they are no longer on their way."""
        with self._lock:
            keys = list(on_their_way)
        if not keys:
            return []
        found = _sql.run(
            connection,
            statement,
            meter_ids=[meter_id for meter_id, _ in keys],
            times_ms=[at_ms for _, at_ms in keys],
            from_ms=min(at_ms for _, at_ms in keys) - 4 * SCAN_MS,
        ).tuples()
        with self._lock:
            now_s = time.monotonic()
            return [(now_s - on_their_way.pop(tuple(key)).published_s) * 1000.0 for key in found]
