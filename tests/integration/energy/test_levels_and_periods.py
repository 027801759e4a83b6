"""Gauges that report on change and periods stamped at their end, registered and booked through the service."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from services.core.meter import Kind, Stamp, meter_rule
from tests.integration.line import Line, booked, to_be_booked
from tests.integration.registered import Registered

pytestmark = pytest.mark.store

TEN = datetime(2026, 10, 5, 10, tzinfo=SHANGHAI)
MINUTE = timedelta(minutes=1)


def test_a_gauge_that_reports_on_change_is_registered_by_one_word(
    client: TestClient, line: Line, registered: Registered
) -> None:
    enterprise = registered.enterprise()
    gateway = registered.gateway(enterprise)
    meter = registered.meter(enterprise, gateway_code=gateway, kind="gauge", unit_of_measure="kW", on_change=True)
    assert client.get(f"/api/v1/meters/{meter}").json()["holds_s"] == 86_400
    line.send(gateway, [(meter, TEN, 100.0), (meter, TEN + 75 * MINUTE, 0.0), (meter, TEN + 90 * MINUTE, 0.0)])
    line.roll_up()
    (row,) = line.ask(scope=f"meter:{meter}", start="2026-10-05", end="2026-10-06", bucket="total")
    assert (row["quantity"], row["coverage"]) == (125.0, 0.0625)


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"kind": "counter", "unit_of_measure": "kWh", "on_change": True}, "holds_s", "only_for_gauges"),
        ({"kind": "gauge", "unit_of_measure": "kW", "on_change": "perhaps"}, "on_change", "bool_parsing"),
        ({"kind": "gauge", "unit_of_measure": "kW", "on_change": False, "holds_s": 60}, "body", "not_with"),
    ],
)
def test_what_cannot_report_on_change_is_refused(
    client: TestClient, registered: Registered, given: dict[str, Any], field: str, code: str
) -> None:
    enterprise = registered.enterprise()
    entry = {"code": "M-X", "name_zh": "表", "carrier": "electricity", "flow": "input"} | given
    places = {"unit_code": registered.unit(enterprise), "gateway_code": registered.gateway(enterprise)}
    answer = client.post("/api/v1/meters", json=entry | places)
    assert answer.status_code == 422, answer.text
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [(field, code)]


def test_hours_stamped_at_their_end_are_of_the_month_that_they_end(line: Line, registered: Registered) -> None:
    enterprise = registered.enterprise()
    gateway = registered.gateway(enterprise)
    meter = registered.meter(enterprise, gateway_code=gateway, kind="interval", interval_s=3600, stamp="end")
    first = datetime(2026, 9, 30, 1, tzinfo=SHANGHAI)
    line.send(gateway, [(meter, first + timedelta(hours=hour), 100.0) for hour in range(24)])
    line.roll_up()
    rows = line.ask(scope=f"meter:{meter}", start="2026-09-01", end="2026-11-01", bucket="month")
    assert [row["quantity"] for row in rows] == [2400.0, None]


@pytest.mark.parametrize("stamp", list(Stamp))
def test_periods_that_come_one_by_one_and_twice_are_booked_as_all_at_once(
    line: Line, registered: Registered, stamp: Stamp, database: Any
) -> None:
    enterprise = registered.enterprise()
    gateway = registered.gateway(enterprise)
    meter = registered.meter(enterprise, gateway_code=gateway, kind="interval", stamp=stamp)
    quarters = [(meter, TEN + 15 * n * MINUTE, 25.0) for n in range(12)]
    again = [(meter, at + timedelta(seconds=22), value) for _, at, value in quarters[3:6]]
    hour = (meter, TEN + timedelta(seconds=1), 100.0)
    for readings in (*([each] for each in quarters[:8]), [hour], again[1:], quarters[8:], again[:1]):
        line.send(gateway, readings)
        line.roll_up()
    rule = meter_rule(
        kind=Kind.INTERVAL, unit_of_measure="kWh", carrier_unit="kWh", multiplier=1, interval_s=900, stamp=stamp
    )
    assert booked(database, meter) == to_be_booked(database, meter, rule).slots
    assert line.total(scope=f"meter:{meter}", start="2026-10-05", end="2026-10-06") == 300.0
    assert line.marks(meter).count("overlap") == 4
