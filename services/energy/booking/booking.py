"""From readings to energy by slot, and how much of it to do again when readings come late."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.core.calendar import OPEN_END_US, OPEN_START_US, hour_ceil_us, hour_floor_us
from services.core.meter import Kind, KindRun, Mark, MeterRule, Quality, Side
from services.energy.booking.counter import book_counter
from services.energy.booking.gauge import book_gauge
from services.energy.booking.interval import book_interval, reach_us
from services.energy.booking.register import multiplied
from services.energy.booking.settled import Lack, Window
from services.energy.booking.slots import Booking, SlotEnergy, cut
from services.energy.booking.span import Span

_ESTIMATED, _CORRECTED = int(Quality.ESTIMATED), int(Quality.CORRECTED)


def book(
    times_us: Sequence[int],
    values: Sequence[float],
    rule: MeterRule,
    *,
    corrected_us: Sequence[int] = (),
    unit_before: int = 0,
) -> Booking:
    """The energy that the readings of one meter say, in order of time and no time twice.

    `corrected_us`, in order, are the times at which a person has replaced, supplied or withdrawn a reading; what is
    booked by such a reading, or across it, is marked so. `unit_before` is that of a counter's register before these
    readings, as a power of a thousand of its own: then the first of them is right.
    """
    spans: list[Span] = []
    marks: dict[int, Mark] = {}
    for run in rule.by_kind():
        first, end = bisect_left(times_us, run.from_us), bisect_left(times_us, run.to_us)
        before = unit_before if first == 0 else 0
        told, marked = _spans(times_us[first:end], values[first:end], run, corrected_us, before)
        spans += told
        marks |= marked
    return cut(spans, marks)


def _is_silent(run: KindRun) -> bool:
    """Whether the meter says nothing of the direction that is meant: a counter measures one."""
    return run.rule.side is Side.NEITHER or (run.rule.side is Side.REVERSE and run.rule.kind is Kind.COUNTER)


def _spans(
    times_us: Sequence[int], values: Sequence[float], run: KindRun, corrected_us: Sequence[int], unit_before: int = 0
) -> tuple[list[Span], dict[int, Mark]]:
    """What the readings of a time with one kind of meter say was used."""
    if _is_silent(run):
        return [], {}
    if run.rule.kind is Kind.INTERVAL:
        spans, marks = book_interval(times_us, values, run.rule, corrected_us=corrected_us)
        return _finished(spans, run, ()), marks
    if run.rule.kind is Kind.COUNTER:
        spans, marks = book_counter(times_us, values, run.rule, unit_before=unit_before)
    else:
        spans, marks = book_gauge(times_us, values, run.rule)
    return _finished(spans, run, corrected_us), marks


def _finished(spans: list[Span], run: KindRun, corrected_us: Sequence[int]) -> list[Span]:
    """The spans as energy, those that a person has corrected marked so."""
    if corrected_us:
        spans = _tell_corrected(spans, corrected_us)
    if run.rule.kind is Kind.COUNTER:
        return multiplied(spans, run.rule)
    if run.from_us == OPEN_START_US and run.to_us == OPEN_END_US:
        return spans
    return [_within(span, run) for span in spans]


def _within(span: Span, run: KindRun) -> Span:
    """The span, no longer than the meter was of its kind: the periods of an interval meter end with it."""
    if run.from_us <= span.start_us and span.end_us <= run.to_us:
        return span
    start_us = max(min(span.start_us, run.to_us - 1), run.from_us)
    return span._replace(start_us=start_us, end_us=max(start_us + 1, min(span.end_us, run.to_us)))


def _tell_corrected(spans: Iterable[Span], corrected_us: Sequence[int]) -> list[Span]:
    """Mark the spans that begin at, end at or pass a corrected time."""
    told: list[Span] = []
    for span in spans:
        i = bisect_left(corrected_us, span.start_us)
        touched = i < len(corrected_us) and corrected_us[i] <= span.end_us
        told.append(span._replace(quality=span.quality | _CORRECTED) if touched else span)
    return told


@dataclass(frozen=True, slots=True)
class Readings:
    """Neighbouring readings of one meter, with the marks they had; whether there are none before or after."""

    times_us: Sequence[int]
    values: Sequence[float]
    marks: Mapping[int, Mark]
    reaches_start: bool
    reaches_end: bool
    corrected_us: Sequence[int] = ()
    """Times, in order, at which these readings are as a person has corrected them, withdrawn ones too."""
    unit_before: int = 0
    """Of a counter the unit in which its register was before these readings, as a power of a thousand of its own."""


@dataclass(frozen=True, slots=True)
class Rebooking:
    """What replaces the slots in [slots_from_us, slots_to_us) and the marks in (marks_after_us, marks_to_us].

    An end that is None is open.
    """

    booking: Booking
    slots_from_us: int | None
    slots_to_us: int | None
    marks_after_us: int | None
    marks_to_us: int | None
    unit_changed_from_us: int | None = None
    """From here on a counter's register is now seen in another unit than it was booked in: that is to be done, too."""


@dataclass(frozen=True, slots=True)
class NeedsMore:
    """The readings at hand do not reach far enough."""

    before: bool
    after: bool


def of_kept(rebooking: Rebooking, first_us: int) -> Rebooking:
    """Of a rebooking from the first reading at hand, before which others were dropped, what is after that one.

    What the dropped ones booked stays as it is.
    """
    if rebooking.slots_from_us is not None:
        return rebooking
    from_us, booking = hour_ceil_us(first_us), rebooking.booking
    slots = {slot: energy for slot, energy in booking.slots.items() if slot >= from_us}
    marks = {at_us: mark for at_us, mark in booking.marks.items() if at_us > first_us}
    return replace(
        rebooking, booking=Booking(slots, marks, booking.overfull), slots_from_us=from_us, marks_after_us=first_us
    )


def rebook(readings: Readings, rule: MeterRule, *, dirty_from_us: int, dirty_to_us: int) -> Rebooking | NeedsMore:
    """Book again what readings that are new or changed in [dirty_from_us, dirty_to_us) can have altered, and no more.

    Slots are booked again by whole hours, so that the sum of an hour needs no slot from elsewhere. Equals `book` over
    all readings of the meter, whatever the order in which they came.
    """
    done: list[Rebooking] = []
    for run in rule.by_kind():
        if run.to_us <= dirty_from_us or dirty_to_us <= run.from_us:
            continue
        outcome = _rebook_run(
            _during(readings, run),
            run,
            dirty_from_us=max(dirty_from_us, run.from_us),
            dirty_to_us=min(dirty_to_us, run.to_us),
        )
        if isinstance(outcome, NeedsMore):
            return outcome
        done.append(outcome)
    return done[0] if len(done) == 1 else _joined(done)


def _during(readings: Readings, run: KindRun) -> Readings:
    """Those of the readings that were taken while the meter was of one kind: others say nothing of them."""
    times_us = readings.times_us
    first, end = bisect_left(times_us, run.from_us), bisect_left(times_us, run.to_us)
    if first == 0 and end == len(times_us):
        return readings
    return replace(
        readings,
        times_us=times_us[first:end],
        values=readings.values[first:end],
        reaches_start=readings.reaches_start or first > 0,
        reaches_end=readings.reaches_end or end < len(times_us),
    )


def _joined(done: Sequence[Rebooking]) -> Rebooking:
    """The results of stretches that follow each other as one."""
    slots: dict[int, SlotEnergy] = {}
    marks: dict[int, Mark] = {}
    for each in done:
        slots |= each.booking.slots
        marks |= each.booking.marks
    booking = Booking(slots, marks, sum(each.booking.overfull for each in done))
    return Rebooking(
        booking,
        done[0].slots_from_us,
        done[-1].slots_to_us,
        done[0].marks_after_us,
        done[-1].marks_to_us,
        next((each.unit_changed_from_us for each in done if each.unit_changed_from_us is not None), None),
    )


def _rebook_run(readings: Readings, run: KindRun, *, dirty_from_us: int, dirty_to_us: int) -> Rebooking | NeedsMore:
    """Book again within a time with one kind of meter. A kind begins on a whole hour, so no hour holds two."""
    if run.rule.kind is Kind.INTERVAL:
        return _rebook_interval(readings, run, dirty_from_us, dirty_to_us)
    if run.rule.kind is Kind.COUNTER:
        return _rebook_counter(readings, run, dirty_from_us, dirty_to_us)
    return _rebook_gauge(readings, run, dirty_from_us, dirty_to_us)


def _rebook_counter(readings: Readings, run: KindRun, dirty_from_us: int, dirty_to_us: int) -> Rebooking | NeedsMore:
    """From a settled reading before what is new to one after it."""
    window = Window(
        readings.times_us,
        readings.values,
        run.rule,
        dirty_from_us=dirty_from_us,
        dirty_to_us=dirty_to_us,
        reaches_start=readings.reaches_start,
        reaches_end=readings.reaches_end,
    )
    found = window.recount(readings.marks, readings.unit_before)
    if isinstance(found, Lack):
        return NeedsMore(before=found.before, after=found.after)
    silent = _is_silent(run)
    booking = Booking() if silent else cut(_finished(found.spans, run, readings.corrected_us), found.marks)
    return _replacing(
        booking,
        run,
        slots_from_us=None if found.changed_from_us is None else hour_floor_us(found.changed_from_us),
        start_us=found.from_us,
        end_us=found.to_us,
        unit_changed=found.unit_changed,
    )


def _rebook_gauge(readings: Readings, run: KindRun, dirty_from_us: int, dirty_to_us: int) -> Rebooking | NeedsMore:
    """From a believed sample before what is new to one after it."""
    start = _window_start(readings, dirty_from_us)
    if start is None and not readings.reaches_start:
        return NeedsMore(before=True, after=False)
    first, slots_from_us = start if start is not None else (0, None)
    booking = cut(*_spans(readings.times_us[first:], readings.values[first:], run, readings.corrected_us))
    end = _window_end(readings, booking.marks, dirty_to_us)
    if end is None and not readings.reaches_end:
        return NeedsMore(before=False, after=True)
    return _replacing(
        booking,
        run,
        slots_from_us=slots_from_us,
        start_us=None if start is None else readings.times_us[first],
        end_us=None if end is None else readings.times_us[end],
    )


def _replacing(
    booking: Booking,
    run: KindRun,
    *,
    slots_from_us: int | None,
    start_us: int | None,
    end_us: int | None,
    unit_changed: bool = False,
) -> Rebooking:
    """What of a booking between two readings replaces what stood there; an end that is None is that of the kind."""
    run_from_us = None if run.from_us == OPEN_START_US else run.from_us
    run_to_us = None if run.to_us == OPEN_END_US else run.to_us
    slots_from_us = run_from_us if slots_from_us is None else slots_from_us
    slots_to_us = run_to_us if end_us is None else hour_floor_us(end_us)
    slots = {
        slot: energy
        for slot, energy in booking.slots.items()
        if (slots_from_us is None or slot >= slots_from_us) and (slots_to_us is None or slot < slots_to_us)
    }
    return Rebooking(
        Booking(slots, {at: m for at, m in booking.marks.items() if end_us is None or at <= end_us}, booking.overfull),
        slots_from_us,
        slots_to_us,
        marks_after_us=start_us if start_us is not None else _before(run_from_us),
        marks_to_us=end_us if end_us is not None else _before(run_to_us),
        unit_changed_from_us=end_us if unit_changed else None,
    )


def _before(moment_us: int | None) -> int | None:
    return None if moment_us is None else moment_us - 1


def _rebook_interval(readings: Readings, run: KindRun, dirty_from_us: int, dirty_to_us: int) -> Rebooking | NeedsMore:
    """The periods of the dirty readings and of those that may overlap them are done again."""
    longest_us = run.rule.longest_interval_us
    before_us, after_us = reach_us(run.rule)
    slots_from_us = max(hour_floor_us(dirty_from_us - before_us), run.from_us)
    slots_to_us = min(hour_ceil_us(dirty_to_us + after_us), run.to_us)
    # The hours are booked again as a whole, so every reading whose period reaches into them must be at hand, and those
    # that may overlap it.
    times_us = readings.times_us
    if not readings.reaches_start and not (times_us and times_us[0] <= slots_from_us - 2 * longest_us):
        return NeedsMore(before=True, after=False)
    if not readings.reaches_end and not (times_us and times_us[-1] >= slots_to_us + 2 * longest_us):
        return NeedsMore(before=False, after=True)
    booking = cut(*_spans(readings.times_us, readings.values, run, readings.corrected_us))
    slots = {slot: energy for slot, energy in booking.slots.items() if slots_from_us <= slot < slots_to_us}
    marks_from_us, marks_to_us = max(dirty_from_us - longest_us, run.from_us), min(dirty_to_us + longest_us, run.to_us)
    marks = {at: mark for at, mark in booking.marks.items() if marks_from_us <= at < marks_to_us}
    return Rebooking(
        Booking(slots, marks, booking.overfull), slots_from_us, slots_to_us, marks_from_us - 1, marks_to_us - 1
    )


def _window_start(readings: Readings, dirty_from_us: int) -> tuple[int, int] | None:
    """Index from which to book, and the first slot that may change; None if the readings at hand do not tell."""
    slots_from_us: int | None = None
    for i in range(bisect_left(readings.times_us, dirty_from_us) - 1, -1, -1):
        at_us = readings.times_us[i]
        if at_us in readings.marks:
            continue
        if slots_from_us is None:
            slots_from_us = hour_floor_us(at_us)
        if at_us <= slots_from_us:
            return i, slots_from_us
    return None


def _window_end(readings: Readings, marks: Mapping[int, Mark], dirty_to_us: int) -> int | None:
    """Index of the sample from which on nothing changes: believed before and now. None if there is none."""
    slots_to_us: int | None = None
    for i in range(bisect_left(readings.times_us, dirty_to_us), len(readings.times_us)):
        at_us = readings.times_us[i]
        if at_us in readings.marks or at_us in marks:
            continue
        if slots_to_us is None:
            slots_to_us = hour_ceil_us(at_us)
        if at_us >= slots_to_us:
            return i
    return None
