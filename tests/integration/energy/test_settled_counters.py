"""What a person settles of a counter through the API is what is booked."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from tests.integration.line import Line
from tests.integration.registered import Registered

pytestmark = pytest.mark.store

START = datetime(2026, 10, 5, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)
DAYS = {"start": "2026-10-05", "end": "2026-10-08"}


class Counted:
    """A counter of an hour that uses 2 kWh in each, but for what a test tells of it."""

    def __init__(self, client: TestClient, line: Line, registered: Registered, values: list[float]) -> None:
        self._client, self._line = client, line
        enterprise = registered.enterprise()
        gateway = registered.gateway(enterprise)
        self.meter = registered.meter(enterprise, gateway_code=gateway, interval_s=3600, rated_per_hour=10)
        line.send(gateway, [(self.meter, START + i * HOUR, value) for i, value in enumerate(values)])

    def total(self) -> float | None:
        self._line.roll_up()
        return self._line.total(scope=f"meter:{self.meter}", **DAYS)

    def settle(self, action: str, first: int, after: int, **given: Any) -> None:
        word = {"from": (START + first * HOUR).isoformat(), "to": (START + after * HOUR).isoformat(), "action": action}
        word |= {"reason": "现场核实"} | given
        answer = self._client.post(f"/api/v1/meters/{self.meter}/settlements", json=word)
        assert answer.status_code == 201, answer.text


def test_a_swap_is_no_use(client: TestClient, line: Line, registered: Registered) -> None:
    values = [1000.0 + 2 * i for i in range(24)] + [1048.0 + 6 + 2 * i for i in range(24)]
    counted = Counted(client, line, registered, values)
    before = counted.total()
    counted.settle("swap", 24, 25)
    assert (before, counted.total()) == (100.0, 92.0)


def test_readings_set_aside_are_counted_across(client: TestClient, line: Line, registered: Registered) -> None:
    values = [1000.0 + 2 * i + (3 if 10 <= i < 14 else 0) for i in range(48)]
    counted = Counted(client, line, registered, values)
    counted.settle("set_aside", 10, 14)
    assert counted.total() == 94.0


def test_a_change_of_unit_counts_on_in_it(client: TestClient, line: Line, registered: Registered) -> None:
    values = [1000.0 + 2 * i for i in range(24)] + [1.048 + 0.002 * i for i in range(24)]
    counted = Counted(client, line, registered, [round(value, 3) for value in values])
    counted.settle("unit", 24, 48, factor=1000)
    assert counted.total() == pytest.approx(94.0)


def test_a_settled_unit_counts_on_until_a_term_names_the_unit(
    client: TestClient, line: Line, registered: Registered
) -> None:
    values = [1000.0 + 2 * i for i in range(24)] + [10.48 + 0.02 * i for i in range(12)]
    values += [1072.0 + 2 * i for i in range(12)]
    counted = Counted(client, line, registered, [round(value, 3) for value in values])
    counted.settle("unit", 24, 36, factor=100)

    def told(hour: int, **said: Any) -> float | None:
        entry = {"valid_from": (START + hour * HOUR).isoformat(), "reason": "工单 117", **said}
        answer = client.post(f"/api/v1/meters/{counted.meter}/terms", json=entry)
        assert answer.status_code == 201, answer.text
        return counted.total()

    while_another_term_goes_on = told(30, rated_per_hour=12)
    assert told(36, unit_of_measure="kWh") == pytest.approx(94.0)
    assert while_another_term_goes_on != pytest.approx(94.0)


def test_a_change_is_shown_in_the_unit_in_which_the_register_went_on_long_before(
    client: TestClient, line: Line, registered: Registered
) -> None:
    enterprise = registered.enterprise()
    gateway = registered.gateway(enterprise)
    meter = registered.meter(enterprise, gateway_code=gateway, interval_s=3600, rated_per_hour=10)
    values = [1000.0 + i for i in range(48)] + [1_047_000.0 + 1000 * i for i in range(1, 1200)]
    line.send(gateway, [(meter, START + i * HOUR, value) for i, value in enumerate(values)])
    line.roll_up()
    # more than a month after it went on in Wh
    term = {"valid_from": "2026-11-20", "multiplier": 2, "reason": "工单 117"}
    answer = client.post(f"/api/v1/meters/{meter}/terms", json=term, params={"dry_run": True})
    (change,) = answer.json()["changes"]
    november = line.total(scope=f"meter:{meter}", start="2026-11-01", end="2026-12-01")
    assert change["before"] == pytest.approx(november)
    # until the last reading, on the 25th at 22:00
    assert change["after"] - change["before"] == pytest.approx(5 * 24 + 22)


def test_a_rise_beyond_the_rating_is_booked_when_a_person_accepts_it(
    client: TestClient, line: Line, registered: Registered
) -> None:
    values = [1000.0 + 2 * i for i in range(24)] + [1500.0 + 2 * i for i in range(24)]
    counted = Counted(client, line, registered, values)
    assert counted.total() == 92.0
    counted.settle("accept", 24, 25)
    assert counted.total() == 1500.0 + 46 - 1000
