"""collectd reads registers by Modbus and posts them: what it posts is read by its profile."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi.testclient import TestClient

from tests.integration.field.conftest import Door, FieldPlant, Stored
from tests.integration.field.software import demanded, program, recipe
from tests.integration.running import wait_until

FIRST = 8_123_340
"""Hundredths of a kWh."""


class ModbusMeter(socketserver.ThreadingTCPServer):
    """A meter that shows a hundredth of a kWh more each time it is read."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Reading)
        self.shown: list[int] = []


class _Reading(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, ModbusMeter)
        while request := self.rfile.read(12):
            transaction, _, _, unit, function, _, count = struct.unpack(">HHHBBHH", request)
            assert (function, count) == (3, 2)
            self.server.shown.append(FIRST + len(self.server.shown))
            answer = struct.pack(">BBBI", unit, function, 4, self.server.shown[-1])
            self.wfile.write(struct.pack(">HHH", transaction, 0, len(answer)) + answer)


@contextmanager
def modbus_meter() -> Iterator[ModbusMeter]:
    """Listens until the end."""
    with ModbusMeter() as meter:
        thread = threading.Thread(target=meter.serve_forever, daemon=True)
        thread.start()
        try:
            yield meter
        finally:
            meter.shutdown()
            thread.join()


def test_registers_that_collectd_reads_by_modbus_arrive(
    client: TestClient, door: Door, plant: FieldPlant, stored: Stored, tmp_path: Path
) -> None:
    collectd = demanded("collectd (Debian: collectd-core)", "collectd")
    meter, _ = plant.meters
    point = {"name": "E01/modbus-meter/gauge-energy", "meter": meter}
    assert client.put(f"/api/v1/gateways/{plant.gateway}/profile", json={"profile": "collectd"}).status_code == 200
    assert client.put(f"/api/v1/gateways/{plant.gateway}/points", json={"points": [point]}).status_code == 200
    with modbus_meter() as modbus:
        put = {
            "https://HOST": door.address,
            "GW-150622-0007.PASSWORD": f"{plant.gateway}.{door.password}",
            "Interval 900": "Interval 0.2",
            "FlushInterval 60": "FlushInterval 0.2",
            "192.168.1.20": "127.0.0.1",
            '"502"': f'"{modbus.server_address[1]}"',
        }
        configuration = tmp_path / "collectd.conf"
        configuration.write_text(f'BaseDir "{tmp_path}"\n' + recipe("collectd.conf", put), "utf-8")
        with program([collectd, "-f", "-C", str(configuration)], tmp_path / "collectd.log") as running:
            wait_until("three readings are stored", lambda: len(stored.of(meter)) >= 3, within_s=60, said=running.said)
        shown = [value / 100 for value in modbus.shown]
    values = [value for _, value in stored.of(meter)]
    assert values == shown[: len(values)]
    assert values[:3] == [81233.4, 81233.41, 81233.42]
