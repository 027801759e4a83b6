"""What a gateway that misbehaves sends, in each of the ways in which it can take the time of others. Pure."""

import random
from collections.abc import Iterator
from enum import StrEnum

from benchmarks import load
from benchmarks.load import COUNTERS_PER_GATEWAY, GATEWAYS, METERS_PER_GATEWAY, SCAN_MS, Message
from simulators.wire import Reading, encode

FLOODING = GATEWAYS - 1
_DAY_MS = 86_400_000
_MESSAGES = 8_000
_EMPTY_MESSAGES = 400_000
_IN_A_SLOT = 1_000
_LIVE_SLOTS = 7
_BELIEVED_DAYS = 9 * 365
_APART_DAYS = 399
"""Less than the longest gap over which a counter's energy is spread."""
_SEED = 17


class Flood(StrEnum):
    """A way to flood; messages hold a hundred readings unless another number is said."""

    NONE = "nobody floods"
    BACKLOG = "a backlog of two years"
    RUSH = "a backlog, sent without waiting for answers"
    CLOCK = "a clock that jumps by years"
    CONFLICTS = "other values for stored times"
    EMPTY = "messages `{}`"
    GAPS = "readings 400 days apart"
    ONE_METER = "1 000 readings a slot of one meter, back from now"
    CROWDED = "ever more readings of one meter in the last two hours"

    @property
    def window(self) -> int:
        """Messages that it lets be unanswered; 0: any number. The contract allows 20."""
        return 0 if self in {Flood.RUSH, Flood.EMPTY} else 100


def flooding(flood: Flood, *, now_ms: int) -> Iterator[Message]:
    """More messages than can be dealt with while live readings are timed."""
    if flood is Flood.NONE:
        return iter(())
    if flood is Flood.EMPTY:
        code = load.gateway_code(FLOODING)
        return (Message(code, -1, 0, b"{}") for _ in range(_EMPTY_MESSAGES))
    ways = {
        Flood.BACKLOG: _backlog,
        Flood.RUSH: _backlog,
        Flood.CLOCK: _clock,
        Flood.CONFLICTS: _conflicts,
        Flood.GAPS: _gaps,
        Flood.ONE_METER: _one_meter,
        Flood.CROWDED: _crowded,
    }
    return _messages(ways[flood](now_ms - now_ms % SCAN_MS))


def _messages(held: Iterator[list[Reading]]) -> Iterator[Message]:
    for seq, readings in zip(range(_MESSAGES), held, strict=False):
        yield Message(load.gateway_code(FLOODING), seq, len(readings), encode(seq=seq, readings=readings))


def _scan(ts_ms: int, number: int) -> list[Reading]:
    return [
        Reading(load.meter_code(FLOODING, meter), ts_ms, load.value(meter, number))
        for meter in range(METERS_PER_GATEWAY)
    ]


def _backlog(slot_ms: int) -> Iterator[list[Reading]]:
    first_ms = slot_ms - 2 * 365 * _DAY_MS
    return (_scan(first_ms + scan * SCAN_MS, scan) for scan in range(_MESSAGES))


def _clock(slot_ms: int) -> Iterator[list[Reading]]:
    """Each message at another time of the past, one in four ahead of now; the registers go on all the while."""
    drawn = random.Random(_SEED)  # noqa: S311 - a benchmark
    for number in range(_MESSAGES):
        off_ms = -365 * _DAY_MS if number % 4 == 3 else drawn.randrange(_BELIEVED_DAYS) * _DAY_MS
        yield _scan(slot_ms - off_ms - number % 96 * SCAN_MS, number)


def _conflicts(slot_ms: int) -> Iterator[list[Reading]]:
    return (_scan(slot_ms - 4 * SCAN_MS, number) for number in range(_MESSAGES))


def _gaps(slot_ms: int) -> Iterator[list[Reading]]:
    """Counters over nine years, a reading each 399 days; then again, an hour later each. Every one alters a year."""
    apart_ms = _APART_DAYS * _DAY_MS
    first_ms = slot_ms - 8 * apart_ms
    held: list[Reading] = []
    for turn in range(_MESSAGES):
        for step in range(8):
            ts_ms = first_ms + step * apart_ms + turn * 4 * SCAN_MS
            for meter in range(COUNTERS_PER_GATEWAY):
                held.append(Reading(load.meter_code(FLOODING, meter), ts_ms, (ts_ms - first_ms) / SCAN_MS))
                if len(held) == METERS_PER_GATEWAY:
                    yield held
                    held = []


def _one_meter(slot_ms: int) -> Iterator[list[Reading]]:
    return (_crowd(slot_ms, slot_ms - (1 + number) * SCAN_MS, 0) for number in range(_MESSAGES))


def _crowded(slot_ms: int) -> Iterator[list[Reading]]:
    """A message fills a slot of the last two hours; the next one the next slot, and so on round and round."""
    for number in range(_MESSAGES):
        turn, slot = divmod(number, _LIVE_SLOTS)
        yield _crowd(slot_ms, slot_ms - (1 + slot) * SCAN_MS, turn % (SCAN_MS // _IN_A_SLOT))


def _crowd(now_ms: int, first_ms: int, after_ms: int) -> list[Reading]:
    """Readings of one counter, a slot full of them; it runs steadily, whatever the order of these."""
    times_ms = range(first_ms + after_ms, first_ms + SCAN_MS, SCAN_MS // _IN_A_SLOT)
    code = load.meter_code(FLOODING, 0)
    return [Reading(code, ts_ms, 1_000_000 + (ts_ms - now_ms) / 10_000) for ts_ms in times_ms]
