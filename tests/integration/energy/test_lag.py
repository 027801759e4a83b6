"""What waits to be booked is told by gateway, as it is when it is asked for."""

from datetime import UTC, datetime, timedelta

import pytest

from services.energy.rollup.lag import LagCollector
from tests.integration.line import Line, rolling_up
from tests.integration.registered import Registered

pytestmark = pytest.mark.store

LATE = datetime(2026, 3, 1, tzinfo=UTC)


def told(database_url: str) -> dict[str, dict[str, float]]:
    """By metric and gateway; none where it is not of a gateway."""
    return {
        family.name: {sample.labels.get("gateway", "none"): sample.value for sample in family.samples}
        for family in LagCollector(database_url).collect()
    }


def test_slots_that_wait_and_for_how_long_are_told_by_gateway(
    line: Line, registered: Registered, database_url: str
) -> None:
    owner = registered.enterprise()
    one, other = (registered.gateway(owner) for _ in range(2))
    meters = {gateway: registered.meter(owner, gateway_code=gateway, kind="interval") for gateway in (one, other)}
    with rolling_up(database_url) as rollup:
        while rollup.once():
            pass
    line.send(one, [(meters[one], LATE + timedelta(hours=i), 1.0) for i in range(3)])
    line.send(other, [(meters[other], datetime.now(UTC), 1.0)])
    waiting = told(database_url)
    assert waiting["enermon_rollup_waiting_slots"] == {one: 3, other: 1}
    seconds = waiting["enermon_rollup_waiting_seconds"]
    assert list(seconds) == [one, other]
    assert 0 <= seconds[other] < seconds[one] < 600
    with rolling_up(database_url) as rollup:
        while rollup.once():
            pass
    rest = told(database_url)
    assert abs(rest.pop("enermon_clock_offset_seconds")["none"]) < 1
    assert rest == {"enermon_rollup_waiting_seconds": {}, "enermon_rollup_waiting_slots": {}}


def test_without_its_database_nothing_is_told() -> None:
    assert told("postgresql://127.0.0.1:9/none") == {}
