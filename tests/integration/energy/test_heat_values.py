"""Measured heat values: they go before the tables, month by month, for the enterprise that measured alone."""

from datetime import datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.integration.clock import ask_at
from tests.integration.judged import PRINTED_NCV, Plant, asked, midnight
from tests.integration.line import Line, quarters
from tests.integration.registered import JUNGAR, Registered

pytestmark = pytest.mark.store

QUARTER = {"start": "2026-01-01", "end": "2026-04-01", "bucket": "total"}
MJ_PER_KGCE = 29.3076
CARBON_KG_PER_MJ, BURNT = 0.02637, 0.94
"""Raw coal in co2.csv."""


@pytest.fixture(autouse=True)
def _in_summer(client: TestClient) -> None:
    ask_at(client, datetime.fromisoformat("2026-07-01T12:00:00+08:00"))


def burner(registered: Registered, line: Line, **given: Any) -> Plant:
    """An enterprise that burns 100 t of raw coal on the first day of each month from January to March."""
    plant = Plant(registered, line, unit={}, raw_coal_ncv=None, **given)
    for month in ("01", "02", "03"):
        plant.uses(f"2026-{month}-01", f"2026-{month}-02", {("raw_coal", "input"): 100.0})
    return plant


def tce(client: TestClient, scope: str, **parameters: Any) -> float:
    (row,) = asked(client, "energy", scope=scope, **(QUARTER | parameters))["data"]
    assert row["tce_calorific"] == row["tce_equivalent"]
    return float(row["tce_calorific"])


def test_each_month_is_valued_by_what_was_measured_then_the_default_then_the_table(
    client: TestClient, registered: Registered, line: Line
) -> None:
    plant = burner(registered, line)
    line.roll_up()
    scope = f"enterprise:{plant.enterprise}"
    assert tce(client, scope) == pytest.approx(3 * 71.43, abs=1e-9)
    registered.heat_value(plant.enterprise, "raw_coal", 20.0, "2026-02")
    assert tce(client, scope) == pytest.approx(2 * 71.43 + 100 * 20 / MJ_PER_KGCE, abs=1e-9)
    registered.heat_value(plant.enterprise, "raw_coal", 22.0)
    answer = asked(client, "energy", scope=scope, **QUARTER)
    (row,) = answer["data"]
    assert row["quantity"] == 300.0
    assert row["tce_calorific"] == pytest.approx(100 * (2 * 22 + 20) / MJ_PER_KGCE, abs=1e-9)
    assert row["tco2"] == pytest.approx(100 * 64 * CARBON_KG_PER_MJ * BURNT * 44 / 12, abs=1e-9)
    origins = {used["code"].removeprefix(f"heat_value.{plant.enterprise}."): used["origin"] for used in answer["rows"]}
    assert origins == {"co2.raw_coal": "table", "raw_coal.2026-02.v1": "measured", "raw_coal.own.v1": "own"}
    (own,) = [used for used in answer["rows"] if used["origin"] == "own"]
    assert (own["value"], own["unit"], own["source"]) == (22.0, "MJ/kg", "煤质化验中心")


def test_what_a_meter_of_both_directions_gives_away_is_valued_by_what_was_measured(
    client: TestClient, registered: Registered, line: Line
) -> None:
    enterprise = registered.enterprise()
    gateway = registered.gateway(enterprise)
    both = {"kind": "interval", "carrier": "raw_coal", "unit_of_measure": "t", "negative_flow": "output"}
    meter = registered.meter(enterprise, gateway_code=gateway, **both)
    line.send(gateway, quarters(meter, midnight("2026-02-01"), [10.0, -4.0]))
    line.roll_up()
    registered.heat_value(enterprise, "raw_coal", 20.0)
    for scope in (f"enterprise:{enterprise}", f"meter:{meter}"):
        rows = asked(client, "energy", scope=scope, by="flow", **QUARTER)["data"]
        valued = {row["flow"]: row["tce_calorific"] for row in rows}
        assert valued == {flow: pytest.approx(t * 20 / MJ_PER_KGCE) for flow, t in (("input", 10), ("output", 4))}


@pytest.mark.parametrize("bucket", ["hour", "day", "month", "year"])
def test_buckets_of_any_length_are_valued_alike(
    client: TestClient, registered: Registered, line: Line, bucket: str
) -> None:
    plant = burner(registered, line)
    line.roll_up()
    registered.heat_value(plant.enterprise, "raw_coal", 20.0, "2026-02")
    rows = asked(
        client, "energy", scope=f"enterprise:{plant.enterprise}", **(QUARTER | {"bucket": bucket}), limit=10_000
    )["data"]
    total = sum(row["tce_calorific"] for row in rows if row["tce_calorific"] is not None)
    assert total == pytest.approx(2 * 71.43 + 100 * 20 / MJ_PER_KGCE, abs=1e-6)


def test_an_area_values_each_enterprise_by_its_own(client: TestClient, registered: Registered, line: Line) -> None:
    measuring, other = burner(registered, line), burner(registered, line)
    line.roll_up()
    before = asked(client, "energy", scope=f"area:{JUNGAR}", **QUARTER)
    registered.heat_value(measuring.enterprise, "raw_coal", 20.0, "2026-02")
    expected = 5 * 71.43 + 100 * 20 / MJ_PER_KGCE
    for scope in (f"area:{JUNGAR}", "area:150600", "area:150000"):
        assert tce(client, scope) == pytest.approx(expected, abs=1e-9), scope
    by_enterprise = asked(client, "energy", scope=f"area:{JUNGAR}", by="enterprise", **QUARTER)["data"]
    assert {row["enterprise"]: row["tce_calorific"] for row in by_enterprise} == {
        measuring.enterprise: pytest.approx(2 * 71.43 + 100 * 20 / MJ_PER_KGCE, abs=1e-9),
        other.enterprise: pytest.approx(3 * 71.43, abs=1e-9),
    }
    (balance,) = asked(client, "energy/balance", scope=f"area:{JUNGAR}", **QUARTER)["data"]
    assert balance["calorific"]["consumption_tce"] == pytest.approx(expected, abs=1e-9)
    after = asked(client, "energy", scope=f"area:{JUNGAR}", **QUARTER)
    assert after["data"][0]["quantity"] == before["data"][0]["quantity"]
    assert {used["code"] for used in after["rows"]} > {used["code"] for used in before["rows"]}


def test_a_value_that_is_withdrawn_leaves_every_answer_as_it_was(
    client: TestClient, registered: Registered, line: Line
) -> None:
    plant = burner(registered, line)
    line.roll_up()
    scope = f"enterprise:{plant.enterprise}"
    untouched = [asked(client, address, scope=scope, **QUARTER) for address in ("energy", "energy/balance")]
    number = registered.heat_value(plant.enterprise, "raw_coal", 20.0, "2026-02")
    assert [asked(client, address, scope=scope, **QUARTER) for address in ("energy", "energy/balance")] != untouched
    answer = client.delete(f"/api/v1/heat-values/{number}", params={"reason": "sample of another stockpile"})
    assert answer.status_code == 204
    assert [asked(client, address, scope=scope, **QUARTER) for address in ("energy", "energy/balance")] == untouched
    assert asked(client, "heat-values")["data"] == []
    history = asked(client, "heat-values", versions=True)["data"]
    assert [(row["version"], row["withdrawn"], row["ncv_mj_per_kg"]) for row in history] == [
        (1, False, 20.0),
        (2, True, None),
    ]
    assert history[1]["reason"] == "sample of another stockpile"


def test_carbon_that_was_measured_goes_before_the_table_s(
    client: TestClient, registered: Registered, line: Line
) -> None:
    plant = burner(registered, line)
    line.roll_up()
    entry = {"enterprise": plant.enterprise, "carrier": "raw_coal", "laboratory": "lab", "report": "1"}

    def emitted(**given: float) -> float:
        assert client.post("/api/v1/heat-values", json=entry | {"ncv_mj_per_kg": 20.0} | given).status_code == 200
        (row,) = asked(client, "energy", scope=f"enterprise:{plant.enterprise}", **QUARTER)["data"]
        return float(row["tco2"])

    assert emitted(carbon_tc_per_tj=27.0) == pytest.approx(300 * 20 * 0.027 * BURNT * 44 / 12, abs=1e-9)
    assert emitted(carbon_tc_per_t=0.55) == pytest.approx(300 * 0.55 * BURNT * 44 / 12, abs=1e-9)


def test_without_heat_values_a_verdict_that_the_range_could_turn_is_not_given(
    client: TestClient, registered: Registered, line: Line
) -> None:
    month = {"start": "2026-03-01", "end": "2026-04-01"}
    kilns = {
        name: Plant(
            registered,
            line,
            unit={"process": "cement_clinker", "code": name, "commissioned_on": "2015-06-01"},
            trade="cement",
            raw_coal_ncv=None,
        )
        for name in ("MIDDLE", "FAR", "MEASURED")
    }
    # kgce/t of clinker by the printed coefficient: the baseline is 117; raw coal may hold from 0.55 to 1.46 of that
    for name, kgce in (("MIDDLE", 110.0), ("FAR", 300.0), ("MEASURED", 110.0)):
        daily = {("raw_coal", "input"): kgce / 0.7143, ("product", "product"): 1000.0}
        kilns[name].uses("2026-03-01", "2026-04-01", daily)
    line.roll_up()
    registered.heat_value(kilns["MEASURED"].enterprise, "raw_coal", PRINTED_NCV, "2026-03")
    rows = {row["unit"]: row for row in asked(client, "efficiency-list", **month)["data"]}
    verdicts = {name: (row["verdict"], row["reasons"][0]["code"]) for name, row in rows.items()}
    assert verdicts == {
        "MIDDLE": ("cannot_judge", "heat_value_unknown"),
        "FAR": ("breach", "above_mandatory_limit"),
        "MEASURED": ("ok", "baseline_reached"),
    }
    middle = rows["MIDDLE"]
    assert middle["value"] == pytest.approx(110.0)
    assert middle["band"] == {
        "low": pytest.approx(110 * 11.5 / PRINTED_NCV),
        "high": pytest.approx(110 * 30.5 / PRINTED_NCV),
        "carriers": ["raw_coal"],
    }
    assert "<= 117" in middle["reasons"][0]["text"]
    assert (middle["placing"], middle["deadline"]) == (None, None)
    assert (rows["MEASURED"]["band"], rows["MEASURED"]["placing"]) == (None, "between")
    found = asked(client, "indicators/unit_product_energy", **month, bucket="total", by="unit")["data"]
    assert {row["group"]: row["verdict"] for row in found} == {name: found for name, (found, _) in verdicts.items()}
    assert all(limit["met"] is None for row in found if row["group"] == "MIDDLE" for limit in row["limits"])
