"""The common case, for many meters at once: readings that go with those around them as one expects of them.

A window is what was read of one meter around new readings. It is *plain* if nothing in it needs a judgement: a counter
that goes on calmly (see `past`), with so many calm levels on either side that nothing beyond them can matter, an
interval meter within its bounds, values of at most six decimals. For a plain window this gives what `booking.rebook`
gives, to the last digit; of the others it says so. All is done in whole numbers of 64 bits: what does not surely fit is
not plain.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.core.calendar import HOUR_US, OPEN_END_US, SLOT_US
from services.energy.booking.costs import BOUNDS
from services.energy.booking.pieces import Spans, cut_new, longest_us, tick_us
from services.energy.booking.plain import AMPLE, MILLIONTHS, Flags, PlainBooking, RuleColumns, Whole, Windows

# A double of so many millionths, or fewer, is the decimal that it prints.
_MOST_MILLIONTHS = 10**15
_SURELY = 0.999
_ALL = 2**62


def book_plain(windows: Windows) -> PlainBooking:
    """Book the plain ones of these windows again; at least one reading must be given in all."""
    windows = _by_start(windows)
    rules = RuleColumns.of(windows.rules)
    millionths, exact = _millionths(windows.values)
    steps = _Steps.of(windows, millionths)
    places = _Places.of(windows)
    tick = tick_us(windows.times_us)
    is_good = exact & (millionths > 0)
    calm = _calm(windows, rules, steps, millionths, is_good, longest_us(tick))
    counters = _plain_counters(windows, rules, steps, places, calm, is_good)
    intervals = _plain_intervals(windows, rules, steps, places, millionths, exact)
    is_counter = rules.is_counter
    plain = np.where(is_counter, counters.plain, intervals.plain) & windows.covered & places.any_new
    owner = windows.owner
    falls = np.bincount(owner[steps.rise < 0], minlength=len(plain)) > 0
    lacks = is_counter & ~plain & windows.covered & ~falls & ~(windows.begins & windows.complete)
    counts = is_counter[owner]
    begins = np.flatnonzero(plain[owner] & np.where(counts, counters.used, intervals.used))
    whose, counts = owner[begins], counts[begins]
    interval_us = rules.interval_us[whose]
    length_us = np.where(counts, steps.length_us[begins], interval_us)
    quantity = np.where(counts, steps.rise[begins], millionths[begins]) * rules.millionth_pico[whose]
    following = np.minimum(begins + 1, len(owner) - 1)
    is_new = windows.is_new[begins] | (counts & windows.is_new[following])
    estimated = counts & (length_us > 2 * interval_us)
    spans = Spans(whose, windows.times_us[begins], length_us, quantity, estimated, is_new)
    return PlainBooking(
        plain, lacks, np.where(is_counter, counters.is_ample, intervals.is_ample), *cut_new(spans, tick)
    )


class _Chosen(NamedTuple):
    """By window whether it is plain, and amply so; by reading whether a span that is needed begins with it."""

    plain: Flags
    used: Flags
    is_ample: Flags


class _Steps(NamedTuple):
    """From each reading to the next of its window; 0 where it is the last of it."""

    joined: Flags
    """Whether there is a next one."""
    rise: Whole
    """In millionths."""
    length_us: Whole
    level: Whole
    """By reading: how often the value has changed in its window until then."""
    last_level: Whole
    """By window."""

    @classmethod
    def of(cls, windows: Windows, millionths: Whole) -> "_Steps":
        owner = windows.owner
        joined = np.append(owner[1:] == owner[:-1], False)
        rise = np.where(joined, np.append(np.diff(millionths), 0), 0)
        length_us = np.where(joined, np.append(np.diff(windows.times_us), 0), 0)
        changes = np.cumsum(np.append(0, rise[:-1] != 0))
        number = len(windows.rules)
        first = np.minimum(np.searchsorted(owner, np.arange(number)), len(owner) - 1)
        level = changes - changes[first][owner]
        last_level = np.zeros(number, dtype=np.int64)
        last_level[owner] = level
        return cls(joined, rise, length_us, level, last_level)


class _Places(NamedTuple):
    """By window the places of readings, [first, end), and of the new ones from the first to the last."""

    first: Whole
    end: Whole
    first_new: Whole
    last_new: Whole
    any_new: Flags

    @classmethod
    def of(cls, windows: Windows) -> "_Places":
        number = np.arange(len(windows.rules))
        first, end = np.searchsorted(windows.owner, number), np.searchsorted(windows.owner, number, "right")
        new = np.flatnonzero(windows.is_new)
        first_new, last_new = end.copy(), first - 1
        np.minimum.at(first_new, windows.owner[new], new)
        np.maximum.at(last_new, windows.owner[new], new)
        return cls(first, end, first_new, last_new, first_new < end)


def _calm(
    windows: Windows, rules: RuleColumns, steps: _Steps, millionths: Whole, is_good: Flags, longest: int
) -> Flags:
    """By reading of a counter: whether nothing is to be decided from it to the next, whatever lies beyond the window.

    That is a plain rise, or without a rated power a usual one for sure: within the bound by the least pace of the
    window, where all that `past` would look at is at hand.
    """
    owner = windows.owner
    interval_us, rated = rules.interval_us[owner], rules.rated_millionths_per_h[owner]
    rise, length_us = steps.rise, steps.length_us
    most_rise = np.where(
        rated > 0, _SURELY * rated * np.maximum(length_us, interval_us) / HOUR_US, millionths // BOUNDS.plain_part
    )
    following = np.minimum(np.arange(len(owner)) + 1, len(owner) - 1)
    judged = steps.joined & is_good & is_good[following] & (rise >= 0) & (length_us <= longest)
    judged &= windows.times_us >= rules.from_us[owner]
    calm: Flags = judged & ((rise <= most_rise) | _usual(windows, rules, steps) & (rated == 0))
    return calm


def _usual(windows: Windows, rules: RuleColumns, steps: _Steps) -> Flags:
    """By reading: whether the rise to the next one is usual, whichever of the rises around it are looked at."""
    owner = windows.owner
    interval_us = rules.interval_us[owner]
    least = np.full(len(windows.rules), np.inf)
    rises = steps.rise > 0
    pace = steps.rise[rises] * (interval_us[rises] / np.maximum(steps.length_us[rises], interval_us[rises]))
    np.minimum.at(least, owner[rises], pace)
    repeats = np.bincount(owner[steps.joined & (steps.rise == 0)], minlength=len(least)) > 0
    # Where no value is there twice, more than half of the steps rise.
    over = np.where(repeats[owner], 0.0, BOUNDS.times_mean / 2 * steps.length_us / interval_us)
    level = steps.level + rises
    reach = rules.levels_beside[owner] - 1
    known = windows.begins[owner] | (level > reach)
    known &= windows.complete[owner] | (steps.last_level[owner] - level > reach)
    found: Flags = known & rises & (steps.rise <= _SURELY * least[owner] * (BOUNDS.times_median + over))
    return found


def _plain_counters(
    windows: Windows, rules: RuleColumns, steps: _Steps, places: _Places, calm: Flags, is_good: Flags
) -> _Chosen:
    """The windows of counters in which only what lies next to new readings can have changed, and that is calm."""
    owner, times_us = windows.owner, windows.times_us
    most = len(owner) - 1
    position = np.arange(len(owner))
    before, after = places.first_new - 1, places.last_new + 1
    has_before, has_after = before >= places.first, after < places.end
    # The slots of the readings beside the new ones are booked whole.
    from_us = np.where(has_before, times_us[np.clip(before, 0, most)], -OPEN_END_US)
    to_us = np.where(has_after, times_us[np.clip(after, 0, most)], OPEN_END_US)
    base, stop = places.first - 1, places.end.copy()
    early = times_us <= (from_us - from_us % SLOT_US)[owner]
    late = times_us >= (to_us + -to_us % SLOT_US)[owner]
    np.maximum.at(base, owner[early], position[early])
    np.minimum.at(stop, owner[late], position[late])
    is_whole = windows.begins & (base < places.first)
    base = np.where(is_whole, places.first, base)
    has_base = (base >= places.first) & (times_us[np.clip(base, 0, most)] >= rules.from_us)
    ends = stop == places.end
    stop = np.where(ends, places.end - 1, stop)
    needed = (position >= base[owner]) & (position <= stop[owner])
    used = needed & (position < stop[owner])
    odd = np.bincount(owner[(needed & ~is_good) | (used & ~calm)], minlength=len(base))
    plain = has_base & (odd == 0) & (~ends | windows.complete) & _never_overfull(windows, rules, steps, used)
    left, right = _calm_sides(windows, rules, steps, places, calm)
    plain &= (left >= rules.levels_beside) & (right >= rules.levels_beside)
    is_ample = np.minimum(left, right) >= AMPLE * rules.levels_beside
    return _Chosen(plain, used, is_ample)


def _calm_sides(
    windows: Windows, rules: RuleColumns, steps: _Steps, places: _Places, calm: Flags
) -> tuple[Whole, Whole]:
    """By window of a counter how many calm levels lie before what is new, and after it.

    So many as the explanation looks (see `settled`) show that what was judged beyond stays so. `_ALL` stands for all of
    them, to the first or last reading of the meter; or all that was ever judged, where a rated power judges, so that
    nothing depends on what lies around it.
    """
    owner, most = windows.owner, len(windows.owner) - 1
    broken = np.flatnonzero(steps.joined & ~calm)
    whose = owner[broken]
    left, right = broken + 1 < places.first_new[whose], broken > places.last_new[whose]
    last_left, first_right = places.first - 1, places.end - 1
    np.maximum.at(last_left, whose[left], broken[left])
    np.minimum.at(first_right, whose[right], broken[right])

    def levels(start: Whole, end: Whole) -> Whole:
        """So many changes of the value from one place to another."""
        risen = steps.level[np.clip(end, 0, most)] - steps.level[np.clip(start, 0, most)]
        return np.where(end > start, risen, 0)

    settled = windows.unmarked & (rules.rated_millionths_per_h > 0)
    is_all_left = (windows.begins | settled) & (last_left < places.first)
    is_all_right = (windows.complete | settled) & (first_right == places.end - 1)
    return (
        np.where(is_all_left, _ALL, levels(last_left + 1, places.first_new - 1)),
        np.where(is_all_right, _ALL, levels(places.last_new + 1, first_right)),
    )


def _never_overfull(windows: Windows, rules: RuleColumns, steps: _Steps, used: Flags) -> Flags:
    """By window: whether surely no slot gets more than any meter can carry.

    It gets no more than the steps that begin in it, and one that began before it.
    """
    owner = windows.owner[used]
    if not len(owner):
        return np.full(len(windows.rules), True)
    slot = windows.times_us[used] // SLOT_US
    edges = np.flatnonzero(np.append(True, (np.diff(owner) != 0) | (np.diff(slot) != 0)))
    risen: NDArray[np.float64] = np.add.reduceat(steps.rise[used].astype(np.float64), edges)
    over = risen > _SURELY * rules.most_millionths[owner[edges]] / 2
    never: Flags = np.bincount(owner[edges][over], minlength=len(windows.rules)) == 0
    return never


def _plain_intervals(
    windows: Windows, rules: RuleColumns, steps: _Steps, places: _Places, millionths: Whole, exact: Flags
) -> _Chosen:
    """The windows of interval meters with periods within their bounds that overlap nothing."""
    owner, times_us = windows.owner, windows.times_us
    most = len(owner) - 1
    interval_us = rules.interval_us[owner]
    first_us, last_us = times_us[np.clip(places.first_new, 0, most)], times_us[np.clip(places.last_new, 0, most)]
    from_us = first_us - first_us % HOUR_US
    reach_us = last_us + rules.interval_us
    to_us = reach_us + -reach_us % HOUR_US
    used = (times_us > from_us[owner] - interval_us) & (times_us < to_us[owner])
    odd = used & (~exact | (millionths < 0) | (millionths > rules.most_millionths[owner]))
    # A period that is not booked again may overlap one that is.
    near = used | (times_us > from_us[owner] - 2 * interval_us)
    near &= times_us < to_us[owner] + interval_us
    odd |= steps.joined & near & np.append(near[1:], False) & (steps.length_us < interval_us)
    reached = np.bincount(owner[times_us >= to_us[owner]], minlength=len(places.first)) > 0
    plain = (np.bincount(owner[odd], minlength=len(places.first)) == 0) & (from_us >= rules.from_us)
    plain &= windows.complete | reached
    return _Chosen(plain, used, plain)


def _by_start(windows: Windows) -> Windows:
    """The same with the times of readings at which their periods begin."""
    before_us = RuleColumns.of(windows.rules).begins_before_us
    if not before_us.any():
        return windows
    return replace(windows, times_us=windows.times_us - before_us[windows.owner])


def _millionths(values: NDArray[np.float64]) -> tuple[Whole, Flags]:
    """The values in whole millionths, and whether that is what they say."""
    with np.errstate(over="ignore", invalid="ignore"):
        near = np.rint(values * MILLIONTHS)
        exact = (np.abs(near) < _MOST_MILLIONTHS) & (near / MILLIONTHS == values)
    return np.where(exact, near, 0.0).astype(np.int64), exact
