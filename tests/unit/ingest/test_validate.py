"""Only readings of a registered meter of the sending gateway, finite and of a possible time, may be stored."""

from datetime import UTC, datetime, timedelta

import pytest

from services.core.calendar import to_us
from services.ingest.message import Checked, Decoded, UnreadableMessage
from services.ingest.validate import KnownMeter, KnownRegistry, check

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


def test_message_of_an_unknown_gateway_is_rejected_whole() -> None:
    with pytest.raises(UnreadableMessage) as rejected:
        check(Decoded("GW9", 5, [], [], []), KNOWN, now_us=to_us(NOW))
    assert (rejected.value.code, rejected.value.seq) == ("unknown_gateway", 5)
