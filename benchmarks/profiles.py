"""What reading a message of another format takes, beside our own: from bytes to meters, in one process, in turn."""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from benchmarks.machine import Machine, OtherLoad, this_machine
from benchmarks.report import machine_lines
from benchmarks.sheet import Sheet
from services.core.calendar import OPEN_START_US
from services.ingest.formats import enermon
from services.ingest.points import GatewayPoints, KnownPoint, MeterUnit, to_meters
from services.ingest.profiles.decode import Came, read_message
from services.ingest.profiles.shipped import shipped_profiles

GOAL_US = 2.5
READINGS = 100
ROUNDS = 15
MESSAGES = 200
_AT_MS = 1_795_132_800_000
_GATEWAY = "GW-150622-0007"

Read = Callable[[], object]


@dataclass
class ProfileCost:
    """Microseconds of processor time a reading, the best of several rounds, by what was read."""

    at: datetime
    machine: Machine
    load_before: float
    other_cores: float = 0.0
    readings: int = READINGS
    us: dict[str, float] = field(default_factory=dict)


def run(rounds: int = ROUNDS) -> ProfileCost:
    """Read messages of 100 readings, each kind in turn, so that what else the machine does falls on all."""
    found = ProfileCost(datetime.now(UTC), this_machine(), os.getloadavg()[0])
    kinds, others = _kinds(), OtherLoad()
    for _ in range(rounds):
        for name, read in kinds.items():
            began_s = time.process_time()
            for _ in range(MESSAGES):
                read()
            us = (time.process_time() - began_s) / MESSAGES / READINGS * 1e6
            found.us[name] = min(us, found.us.get(name, us))
    found.other_cores = others.cores()
    return found


def _kinds() -> dict[str, Read]:
    numbers = range(READINGS)
    own = {
        "seq": 1,
        "readings": [{"meter": f"150622-0007-E{i:02}", "ts": _AT_MS, "value": 512.25 + i} for i in numbers],
    }
    kepware = {
        "timestamp": _AT_MS,
        "values": [{"id": f"Ch1.Dev1.E{i:02}", "v": 512.25 + i, "q": True, "t": _AT_MS} for i in numbers],
    }
    neuron = {"timestamp": _AT_MS, "node": "n", "group": "g", "values": {f"E{i:02}": 512.25 + i for i in numbers}}
    usr = {"params": {"r_data": [{"name": f"E{i:02}", "value": str(512.25 + i), "err": "0"} for i in numbers]}}
    text = json.dumps(own, separators=(",", ":")).encode()
    return {
        "Enermon's own format": lambda: enermon.decode(_GATEWAY, text),
        "kepware": _by_profile("kepware", "iotgateway", kepware, [f"Ch1.Dev1.E{i:02}" for i in numbers]),
        "neuron-values": _by_profile("neuron-values", "neuron/n", neuron, [f"n.g.E{i:02}" for i in numbers]),
        "usr-params, texts without time": _by_profile("usr-params", "data", usr, [f"E{i:02}" for i in numbers]),
    }


def _by_profile(name: str, topic: str, message: object, points: list[str]) -> Read:
    profile = shipped_profiles()[name].profile()
    payload = json.dumps(message, separators=(",", ":")).encode()
    term = (MeterUnit(OPEN_START_US, "kWh"),)
    known = {_GATEWAY: GatewayPoints({point: KnownPoint(f"M-{point}", term) for point in points})}
    came = Came(_AT_MS * 1000, f"x/{_GATEWAY}/{topic}")

    def read() -> object:
        return to_meters(read_message(profile, _GATEWAY, payload, came).foreign, known)

    if len(to_meters(read_message(profile, _GATEWAY, payload, came).foreign, known).values) != len(points):
        raise RuntimeError(f"{name} does not read what is measured")
    return read


def sheet(run: ProfileCost) -> Sheet:
    """Each kind of message beside our own."""
    own, *others = run.us
    rows = [(own, f"{run.us[own]:.2f}", "", "")]
    for name in others:
        more = run.us[name] - run.us[own]
        rows.append((name, f"{run.us[name]:.2f}", f"{more:+.2f}", "reached" if more <= GOAL_US else "not reached"))
    title = f"{run.readings} readings a message, µs of processor time a reading; goal: at most {GOAL_US} more"
    return Sheet(title, ("message", "µs a reading", "more", "verdict"), rows)


def section(run: ProfileCost) -> Iterator[str]:
    """The lines for docs/benchmarks.md."""
    versions = (f"Python {run.machine.python}",)
    yield from machine_lines(run.at, run.machine, versions, load_before=run.load_before, other_cores=run.other_cores)
    yield ""
    yield from sheet(run).markdown()
