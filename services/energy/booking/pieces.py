"""Spans of energy cut at the edges of slots, all at once, in whole numbers of 64 bits."""

from typing import Any, NamedTuple, Self

import numpy as np

from services.core.calendar import SLOT_S, SLOT_US
from services.core.meter import Quality
from services.energy.booking.plain import Flags, Whole

_MOST_OF_SLOTS = 2**32
_ESTIMATED = int(Quality.ESTIMATED)
_MS_US = 1000

# The square of a longer time would not fit into 64 bits.
_MOST_TICKS = 4_200_000_000


class Spans(NamedTuple):
    """Energy used between two moments, in order of owner and time, those of one owner one after another."""

    owner: Whole
    start_us: Whole
    length_us: Whole
    quantity_pico: Whole
    estimated: Flags
    is_new: Flags
    """Whether the span is another than before: the slots that it touches are."""

    def at(self, chosen: Flags) -> Self:
        """The chosen ones."""
        columns: list[Any] = [column[chosen] for column in self]
        return type(self)(*columns)


class Pieces(NamedTuple):
    """Slots, in order of owner and time."""

    owner: Whole
    slot_us: Whole
    quantity_pico: Whole
    measured_s: Whole
    quality: Whole


def tick_us(times_us: Whole) -> int:
    """What all these times are multiples of: a millisecond, or a microsecond."""
    return _MS_US if not (times_us % _MS_US).any() else 1


def longest_us(tick: int) -> int:
    """The longest span that can be cut, of times that are multiples of a tick."""
    return _MOST_TICKS * tick


def cut_new(spans: Spans, tick: int) -> Pieces:
    """The slots that new spans touch, with all that falls into them; spans in proportion to time."""
    slots = _slots_of(spans)
    new = spans.is_new
    places = slots.of(new)
    touched = _once(_keys(spans.owner[new][places.span], places.slot()))
    first = _keys(spans.owner, slots.first)
    last = _keys(spans.owner, slots.first + slots.number - 1)
    # What is not new lies beside what is: it shares a slot with it at one of its ends.
    found = _cut(spans.at(new | _among(first, touched) | _among(last, touched)), tick)
    wanted = _among(_keys(found.owner, found.slot_us // SLOT_US), touched)
    return Pieces(*(column[wanted] for column in found))


class _Slots(NamedTuple):
    first: Whole
    number: Whole

    def of(self, chosen: Flags) -> "_SlotPlaces":
        first, count = self.first[chosen], self.number[chosen]
        span = np.repeat(np.arange(len(count)), count)
        nth = np.arange(len(span)) - np.repeat(np.cumsum(count) - count, count)
        return _SlotPlaces(span, first, nth)


class _SlotPlaces(NamedTuple):
    """By slot of each span: the number of the span, and of the slot in it."""

    span: Whole
    first: Whole
    nth: Whole

    def slot(self) -> Whole:
        return self.first[self.span] + self.nth


def _slots_of(spans: Spans) -> _Slots:
    first = spans.start_us // SLOT_US
    return _Slots(first, (spans.start_us + spans.length_us - 1) // SLOT_US - first + 1)


def _keys(owner: Whole, slot: Whole) -> Whole:
    return owner * _MOST_OF_SLOTS + slot


def _once(ordered: Whole) -> Whole:
    """Each of these, which are in order, once."""
    return ordered[np.flatnonzero(np.append(True, np.diff(ordered) != 0)[: len(ordered)])]


def _among(keys: Whole, ordered: Whole) -> Flags:
    """Which of the keys are among those in order."""
    if not len(ordered):
        return np.full(len(keys), False)
    found: Flags = ordered[np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)] == keys
    return found


def _cut(spans: Spans, tick: int) -> Pieces:
    everything = np.full(len(spans.owner), True)
    places = _slots_of(spans).of(everything)
    span = places.span
    slot_us = places.slot() * SLOT_US
    from_us = np.maximum(slot_us - spans.start_us[span], 0)
    to_us = np.minimum(slot_us + SLOT_US - spans.start_us[span], spans.length_us[span])
    length, quantity = spans.length_us[span] // tick, spans.quantity_pico[span]
    pico = _share(quantity, to_us // tick, length) - _share(quantity, from_us // tick, length)
    measured_us = np.where(spans.estimated[span], 0, to_us - from_us)
    owner = spans.owner[span]
    edges = np.flatnonzero(np.append(True, (np.diff(owner) != 0) | (np.diff(slot_us) != 0))[: len(span)])
    return Pieces(
        owner[edges],
        slot_us[edges],
        _sum(pico, edges),
        np.minimum(SLOT_S, (_sum(measured_us, edges) + 500_000) // 1_000_000),
        (_sum(spans.estimated[span].astype(np.int64), edges) > 0) * _ESTIMATED,
    )


def _sum(amounts: Whole, edges: Whole) -> Whole:
    return np.add.reduceat(amounts, edges) if len(edges) else np.zeros(0, dtype=np.int64)


def _share(quantity: Whole, elapsed: Whole, length: Whole) -> Whole:
    """quantity × elapsed / length, rounded down; the product itself would not fit into 64 bits."""
    whole, rest = np.divmod(quantity, length)
    part = rest.astype(np.uint64) * elapsed.astype(np.uint64) // length.astype(np.uint64)
    return whole * elapsed + part.astype(np.int64)
