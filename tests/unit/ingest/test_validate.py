"""Only readings of a registered meter of the sending gateway, finite and of a possible time, may be stored."""

from datetime import UTC, datetime, timedelta

import pytest

from services.core.calendar import OPEN_START_US, to_us
from services.ingest.message import Checked, Decoded, UnreadableMessage
from services.ingest.validate import GatewayFrom, KnownMeter, KnownRegistry, check

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
KNOWN = KnownRegistry({"E01": KnownMeter(7, "GW1"), "X01": KnownMeter(8, "GW2")}, frozenset({"GW1", "GW2"}))


def checked(meter: str, at: datetime, value: float) -> Checked:
    return check(Decoded("GW1", 1, [meter], [to_us(at)], [value]), KNOWN, now_us=to_us(NOW))


def test_good_reading_is_taken_with_the_number_of_its_meter() -> None:
    taken = checked("E01", NOW, 1.5)
    assert (taken.meter_ids, taken.times_us, taken.values, list(taken.rejected)) == ([7], [to_us(NOW)], [1.5], [])


@pytest.mark.parametrize(
    ("meter", "at", "value", "code"),
    [
        ("nobody", NOW, 1.0, "unknown_meter"),
        ("X01", NOW, 1.0, "meter_of_another_gateway"),
        ("E01", NOW, float("nan"), "not_a_number"),
        ("E01", NOW, float("inf"), "infinite"),
        ("E01", NOW, float("-inf"), "infinite"),
        ("E01", NOW + timedelta(minutes=10, microseconds=1), 1.0, "ts_in_future"),
        ("E01", datetime(1999, 12, 31, 23, 59, tzinfo=UTC), 1.0, "ts_out_of_range"),
    ],
)
def test_others_are_rejected_by_name(meter: str, at: datetime, value: float, code: str) -> None:
    taken = checked(meter, at, value)
    assert taken.meter_ids == []
    assert [r.code for r in taken.rejected] == [code]


def test_ten_minutes_ahead_and_six_months_old_are_taken() -> None:
    assert checked("E01", NOW + timedelta(minutes=10), 1.0).meter_ids == [7]
    assert checked("E01", NOW - timedelta(days=183), 1.0).meter_ids == [7]


def since(day: datetime | None, at: datetime, *, keeps_days: int | None = None, believe_old: bool = False) -> Checked:
    """What becomes of a reading of a meter that is in use since that day."""
    meter = KnownMeter(7, "GW1", None if day is None else to_us(day))
    known = KnownRegistry({"E01": meter}, frozenset({"GW1"}), {} if keeps_days is None else {"GW1": keeps_days})
    return check(Decoded("GW1", 1, ["E01"], [to_us(at)], [1.0]), known, now_us=to_us(NOW), believe_old=believe_old)


IN_USE = datetime(2025, 12, 31, 16, tzinfo=UTC)


def test_a_clock_that_fell_back_is_held_and_says_since_when_the_meter_is_in_use() -> None:
    (held,) = since(IN_USE, datetime(2000, 1, 10, tzinfo=UTC)).rejected
    assert held.code == "ts_too_old"
    assert held.detail.startswith("ts is more than three years before the meter is in use (2026-01-01): held")


def test_three_years_of_history_before_the_first_day_are_taken() -> None:
    assert since(IN_USE, IN_USE - timedelta(days=1096)).meter_ids == [7]
    assert since(IN_USE, IN_USE - timedelta(days=1096, microseconds=1)).meter_ids == []


def test_a_meter_of_which_no_first_day_is_known_takes_twenty_years() -> None:
    assert since(None, NOW - timedelta(days=7305)).meter_ids == [7]
    (held,) = since(None, NOW - timedelta(days=7305, microseconds=1)).rejected
    assert held.detail.startswith("ts is older than what the gateway can have kept (since 2006-11-21): held")


def test_what_a_gateway_keeps_says_how_old_its_readings_can_be() -> None:
    assert since(IN_USE, NOW - timedelta(days=201), keeps_days=200).meter_ids == []
    assert since(IN_USE, NOW - timedelta(days=199), keeps_days=200).meter_ids == [7]
    assert since(datetime(2001, 1, 1, tzinfo=UTC), datetime(2001, 3, 1, tzinfo=UTC), keeps_days=10_000).meter_ids == [7]


def test_what_a_person_says_is_right_is_taken_whatever_its_age() -> None:
    assert since(IN_USE, datetime(2000, 1, 10, tzinfo=UTC), believe_old=True).meter_ids == [7]
    (refused,) = since(IN_USE, datetime(1999, 1, 10, tzinfo=UTC), believe_old=True).rejected
    assert refused.code == "ts_out_of_range"


def test_one_held_reading_takes_no_other_of_its_message_with_it() -> None:
    known = KnownRegistry({"E01": KnownMeter(7, "GW1", to_us(IN_USE))}, frozenset({"GW1"}))
    times_us = [to_us(NOW), to_us(datetime(2000, 1, 10, tzinfo=UTC))]
    taken = check(Decoded("GW1", 1, ["E01", "E01"], times_us, [1.0, 2.0]), known, now_us=to_us(NOW))
    assert taken.times_us == [to_us(NOW)]
    assert [r.code for r in taken.rejected] == ["ts_too_old"]


def test_message_of_an_unknown_gateway_is_rejected_whole() -> None:
    with pytest.raises(UnreadableMessage) as rejected:
        check(Decoded("GW9", 5, [], [], []), KNOWN, now_us=to_us(NOW))
    assert (rejected.value.code, rejected.value.seq) == ("unknown_gateway", 5)


SWAPPED = NOW - timedelta(hours=1)
HANDED_ON = KnownRegistry(
    {
        "E01": KnownMeter(7, "GW2", since_us=to_us(SWAPPED), before=(GatewayFrom(OPEN_START_US, "GW1"),)),
        "E02": KnownMeter(8, "GW2"),
    },
    frozenset({"GW1", "GW2", "GW3"}),
)


@pytest.mark.parametrize(
    ("gateway", "at", "taken"),
    [
        ("GW1", SWAPPED - timedelta(microseconds=1), True),
        ("GW1", SWAPPED, False),
        ("GW2", SWAPPED, True),
        ("GW2", SWAPPED - timedelta(microseconds=1), False),
        ("GW3", SWAPPED, False),
    ],
)
def test_a_reading_is_taken_from_the_gateway_that_had_the_meter_at_its_time(
    gateway: str, at: datetime, taken: bool
) -> None:
    for others in ([], [("E02", NOW)] if gateway == "GW2" else []):
        sent = [*others, ("E01", at)]
        decoded = Decoded(gateway, 1, [m for m, _ in sent], [to_us(t) for _, t in sent], [1.0] * len(sent))
        found = check(decoded, HANDED_ON, now_us=to_us(NOW))
        assert (7 in found.meter_ids) == taken
        assert [r.code for r in found.rejected] == ([] if taken else ["meter_of_another_gateway"])
        assert all(("for this time" in r.detail) == (gateway != "GW3") for r in found.rejected)


def test_an_old_reading_of_a_meter_that_the_gateway_always_had_is_taken_beside_one_that_it_got() -> None:
    decoded = Decoded("GW2", 1, ["E02", "E01"], [to_us(SWAPPED - timedelta(days=9)), to_us(NOW)], [1.0, 2.0])
    assert check(decoded, HANDED_ON, now_us=to_us(NOW)).meter_ids == [8, 7]
