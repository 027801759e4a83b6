"""A meter that measures both directions: what comes in and what goes out are booked to their own flows, and add up."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from services.energy.check.report import report
from tests.integration.line import Line, quarters
from tests.integration.registered import JUNGAR, Registered

pytestmark = pytest.mark.store

TEN = datetime(2026, 10, 5, 10, tzinfo=SHANGHAI)
MINUTE = timedelta(minutes=1)
DAY = {"start": "2026-10-05", "end": "2026-10-06"}


class Connection:
    """A grid connection in kW that gives back to the grid what is below zero."""

    def __init__(self, registered: Registered, line: Line, **given: Any) -> None:
        self.enterprise = registered.enterprise()
        self.gateway = registered.gateway(self.enterprise)
        self.line = line
        self.meter = registered.meter(
            self.enterprise,
            gateway_code=self.gateway,
            **{"kind": "gauge", "unit_of_measure": "kW", "negative_flow": "output"} | given,
        )

    def flows(self, scope: str | None = None, **given: Any) -> dict[str, tuple[float | None, float | None]]:
        """Quantity and coverage by flow."""
        rows = self.line.ask(scope=scope or f"meter:{self.meter}", bucket="total", by="flow", **DAY, **given)
        return {row["flow"]: (row["quantity"], row["coverage"]) for row in rows}


def test_export_is_booked_to_its_flow_in_every_scope(line: Line, registered: Registered, client: TestClient) -> None:
    grid = Connection(registered, line)
    power = [(grid.meter, TEN + 5 * i * MINUTE, 60.0 if i < 3 else -120.0) for i in range(7)]
    line.send(grid.gateway, power)
    line.roll_up()
    # five minutes turn from 60 to -120 kW: a third of them inwards
    came, went = 60 / 6 + 30 * 5 / 180, 120 / 4 + 60 * 10 / 180
    for scope in (f"meter:{grid.meter}", f"enterprise:{grid.enterprise}", f"area:{JUNGAR}", "area:150000"):
        flows = grid.flows(scope)
        for flow, quantity in (("input", came), ("output", went)):
            assert flows[flow][0] == pytest.approx(quantity)
            assert flows[flow][1] == pytest.approx(30 / 1440, abs=1e-4)
    (row,) = line.ask(scope=f"enterprise:{grid.enterprise}", bucket="total", by="meter", flow="output", **DAY)
    assert (row["meter"], row["quantity"]) == (grid.meter, pytest.approx(went))
    balance = client.get(
        "/api/v1/energy/balance", params={"scope": f"enterprise:{grid.enterprise}", "bucket": "total", **DAY}
    ).json()["data"][0]
    assert balance["calorific"]["consumption_tce"] == pytest.approx((came - went) * 0.1229 / 1000)
    assert line.marks(grid.meter) == ["good"] * 7


def test_late_readings_and_a_changed_mind_leave_nothing_behind(
    line: Line, registered: Registered, client: TestClient, database_url: str
) -> None:
    grid = Connection(registered, line, kind="interval", unit_of_measure="kWh")
    line.send(grid.gateway, quarters(grid.meter, TEN, [1.0, -2.0, 4.0]))
    line.roll_up()
    line.send(grid.gateway, quarters(grid.meter, TEN + 45 * MINUTE, [-8.0]))
    line.roll_up()
    assert {flow: quantity for flow, (quantity, _) in grid.flows().items()} == {"input": 5.0, "output": 10.0}
    assert client.patch(f"/api/v1/meters/{grid.meter}", json={"negative_flow": None}).status_code == 200
    line.roll_up()
    assert {flow: quantity for flow, (quantity, _) in grid.flows().items()} == {"input": 5.0}
    tried = client.patch(f"/api/v1/meters/{grid.meter}?dry_run=true", json={"negative_flow": "output"}).json()
    shown = [(row["flow"], row["before"], row["after"]) for row in tried["changes"]]
    assert shown == [("output", 0.0, 10.0)]
    assert line.marks(grid.meter) == ["good", "suspect", "good", "suspect"]
    assert client.patch(f"/api/v1/meters/{grid.meter}", json={"negative_flow": "output"}).status_code == 200
    line.roll_up()
    assert {flow: quantity for flow, (quantity, _) in grid.flows().items()} == {"input": 5.0, "output": 10.0}
    assert not any(report(database_url).differing.values())


def test_a_counter_and_the_flow_it_has_already_are_refused(registered: Registered, client: TestClient) -> None:
    meter = registered.meter(kind="gauge", unit_of_measure="kW")
    for patch, field in (
        ({"negative_flow": "input"}, "negative_flow"),
        ({"negative_flow": "nowhere"}, "negative_flow"),
    ):
        answer = client.patch(f"/api/v1/meters/{meter}", json=patch)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    counter = registered.meter()
    assert client.patch(f"/api/v1/meters/{counter}", json={"negative_flow": "output"}).status_code == 422


def test_a_term_makes_no_counter_of_a_meter_that_measures_both_ways(client: TestClient, registered: Registered) -> None:
    meter = registered.meter(kind="gauge", unit_of_measure="kW", negative_flow="output")
    term = {"valid_from": "2026-10-05", "reason": "换表", "kind": "counter", "unit_of_measure": "kWh"}
    answer = client.post(f"/api/v1/meters/{meter}/terms", json=term)
    assert answer.status_code == 422, answer.text
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [
        ("negative_flow", "not_for_counters")
    ]
    patch = term | {"negative_flow": None}
    assert client.patch(f"/api/v1/meters/{meter}", json=patch).status_code == 200
