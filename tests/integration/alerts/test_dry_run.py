"""A rule tried over the past: what it would have fired, with hold time, end and continuation."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from psycopg import Connection

from services.alerts.observe.dry_run import DryRunError, would_have_fired
from services.core.calendar import SHANGHAI
from tests.integration.judged import Plant
from tests.integration.line import Line
from tests.integration.observing import SHIPPED, TABLES, connected, rule
from tests.integration.registered import Registered

START = datetime(2026, 3, 1, tzinfo=SHANGHAI)
A_DAY = timedelta(days=1)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with connected(database_url) as connection:
        yield connection


def data_centre(registered: Registered, line: Line, pues: Sequence[float | None]) -> str:
    """A data centre with this PUE on each day of March; None: a day without readings."""
    plant = Plant(registered, line, unit={"process": "data_centre"}, trade="data_centre")
    total = registered.meter(unit_code=plant.unit, gateway_code=plant.gateway, **DAILY)
    it_load = registered.meter(unit_code=plant.unit, gateway_code=plant.gateway, **DAILY | {"flow": "it_load"})
    for number, pue in enumerate(pues):
        if pue is not None:
            at = START + number * A_DAY
            line.send(plant.gateway, [(total, at, 1000 * pue), (it_load, at, 1000.0)])
    line.roll_up()
    return plant.unit


DAILY: dict[str, Any] = {"kind": "interval", "interval_s": 86_400}


def days(connection: Connection, number: int, **given: Any) -> list[tuple[int, int | None, int]]:
    """Day of March on which each alert would have fired and ended, and how often it was continued."""
    found = would_have_fired(connection, TABLES, rule(**given), START, START + number * A_DAY)
    return [
        (
            (each.fired_at - START).days,
            None if each.resolved_at is None else (each.resolved_at - START).days,
            each.reopened,
        )
        for each in found
    ]


@pytest.mark.store
def test_a_breach_fires_at_the_end_of_its_day_and_ends_with_the_first_day_in_order(
    registered: Registered, line: Line, connection: Connection
) -> None:
    unit = data_centre(registered, line, [1.2, 1.42, 1.42, 1.2, 1.2, 1.5])
    window = {"reopen_window_s": 0}
    assert days(connection, 6, **window) == [(2, 4, 0), (6, None, 0)]
    (first, _) = would_have_fired(connection, TABLES, rule(**window), START, START + 6 * A_DAY)
    assert (first.observation.subject_code, first.observation.value) == (unit, 1.42)
    assert first.observation.evidence["numerator"]["value"] == 1420.0


def test_the_hold_time_must_pass_and_a_day_that_cannot_be_judged_neither_fires_nor_ends(
    registered: Registered, line: Line, connection: Connection
) -> None:
    data_centre(registered, line, [1.42, 1.2, 1.42, 1.42, 1.42, None, 1.42, 1.2])
    two_days = {"hold_s": 172_800}
    # the first is over before; that of the 3rd to the 5th fires at the end of the 5th
    assert days(connection, 8, **two_days) == [(5, 8, 0)]


def test_a_breach_within_the_window_continues_the_same_alert(
    registered: Registered, line: Line, connection: Connection
) -> None:
    data_centre(registered, line, [1.42, 1.2, 1.42, 1.2, 1.2, 1.2])
    assert days(connection, 6, reopen_window_s=172_800) == [(1, 4, 1)]


def test_between_limit_and_hysteresis_an_alert_goes_on(
    registered: Registered, line: Line, connection: Connection
) -> None:
    data_centre(registered, line, [1.42, 1.295, 1.295, 1.28])
    assert days(connection, 4, clear={"margin": 0.01}) == [(1, 4, 0)]


def test_a_range_that_cannot_be_tried_is_refused_with_the_reason(connection: Connection) -> None:
    with pytest.raises(DryRunError, match="the end must lie after the start"):
        would_have_fired(connection, TABLES, rule(), START, START)
    with pytest.raises(DryRunError, match="400 days are too long: at most 366"):
        would_have_fired(connection, TABLES, rule(), START, START + 400 * A_DAY)
    with pytest.raises(DryRunError, match="at most 7 for period hour"):
        would_have_fired(connection, TABLES, rule(period="hour"), START, START + 30 * A_DAY)
    with pytest.raises(DryRunError, match="known of the moment only"):
        would_have_fired(connection, TABLES, SHIPPED["gateway_silent"], START, START + A_DAY)
