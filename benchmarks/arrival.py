"""In which order readings arrive at the whole line: as read, with late ones between, or shuffled over years. Pure."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum

from benchmarks import load
from benchmarks.load import COUNTERS_PER_GATEWAY, GATEWAYS, METERS_PER_GATEWAY, SCAN_MS, START_MS, Message, Shape
from simulators.wire import Reading, encode

PER_MESSAGE = 100
LATE_SHARE = 0.05
TWICE_SHARE = 0.04
_HOUR_MS = 3_600_000
_SHUFFLED_FROM_MS = int(datetime(2022, 1, 1, tzinfo=UTC).timestamp() * 1000)
_SHUFFLED_HOURS = 3 * 365 * 24
_LATE_SCANS = 2 * 365 * 96
_SEED = 13


class Arrival(StrEnum):
    """An order of arrival; messages hold a hundred readings."""

    IN_ORDER = "in order"
    LATE = "5 % late by up to two years"
    SHUFFLED = "shuffled over three years, 4 % twice"


def arriving(arrival: Arrival, readings: int) -> Iterator[Message]:
    """Messages that hold about so many readings."""
    if arrival is Arrival.IN_ORDER:
        return load.messages(Shape(PER_MESSAGE), readings=readings)
    if arrival is Arrival.LATE:
        return _late(readings)
    return _shuffled(readings)


def _late(readings: int) -> Iterator[Message]:
    """Among the scans, now and then a day of an interval meter of up to two years ago, sent at last."""
    drawn = random.Random(_SEED)  # noqa: S311 - a benchmark
    seq = 1_000_000
    for message in load.messages(Shape(PER_MESSAGE), readings=int(readings * (1 - LATE_SHARE))):
        yield message
        if drawn.random() < LATE_SHARE / (1 - LATE_SHARE):
            gateway = drawn.randrange(GATEWAYS)
            meter = drawn.randrange(COUNTERS_PER_GATEWAY, METERS_PER_GATEWAY)
            first = START_MS - drawn.randrange(PER_MESSAGE, _LATE_SCANS) * SCAN_MS
            held = [
                Reading(load.meter_code(gateway, meter), first + scan * SCAN_MS, load.value(meter, scan))
                for scan in range(PER_MESSAGE)
            ]
            yield Message(load.gateway_code(gateway), seq, len(held), encode(seq=seq, readings=held))
            seq += 1


def _shuffled(readings: int) -> Iterator[Message]:
    """Three years of hours of as many meters as it takes, one of each gateway after another, in no order."""
    drawn = random.Random(_SEED)  # noqa: S311 - a benchmark
    by_gateway: dict[int, list[tuple[int, int]]] = {}
    left, number = readings, 0
    while left > 0:
        # Counters: the history, where there is one, is that of interval meters.
        gateway, meter = number % GATEWAYS, number // GATEWAYS % COUNTERS_PER_GATEWAY
        hours = min(left, _SHUFFLED_HOURS)
        by_gateway.setdefault(gateway, []).extend((meter, hour) for hour in range(hours))
        left, number = left - hours, number + 1
    messages: list[Message] = []
    for gateway, mine in by_gateway.items():
        twice = drawn.sample(mine, int(len(mine) * TWICE_SHARE))
        order = [*mine, *twice]
        drawn.shuffle(order)
        for seq, first in enumerate(range(0, len(order), PER_MESSAGE)):
            held = [
                Reading(
                    load.meter_code(gateway, meter), _SHUFFLED_FROM_MS + hour * _HOUR_MS, load.value(meter, 4 * hour)
                )
                for meter, hour in order[first : first + PER_MESSAGE]
            ]
            messages.append(Message(load.gateway_code(gateway), seq, len(held), encode(seq=seq, readings=held)))
    drawn.shuffle(messages)
    yield from messages
