"""Manual reports beside what meters measured, and months beside months of which as much was reported or not."""

import csv
import io
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.integration.api.test_manual_reports import PATH, QUARTER, entered, in_summer
from tests.integration.judged import Plant, asked
from tests.integration.line import Line
from tests.integration.registered import JUNGAR, Registered

pytestmark = [pytest.mark.store, pytest.mark.usefixtures(in_summer.__name__)]

MARCH = ("2026-03-01", "2026-04-01")
POWER = ("electricity", "input")


def beside(client: TestClient, unit: str, value: float) -> tuple[Any, Any]:
    """How far what was metered of March is from a report of so many kWh."""
    row = entered(client, unit, carrier="electricity", value=value, unit_of_measure="kWh")
    assert row["counts"] is False
    found = row["by_meter"]
    return found["difference_percent"], found["is_apart"]


def test_beside_a_meter_a_report_is_compared_and_never_added(
    client: TestClient, registered: Registered, line: Line
) -> None:
    plant = Plant(registered, line, unit={})
    plant.uses(*MARCH, {POWER: 95.0})
    line.roll_up()
    assert beside(client, plant.unit, 3100.0) == (-5.0, False)
    assert beside(client, plant.unit, 3100.000001) == (pytest.approx(-5.0), True)
    assert beside(client, plant.unit, 3099.0) == (pytest.approx(-100 * 154 / 3099), False)
    assert beside(client, plant.unit, 2800.0) == (pytest.approx(100 * 145 / 2800), True)
    assert beside(client, plant.unit, 0.0) == (None, True)
    (row,) = client.get(PATH, params={"unit": plant.unit}).json()["data"]
    assert row["by_meter"] == {
        "meters": 1,
        "quantity": 2945.0,
        "coverage": 1.0,
        "difference_percent": None,
        "is_apart": True,
    }
    (energy,) = asked(client, "energy", scope=f"unit:{plant.unit}", bucket="total", **QUARTER)["data"]
    assert (energy["quantity"], energy.get("manual")) == (2945.0, None)


def test_a_report_beside_nothing_metered_little_and_zero(
    client: TestClient, registered: Registered, line: Line
) -> None:
    silent, halting, idle = (Plant(registered, line, unit={}) for _ in range(3))
    silent.meter(*POWER)
    halting.uses("2026-03-01", "2026-03-28", {POWER: 95.0})
    idle.uses(*MARCH, {POWER: 0.0})
    line.roll_up()
    assert beside(client, silent.unit, 100.0) == (None, None)
    assert beside(client, halting.unit, 9000.0) == (pytest.approx(100 * (27 * 95 / 9000 - 1)), None)
    assert beside(client, idle.unit, 100.0) == (-100.0, True)
    assert beside(client, idle.unit, 0.0) == (None, False)


def test_a_meter_registered_later_takes_the_place_of_a_report(client: TestClient, registered: Registered) -> None:
    enterprise = registered.enterprise()
    unit = registered.unit(enterprise)
    assert entered(client, unit)["counts"] is True
    registered.meter(
        unit_code=unit,
        gateway_code=registered.gateway(enterprise),
        kind="interval",
        carrier="raw_coal",
        flow="input",
        unit_of_measure="t",
        interval_s=86_400,
        valid_from="2026-03-31",
    )
    (row,) = client.get(PATH).json()["data"]
    assert (row["counts"], row["by_meter"]["meters"]) == (False, 1)
    found = asked(client, "energy", scope=f"unit:{unit}", bucket="total", **QUARTER)
    assert [each["quantity"] for each in found["data"]] == [None]


def test_what_is_by_hand_is_told_apart_in_files_and_left_out_where_meters_alone_are_asked_for(
    client: TestClient, registered: Registered, line: Line
) -> None:
    plant = Plant(registered, line, unit={})
    plant.uses(*MARCH, {POWER: 1000.0})
    line.roll_up()
    entered(client, plant.unit, carrier="diesel", value=10.0)
    march = {"scope": f"unit:{plant.unit}", "start": MARCH[0], "end": MARCH[1], "bucket": "month"}
    of = '{"carrier":"diesel","flow":"input"}'
    for address, columns in (
        ("energy", {"手工填报 · 实物量（单位见“计量单位”列）": ["10.0", ""], "手工填报 · 月报份数": ["1", ""]}),
        ("energy/balance", {"手工填报 · 等价值（tce）": ["14.571"], "手工填报 · 对象": [of]}),
    ):
        answer = client.get(f"/api/v1/{address}", params=march | {"format": "csv"})
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert {name: [row[name] for row in rows] for name in columns} == columns
    assert [row["carrier"] for row in asked(client, "energy", **march)["data"]] == ["diesel", "electricity"]
    (metered,) = asked(client, "energy", manual=False, **march)["data"]
    assert (metered["carrier"], metered["quantity"]) == ("electricity", 31_000.0)
    (balance,) = asked(client, "energy/balance", manual=False, explain=True, **march)["data"]
    assert "manual" not in balance
    assert balance["calorific"]["consumption_tce"] == pytest.approx(31 * 0.1229, abs=1e-9)
    assert [term["carrier"] for term in balance["explained"]["terms"]] == ["electricity"]


def test_a_month_that_is_not_reported_yet_is_no_fall(client: TestClient, registered: Registered, line: Line) -> None:
    plant = Plant(registered, line, unit={})
    plant.uses("2026-02-01", "2026-04-01", {POWER: 1000.0})
    line.roll_up()
    entered(client, plant.unit, "2026-02", carrier="diesel", value=10.0)
    march = {"scope": f"enterprise:{plant.enterprise}", "start": "2026-03-01", "end": "2026-04-01", "bucket": "month"}

    def changes() -> dict[str, Any]:
        (balance,) = asked(client, "energy/balance", compare="previous", **march)["data"]
        return {name: balance["compared"][name] for name in ("calorific", "equivalent", "tco2")}

    def issued() -> dict[str, Any]:
        answer = client.post(f"/api/v1/bulletins/{JUNGAR}/2026-03")
        assert answer.status_code in (200, 201), answer.text
        return {each["key"]: each for each in answer.json()["data"]}

    for found in changes().values():
        assert (found["change_percent"], found["reason"]["code"]) == (None, "other_reports")
        assert found["reason"]["of"] == "0 / 1"
    told = issued()["total.equivalent.consumption_tce"]
    assert (told["change"], told["change_percent"]) == (None, None)
    assert told["value"] < told["before"]
    entered(client, plant.unit, "2026-03", carrier="diesel", value=11.0)
    for found in changes().values():
        assert (found["change_percent"] > 0, found["reason"]) == (True, None)
    lines = issued()
    assert lines["total.equivalent.consumption_tce"]["change_percent"] > 0
    assert lines["carriers.diesel.input.quantity"]["change_percent"] == pytest.approx(10)
    assert (lines["carriers.diesel.input.manual"]["value"], lines["carriers.diesel.input.manual"]["unit"]) == (
        11.0,
        "t",
    )
    assert lines["total.manual"]["value"] == pytest.approx(11 * 1.4571, abs=1e-9)
    (diesel,) = [
        row for row in asked(client, "energy", compare="previous", **march)["data"] if row["carrier"] == "diesel"
    ]
    assert (diesel["compared"]["change_percent"], diesel["manual"]["reports"]) == (10.0, 1)
