"""A value says so where it stands on meters that were there for a part of its period only."""

from datetime import date, datetime

import pytest

from services.core.calendar import SHANGHAI, start_of_day
from services.core.frame import PeriodLength, frame
from services.core.meter import Flow
from services.core.reason import About, reason_text
from services.energy.by_subject import Elapsed, Subject, Sums
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.kinds import Ratio
from services.judging.indicators.terms import Term
from tests.unit.judging.indicators.factories import measured, ratio

UNIT = Subject(unit=1)
START, END = date(2025, 1, 1), date(2026, 1, 1)
LATER = datetime(2026, 11, 20, 9, tzinfo=SHANGHAI)


def elapsed(
    from_day: date, to_day: date = END, *, since: date | None = None, now: datetime = LATER, subject: Subject = UNIT
) -> Elapsed:
    """Of the year 2025, with a meter from one day up to another."""
    year = frame(start_of_day(START), start_of_day(END), PeriodLength.YEAR)
    sums = Sums(year)
    sums.expect(UNIT, ("electricity", Flow.INPUT), start_of_day(from_day), start_of_day(to_day), 1, now)
    return sums.elapsed([subject], year.periods[0], now=now, since=since)


def reasons(of: Ratio, over: Elapsed) -> tuple[tuple[str, str], ...]:
    return Evaluated(start_of_day(START), start_of_day(END), of, elapsed=over).reasons_of_part


PUE = ratio("pue", measured({("electricity", "input"): "130", ("electricity", "it_load"): "100"}))


@pytest.mark.parametrize(
    ("over", "told"),
    [
        pytest.param(elapsed(START), (), id="metered throughout"),
        pytest.param(elapsed(date(2025, 7, 1)), (("part_of_period", "0.5041"),), id="metered from the middle"),
        pytest.param(elapsed(date(2025, 12, 23)), (("part_of_period", "0.0247"),), id="metered for nine days"),
        pytest.param(elapsed(START, date(2025, 7, 1)), (("part_of_period", "0.4959"),), id="metered up to the middle"),
        pytest.param(
            elapsed(date(2025, 7, 1), since=date(2025, 7, 1)), (), id="commissioned in the middle, metered since"
        ),
        pytest.param(
            elapsed(date(2025, 10, 1), since=date(2025, 7, 1)),
            (("part_of_period", "0.5000"),),
            id="metered later",
        ),
        pytest.param(elapsed(date(2025, 6, 1), since=date(2025, 7, 1)), (), id="metered before it was commissioned"),
        pytest.param(elapsed(START, since=date(2015, 6, 1)), (), id="commissioned long before"),
    ],
)
def test_the_share_is_that_of_the_time_in_which_the_unit_was_in_operation(
    over: Elapsed, told: tuple[tuple[str, str], ...]
) -> None:
    assert PUE.value is not None
    assert reasons(PUE, over) == told


def test_what_is_still_to_come_of_a_period_is_missed_by_nobody() -> None:
    noon = datetime(2025, 1, 5, 12, tzinfo=SHANGHAI)
    assert elapsed(START, date(2025, 1, 6), now=noon).metered_share == 1.0
    # registered today: half a day of four and a half
    assert elapsed(date(2025, 1, 5), date(2025, 1, 6), now=noon).metered_share == pytest.approx(1 / 9)
    assert elapsed(START, now=datetime(2024, 12, 31, tzinfo=SHANGHAI)).metered_share == 1.0


def test_several_together_are_metered_as_long_as_the_longest_of_them() -> None:
    metered_for_nine_days = elapsed(date(2025, 12, 23))
    new = elapsed(date(2025, 12, 27), since=date(2025, 12, 27))
    assert new.metered_share == 1.0
    # that the new one has all its time does not hide how little there is of the other
    assert new.longer(metered_for_nine_days).metered_share == pytest.approx(9 / 365)
    assert metered_for_nine_days.longer(elapsed(START)).metered_share == 1.0


def test_where_nothing_was_measured_there_is_nothing_to_say_of_the_period() -> None:
    nothing = elapsed(START, subject=Subject(unit=2))
    assert nothing.metered_share == 0.0
    assert reasons(ratio("pue", measured({("electricity", "input"): "130"})), nothing) == ()
    reported = Ratio(PUE.value, Term(PUE.numerator.value), Term(PUE.denominator.value), None, ())
    assert reasons(reported, nothing) == ()


def test_the_reason_stands_once_and_reads_in_both_languages() -> None:
    judged_by_it = Ratio(PUE.value, PUE.numerator, PUE.denominator, 1.0, (("part_of_period", "0.5041"),))
    assert reasons(judged_by_it, elapsed(date(2025, 7, 1))) == ()
    assert reason_text(About.VERDICT, "part_of_period", of="0.0247") == (
        "meters were registered for only 0.0247 of the period",
        "本期仅 0.0247 的时间登记了计量点",
    )
