"""Activity data of an enterprise: the terms of its balance, by month and fuel, with what they were valued by."""

import csv
import io
from datetime import datetime

import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from tests.integration.line import QUARTER, Line
from tests.integration.registered import Registered, credit_code

pytestmark = pytest.mark.store

MARCH = {"start": "2026-03-01", "end": "2026-04-01"}


@pytest.fixture
def enterprise(registered: Registered, line: Line) -> str:
    """Burns 8 t of lignite, of a heat value of 14.3 MJ/kg by its laboratory, and takes in 400 kWh, in March."""
    owner = registered.enterprise()
    registered.gateway(owner, code="G")
    given = {"gateway_code": "G", "kind": "interval", "interval_s": 900}
    registered.meter(owner, code="COAL", carrier="lignite", unit_of_measure="t", **given)
    registered.meter(owner, code="GRID", carrier="electricity", **given)
    registered.heat_value(owner, "lignite", 14.3, "2026-03")
    start = datetime(2026, 3, 2, tzinfo=SHANGHAI)
    times = [start + i * QUARTER for i in range(4)]
    line.send("G", [("COAL", at, 2.0) for at in times] + [("GRID", at, 100.0) for at in times])
    line.roll_up()
    return owner


def test_each_fuel_of_a_month_has_its_heat_value_and_factor_with_their_sources(
    client: TestClient, enterprise: str
) -> None:
    answer = client.get("/api/v1/energy/activity", params={"enterprise": enterprise, **MARCH})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    grid, coal = told["data"]
    assert (coal["month"], coal["carrier"], coal["quantity"], coal["quantity_unit"]) == ("2026-03", "lignite", 8, "t")
    assert coal["heat_value_mj"] == pytest.approx(14300)
    assert coal["heat_value_origin"] == "measured"
    assert coal["heat_value_source"].startswith("煤质化验中心, R-")
    assert coal["tce"] == pytest.approx(8 * 14300 / 29307.6)
    assert (grid["carrier"], grid["quantity"]) == ("electricity", 400)
    assert grid["heat_value_mj"] == pytest.approx(3.6, rel=1e-3)
    assert all(row["tco2"] == pytest.approx(row["quantity"] * row["kgco2_per_unit"] / 1000) for row in (grid, coal))
    assert all(row["co2_source"] for row in (grid, coal))
    assert {row["code"] for row in told["rows"]} >= {coal["heat_value_row"], grid["co2_row"]}

    balance = {"scope": f"enterprise:{enterprise}", "bucket": "month", **MARCH}
    (whole,) = client.get("/api/v1/energy/balance", params=balance).json()["data"]
    assert sum(row["tce"] for row in (grid, coal)) == pytest.approx(whole["calorific"]["consumption_tce"])
    assert sum(row["tco2"] for row in (grid, coal)) == pytest.approx(whole["tco2"])


def test_the_same_is_had_as_csv(client: TestClient, enterprise: str) -> None:
    asked = {"enterprise": enterprise, "format": "csv", "lang": "en", **MARCH}
    answer = client.get("/api/v1/energy/activity", params=asked)
    assert answer.status_code == 200, answer.text
    assert len(list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))) == 3


def test_who_is_not_registered_has_none(client: TestClient) -> None:
    answer = client.get("/api/v1/energy/activity", params={"enterprise": credit_code(77), **MARCH})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_enterprise")
