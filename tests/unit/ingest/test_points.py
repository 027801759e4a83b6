"""Values of points become readings of their meters, exactly; the others are held or counted, and none is lost."""

from fractions import Fraction
from typing import Any

import pytest

from services.core.calendar import OPEN_START_US
from services.ingest.foreign import Foreign, StandsFor
from services.ingest.message import Decoded, HeldValue, Rejection, Why
from services.ingest.points import GatewayPoints, KnownPoint, MeterUnit, to_meters

AT = 1_795_132_800_000_000
HOUR = 3_600_000_000
KWH = (MeterUnit(OPEN_START_US, "kWh"),)
HOURLY = (MeterUnit(OPEN_START_US, "kWh", HOUR),)


def point(*terms: MeterUnit, unit: str = "", factor: str = "1") -> KnownPoint:
    return KnownPoint("E01", terms or KWH, unit, Fraction(factor))


def decoded(known: KnownPoint | None, value: float = 4500.3, *, accept_flags: bool = False, **said: Any) -> Decoded:
    points = GatewayPoints({} if known is None else {"p": known}, frozenset({"off"}), ("status.*", "?x"))
    foreign = Foreign("GW1", None, ["p"], [AT], [value], **said)
    return to_meters(foreign, {"GW1": points}, accept_flags=accept_flags)


def test_point_in_the_unit_of_its_meter_is_its_reading() -> None:
    read = decoded(point())
    assert (read.meters, read.times_us, read.values) == (["E01"], [AT], [4500.3])
    assert (read.beside.counts, read.beside.held) == ({"good": 1}, ())


@pytest.mark.parametrize(
    ("unit", "factor", "said", "value", "reading"),
    [
        ("Wh", "1", "", 4500.3, 4.5003),
        ("", "1", "Wh", 4500.3, 4.5003),
        ("MWh", "1", "Wh", 0.1, 100.0),
        ("万千瓦时", "1", "", 1.23, 12300.0),
        ("", "0.01", "", 8123340.0, 81233.4),
        ("MJ", "0.1", "", 36.0, 1.0),
        ("", "-1", "", 7.0, -7.0),
    ],
)
def test_units_and_factors_are_reckoned_as_written(
    unit: str, factor: str, said: str, value: float, reading: float
) -> None:
    read = decoded(point(unit=unit, factor=factor), value, units=[said])
    assert read.values == [reading]


def test_unit_of_the_meter_is_that_of_the_time() -> None:
    terms = (MeterUnit(OPEN_START_US, "kWh"), MeterUnit(AT + 1, "MWh"))
    assert decoded(point(*terms, unit="kWh")).values == [4500.3]
    assert decoded(point(terms[0], terms[1]._replace(from_us=AT), unit="kWh")).values == [4.5003]


def test_unit_that_measures_something_else_is_rejected_with_both() -> None:
    read = decoded(point(), units=["m3"])
    (refused,) = read.rejected
    assert (refused.meter, refused.ts, refused.code) == ("E01", AT // 1000, "unit_mismatch")
    assert "'m3' and 'kWh' do not measure the same" in refused.detail


@pytest.mark.parametrize(
    ("stamp", "stands_for", "at"),
    [
        ("start", StandsFor.END, AT - HOUR),
        ("start", StandsFor.START, AT),
        ("start", StandsFor.MOMENT, AT),
        ("end", StandsFor.END, AT),
        ("end", StandsFor.START, AT + HOUR),
    ],
)
def test_time_of_a_period_is_the_end_that_the_meter_is_stamped_with(stamp: str, stands_for: StandsFor, at: int) -> None:
    terms = (HOURLY[0]._replace(stamp=stamp),)
    assert decoded(point(*terms), stands_for=stands_for).times_us == [at]
    assert decoded(point(), stands_for=stands_for).times_us == [AT], "a register has no period"


def test_period_without_its_time_is_rejected_and_a_register_is_not() -> None:
    (refused,) = decoded(point(*HOURLY), flags=["received"]).rejected
    assert refused.code == "ts_of_arrival"
    taken = decoded(point(), flags=["received"])
    assert (taken.values, taken.beside.counts) == ([4500.3], {"received": 1})


@pytest.mark.parametrize("flag", ["manual", "stopped", "maintenance", "fault", "bad"])
def test_value_that_is_not_good_is_held_beside_and_taken_when_a_person_says_so(flag: str) -> None:
    read = decoded(point(), flags=[flag])
    assert (read.meters, read.beside.counts) == ([], {flag: 1})
    assert read.beside.held == [HeldValue("p", AT, 4500.3, "", flag, "moment", Why.FLAG)]
    assert decoded(point(), flags=[flag], accept_flags=True).values == [4500.3]


def test_unknown_point_is_held_with_what_the_message_said() -> None:
    read = decoded(None, units=["kWh"])
    assert read.beside.held == [HeldValue("p", AT, 4500.3, "kWh", "", "moment", Why.UNKNOWN_POINT)]
    assert read.beside.counts == {"good": 1, "unknown_point": 1}


@pytest.mark.parametrize(("value", "at", "reason"), [(float("nan"), AT, "not_a_number"), (1.0, -1, "ts_out_of_range")])
def test_what_cannot_be_held_is_counted(value: float, at: int, reason: str) -> None:
    read = to_meters(Foreign("GW1", None, ["p"], [at], [value]), {})
    assert (read.beside.held, read.beside.counts) == ([], {"good": 1, "unknown_point": 1, reason: 1})
    assert [(each.meter, each.value, each.code) for each in read.beside.unread] == [("p", repr(value), reason)]


@pytest.mark.parametrize("name", ["off", "status.1", "status.", "ax"])
def test_ignored_points_are_counted_and_no_more(name: str) -> None:
    points = {"GW1": GatewayPoints({}, frozenset({"off"}), ("status.*", "?x"))}
    read = to_meters(Foreign("GW1", None, [name], [AT], [1.0]), points)
    assert (read.beside.held, read.beside.counts, read.meters) == ([], {"ignored_point": 1}, [])


def test_unreadable_value_is_rejected_of_a_meter_and_told_of_an_unknown_point() -> None:
    bad = [Rejection(name, "x", "1", "ts_unreadable", "no time") for name in ("p", "off", "q")]
    read = decoded(point(), rejected=bad, dropped={"skipped": 2})
    assert [(each.meter, each.code) for each in read.rejected] == [("E01", "ts_unreadable")]
    assert read.beside.counts == {"skipped": 2, "ts_unreadable": 2, "ignored_point": 1, "good": 1}
    assert read.beside.unread == [bad[2]]


def test_only_points_of_the_gateway_itself_are_looked_at() -> None:
    read = to_meters(Foreign("GW2", None, ["p"], [AT], [1.0]), {"GW1": GatewayPoints({"p": point()})})
    assert read.meters == []
