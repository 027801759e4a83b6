"""A process of gateways that speak other formats: `python -m tests.chaos.foreign SPEC.json`. Killed, it goes on where
it was: each act that was taken is a line of a file, and one that may have been taken is delivered again.
"""

import logging
import os
import sys
import threading
import time
from pathlib import Path

import msgspec

from tests.chaos.couriers import (
    Courier,
    EdgeCourier,
    EndDeviceCourier,
    HttpCourier,
    MonitorCourier,
    NothingTakenError,
    ProfileCourier,
)
from tests.chaos.shown import ACTS, saying
from tests.chaos.world import EDGE, END_DEVICE, MONITOR, PROFILE_HTTP, PROFILE_MQTT, World

_AGAIN_S = 0.3
_TWICE = 5
"""Of so many acts one is said in Enermon's own format too: before the other, then after it."""


class ForeignSpec(msgspec.Struct, kw_only=True, frozen=True):
    """What the process needs to know. passwords: of the API, by gateway; passwords_file: of the broker."""

    seed: int
    world_began_ms: int
    enterprises: int
    new_meters: int
    gateways: list[str]
    mqtt_port: int
    mqtt_passwords: dict[str, str]
    passwords_file: str | None
    monitor_port: int
    end_device_port: int
    api_url: str
    passwords: dict[str, str]
    folder: str
    acts_per_s: float

    @property
    def finish(self) -> Path:
        """Is there when nothing new is to be said."""
        return Path(self.folder) / "finish"

    def taken(self, gateway: str) -> Path:
        """A line for each act that was taken, with how many readings of it had been stored before in its other form."""
        return Path(self.folder) / f"{gateway}.taken"


def acts_taken(file: Path) -> list[int]:
    """By act how many readings were duplicates. A line that a kill cut short is none."""
    if not file.exists():
        return []
    return [int(line) for line in file.read_text("ascii").splitlines(keepends=True) if line.endswith("\n")]


class _Gateway:
    """Says one act after another."""

    def __init__(self, spec: ForeignSpec, world: World, gateway: str) -> None:
        self._spec, self._world, self._gateway = spec, world, gateway
        self._natively = HttpCourier(spec.api_url, gateway, spec.passwords[gateway])
        self._courier = self._made()

    def _made(self) -> Courier:
        spec, gateway = self._spec, self._gateway
        if gateway == PROFILE_MQTT:
            return ProfileCourier(spec.mqtt_port, gateway, spec.mqtt_passwords.get(gateway, ""))
        if gateway == PROFILE_HTTP:
            return self._natively
        if gateway == MONITOR:
            return MonitorCourier(spec.monitor_port)
        if gateway == END_DEVICE:
            return EndDeviceCourier(spec.end_device_port)
        assert gateway == EDGE
        file = Path(spec.folder) / "edge.sqlite"
        return EdgeCourier(spec.mqtt_port, gateway, Path(spec.passwords_file) if spec.passwords_file else None, file)

    def run(self) -> None:
        """Until told to finish."""
        path = self._spec.taken(self._gateway)
        act = len(acts_taken(path))
        if act and self._gateway == EDGE:
            self._say(act - 1)  # An edge node that has just started tells in its births what it last took.
        due_s = time.monotonic()
        with path.open("ab", buffering=0) as file:
            while act < ACTS and not self._spec.finish.exists():
                self._wait(due_s)
                try:
                    duplicates = self._say(act)
                except NothingTakenError as reason:
                    logging.info("%s, act %d: %s", self._gateway, act, reason)
                    self._wait(time.monotonic() + _AGAIN_S)
                    continue
                file.write(b"%d\n" % duplicates)
                act += 1
                due_s = max(due_s + 1 / self._spec.acts_per_s, time.monotonic() - 5)
        self._courier.finish()

    def _say(self, act: int) -> int:
        said = saying(self._world, self._gateway, act)
        first = act % (2 * _TWICE) == 0
        duplicates = self._natively.deliver_natively(said) if first else 0
        self._courier.deliver(said)
        if act % (2 * _TWICE) == _TWICE:
            duplicates = self._natively.deliver_natively(said)
        return duplicates

    def _wait(self, until_s: float) -> None:
        while (left_s := until_s - time.monotonic()) > 0:
            if isinstance(self._courier, EdgeCourier):
                self._courier.turn()
            else:
                time.sleep(min(left_s, 0.2))


def _run_or_end_all(spec: ForeignSpec, world: World, gateway: str) -> None:
    """A gateway that meets what must not be ends the process: whoever keeps it notes that it died."""
    try:
        _Gateway(spec, world, gateway).run()
    except BaseException:
        logging.exception("what must not be")
        os._exit(3)


def run(spec: ForeignSpec) -> None:
    """Say everything until told to finish."""
    world = World(
        seed=spec.seed, began_ms=spec.world_began_ms, enterprises=spec.enterprises, new_meters=spec.new_meters
    )
    threads = [
        threading.Thread(target=_run_or_end_all, args=(spec, world, gateway), daemon=True) for gateway in spec.gateways
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    run(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=ForeignSpec))
