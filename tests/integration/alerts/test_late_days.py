"""Days of breach count as the days they are, in whatever order and however late their readings come."""

from datetime import datetime, timedelta

import pytest

from services.core.calendar import SHANGHAI
from tests.integration.judged import Plant
from tests.integration.line import Line
from tests.integration.watched import INPUT, LOAD, PUE, Service, Watch

pytestmark = pytest.mark.store

THREE_DAYS = PUE | {"slug": "pue_days", "hold_s": 2 * 86_400}
"""Fires at the end of the third day in a row."""


def morning(day: int) -> datetime:
    """Ten in the morning of a day of March."""
    return datetime(2026, 3, day, 10, tzinfo=SHANGHAI)


def used(centre: Plant, line: Line, day: int, pue: float) -> None:
    """The readings of a day of March arrive."""
    centre.uses(f"2026-03-{day:02}", f"2026-03-{day + 1:02}", {INPUT: pue * 1000.0, LOAD: 1000.0})
    line.roll_up()


@pytest.mark.parametrize("order", [(10, 11, 12), (12, 11, 10), (11, 12, 10)])
def test_three_days_that_arrive_late_fire_at_once(
    watch: Watch, alerts: Service, centre: Plant, line: Line, order: tuple[int, ...]
) -> None:
    watch.rule(THREE_DAYS)
    for number, day in enumerate(order):
        assert watch.events() == []
        used(centre, line, day, 1.42)
        alerts.look(morning(13) + timedelta(minutes=number))
    assert watch.events() == ["fired"]
    assert watch.detail("fired") == [{"breach_since": "2026-03-10T16:00:00+00:00"}]


def test_days_that_arrive_in_time_fire_on_the_third(watch: Watch, alerts: Service, centre: Plant, line: Line) -> None:
    watch.rule(THREE_DAYS)
    for day, events in ((10, []), (11, []), (12, ["fired"])):
        used(centre, line, day, 1.42)
        alerts.look(morning(day + 1))
        assert watch.events() == events


@pytest.mark.parametrize("gap", [1.2, None])
def test_a_day_in_order_or_without_readings_breaks_the_row(
    watch: Watch, alerts: Service, centre: Plant, line: Line, gap: float | None
) -> None:
    watch.rule(THREE_DAYS)
    for day in (9, 10, 12):
        used(centre, line, day, 1.42)
    if gap is not None:
        used(centre, line, 11, gap)
    alerts.look(morning(13))
    assert watch.events() == []
    for day in (13, 14):
        used(centre, line, day, 1.42)
        alerts.look(morning(day + 1))
    assert watch.detail("fired") == [{"breach_since": "2026-03-12T16:00:00+00:00"}]


def test_a_hold_time_shorter_than_the_period_begins_when_the_breach_is_seen(
    watch: Watch, alerts: Service, centre: Plant, line: Line
) -> None:
    watch.rule(PUE | {"hold_s": 600})
    used(centre, line, 10, 1.42)
    alerts.look(morning(11))
    assert watch.events() == []
    alerts.look(morning(11) + timedelta(minutes=10))
    assert watch.events() == ["fired"]
