"""What is sent in the runs of the intake: gateways with meters that are scanned every 15 minutes. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulators.credit_code import ENTERPRISE, credit_code
from simulators.registry import Enterprise, Gateway, Meter, Registry, Unit
from simulators.wire import Reading, encode

GATEWAYS = 50
METERS_PER_GATEWAY = 100
METERS = GATEWAYS * METERS_PER_GATEWAY
SCAN_MS = 900_000
# Of a hundred meters of a gateway so many are counters; the others give the energy of each quarter of an hour.
COUNTERS_PER_GATEWAY = 70
BANNERS = ("150622", "150202", "150102", "150430", "150523", "150727", "150826", "150929", "152525", "152921")
START_MS = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp() * 1000)

PROBE_GATEWAY = "GW-BENCH-PROBE"
PROBE_UNIT = "BENCH-PROBE"
PROBE_METERS = 40
PROBE_INTERVAL_S = 60


class Message(msgspec.Struct, frozen=True, array_like=True):
    """A message of a gateway: its number there, how many readings it holds, and its bytes."""

    gateway: str
    seq: int
    readings: int
    payload: bytes


@dataclass(frozen=True)
class Shape:
    """How readings are put into messages.

    `scattered`: each reading with its own time (form A), several scans a message; else one time for all (form B).
    """

    per_message: int
    scattered: bool = False

    def __str__(self) -> str:
        return f"{self.per_message}{' (own times)' if self.scattered else ''}"


def gateway_code(number: int) -> str:
    """Code of a gateway, from 0 on."""
    return f"GW-BENCH-{number:03d}"


def meter_code(gateway: int, number: int) -> str:
    """Code of a meter of a gateway."""
    return f"BENCH-{gateway:03d}-E{number:03d}"


def probe_meter(number: int) -> str:
    """Code of one of the meters whose way to the answers of the API is timed."""
    return f"{PROBE_UNIT}-E{number:02d}"


def registry(count: int = GATEWAYS, *, since: str = "") -> Registry:
    """One enterprise and unit for each of `count` gateways, spread over ten banners; one more for the probes.

    `since`: the day from which meters are in use; empty: from the beginning.
    """
    enterprises, units, gateways, meters = [], [], [], []
    for number in range(count + 1):
        probe = number == count
        area = BANNERS[number % len(BANNERS)]
        code = credit_code(kind=ENTERPRISE, area_code=area, key=f"bench{number}")
        unit = PROBE_UNIT if probe else f"BENCH-{number:03d}"
        gateway = PROBE_GATEWAY if probe else gateway_code(number)
        name_zh, name_en = f"测试{number}", f"Benchmark {number}"
        enterprises.append(
            Enterprise(credit_code=code, name_zh=name_zh, name_en=name_en, trade="steel", area_code=area)
        )
        units.append(Unit(code=unit, credit_code=code, name_zh=name_zh, name_en=name_en))
        gateways.append(Gateway(code=gateway, credit_code=code, name=gateway))
        codes = (
            [probe_meter(i) for i in range(PROBE_METERS)]
            if probe
            else [meter_code(number, i) for i in range(METERS_PER_GATEWAY)]
        )
        for i, each in enumerate(codes):
            meters.append(
                Meter(
                    code=each,
                    unit_code=unit,
                    gateway_code=gateway,
                    name_zh="电",
                    name_en="Electricity",
                    kind="interval" if probe or i >= COUNTERS_PER_GATEWAY else "counter",
                    carrier="electricity",
                    flow="input",
                    unit_of_measure="kWh",
                    interval_s=PROBE_INTERVAL_S if probe else SCAN_MS // 1000,
                    valid_from=since,
                )
            )
    return Registry(enterprises=enterprises, units=units, gateways=gateways, meters=meters)


def value(meter: int, scan: int) -> float:
    """What meter `meter` of a gateway shows in a scan."""
    if meter < COUNTERS_PER_GATEWAY:
        return 1000.0 + meter + 5.25 * scan
    return 10.0 + (meter + scan) % 7 / 8


def messages(shape: Shape, *, readings: int) -> Iterator[Message]:
    """Messages that hold about so many readings, scan after scan, gateway after gateway."""
    per_round = max(shape.per_message, METERS_PER_GATEWAY) * GATEWAYS
    seq = 0
    for turn in range(max(1, readings // per_round)):
        scans = max(1, shape.per_message // METERS_PER_GATEWAY)
        scan = turn * scans
        parts = max(1, METERS_PER_GATEWAY // shape.per_message)
        for part in range(parts):
            for gateway in range(GATEWAYS):
                mine = range(part * METERS_PER_GATEWAY // parts, (part + 1) * METERS_PER_GATEWAY // parts)
                held = [
                    Reading(meter_code(gateway, m), START_MS + s * SCAN_MS + m * shape.scattered, value(m, s))
                    for s in range(scan, scan + scans)
                    for m in mine
                ]
                yield Message(gateway_code(gateway), seq, len(held), encode(seq=seq, readings=held))
            seq += 1


def batches(meter_ids: NDArray[Any], *, readings: int) -> Iterator[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]:
    """The same readings as the database gets them in batches of 20 000: number of the meter, ms, value.

    In order of meter and time, as intake puts them.
    """
    scans_a_batch = 20_000 // METERS
    number = np.tile(np.arange(METERS_PER_GATEWAY), GATEWAYS)
    for first in range(0, readings // METERS, scans_a_batch):
        scans = np.tile(np.arange(first, first + scans_a_batch), METERS)
        meters = np.repeat(meter_ids, scans_a_batch)
        values = 1000.0 + np.repeat(number, scans_a_batch) + 5.25 * scans
        yield meters, START_MS + scans * SCAN_MS, values
