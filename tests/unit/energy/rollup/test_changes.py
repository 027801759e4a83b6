"""What is written of a booking is what differs, and sums gain exactly the difference, however great."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.core.calendar import DAY_US, HOUR_US, SHANGHAI, SLOT_US, Grain, floor, from_us, to_us
from services.core.meter import MOST_PER_SLOT_PICO
from services.energy.rollup.changes import Gains, Periods, after, changes, hours_of

T0 = to_us(datetime(2026, 1, 31, 22, 0, tzinfo=SHANGHAI))
Row = tuple[int, int, int, int]
"""Account, quantity, seconds, quality."""
Slots = dict[tuple[int, int], Row]

ROWS = st.tuples(
    st.integers(1, 2), st.integers(-MOST_PER_SLOT_PICO, MOST_PER_SLOT_PICO), st.integers(0, 900), st.integers(0, 63)
)
SLOTS = st.dictionaries(st.tuples(st.sampled_from([-3, 1, 2]), st.integers(0, 16)), ROWS, max_size=20)


def periods(slots: Slots) -> Periods:
    rows = [(m, T0 + i * SLOT_US, a, q, s, 1, bits) for (m, i), (a, q, s, bits) in sorted(slots.items())]
    return (
        Periods(*(np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))) if rows else Periods.none()
    )


def slots_of(found: Periods) -> Slots:
    return {
        (m, (at - T0) // SLOT_US): (a, q, s, bits) for m, at, a, q, s, _, bits in zip(*map(list, found), strict=True)
    }


def one_account(slots: Slots) -> Slots:
    """The same with the account of its hour."""
    return {(m, i): (1 + (i // 4) % 2, *rest) for (m, i), (_, *rest) in slots.items()}  # type: ignore[misc]


@given(SLOTS, SLOTS, st.sets(st.sampled_from([-3, 1, 2])))
def test_what_stands_after_the_changes_is_what_was_booked_and_what_may_stay(
    booked: Slots, kept: Slots, whole: set[int]
) -> None:
    rows = periods(kept)
    done = changes(periods(booked), rows, np.isin(rows.meter_id, list(whole)))
    staying = {key: row for key, row in kept.items() if key[0] not in whole}
    assert slots_of(after(rows, done)) == staying | booked
    assert slots_of(done.added) == {key: row for key, row in booked.items() if key not in kept}
    assert slots_of(done.changed) == {key: row for key, row in booked.items() if kept.get(key, row) != row}
    assert slots_of(done.before) == {key: kept[key] for key in slots_of(done.changed)}
    assert set(slots_of(done.gone)) == {key for key in kept if key[0] in whole and key not in booked}


@given(SLOTS)
def test_an_hour_is_the_sum_of_its_slots(slots: Slots) -> None:
    slots = one_account(slots)
    found = hours_of(periods(slots))
    expected: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for (meter_id, i), (_, quantity, seconds, quality) in slots.items():
        hour = expected[meter_id, T0 + i * SLOT_US - (T0 + i * SLOT_US) % HOUR_US]
        hour[:] = [hour[0] + quantity, hour[1] + seconds, hour[2] + 1, hour[3] | quality]
    assert {(m, at): [q, s, n, bits] for m, at, _, q, s, n, bits in zip(*map(list, found), strict=True)} == expected


def of_day(at_us: int) -> int:
    return to_us(floor(from_us(at_us), Grain.DAY))


def of_month(at_us: int) -> int:
    return to_us(floor(from_us(at_us), Grain.MONTH))


@given(SLOTS, SLOTS)
def test_sums_gain_what_is_more_and_lose_what_is_less(booked: Slots, kept: Slots) -> None:
    rows = periods(kept)
    done = changes(periods(booked), rows, np.full(len(rows), True))
    gains = done.gains()
    for told, start in ((gains.by_day(), of_day), (gains.by_month(), of_month)):
        assert quantities(told.telling()) == expected(booked, kept, start)
        # Also of what gains nothing, so that who copies days and months learns of it.
        assert quantities(told).keys() == {
            (meter_id, account_id, start(int(at_us)))
            for each in (done.added, done.changed, done.before, done.gone)
            for meter_id, at_us, account_id, *_ in zip(*map(list, each), strict=True)
        }
    assert sum(quantities(gains.by_account()).values()) == total(booked) - total(kept)


def expected(booked: Slots, kept: Slots, start: Callable[[int], int]) -> dict[tuple[int, int, int], int]:
    sums: dict[tuple[int, int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for sign, slots in ((1, booked), (-1, kept)):
        for (meter_id, i), (account_id, quantity, seconds, _) in slots.items():
            found = sums[meter_id, account_id, start(T0 + i * SLOT_US)]
            found[:] = [found[0] + sign * quantity, found[1] + sign * seconds, found[2] + sign]
    return {key: quantity for key, (quantity, *rest) in sums.items() if quantity or any(rest)}


def quantities(gains: Gains) -> dict[tuple[int, int, int], int]:
    rows = zip(*(column.tolist() for column in gains), strict=True)
    return {(owner, account, at): high * 2**32 + low for owner, account, at, high, low, _, _ in rows}


def total(slots: Slots) -> int:
    return sum(quantity for _, quantity, _, _ in slots.values())


def test_a_sum_that_no_64_bits_hold_is_exact() -> None:
    day = {(1, i): (1, MOST_PER_SLOT_PICO, 900, 0) for i in range(-88, 8)}
    gains = changes(periods(day), Periods.none(), np.zeros(0, dtype=bool)).gains().by_day()
    assert sum(quantities(gains).values()) == 96 * MOST_PER_SLOT_PICO > 2**63
    assert {at % DAY_US for at in gains.start_us.tolist()} == {16 * HOUR_US}
