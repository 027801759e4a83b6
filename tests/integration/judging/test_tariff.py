"""Step tariffs of units, from what they used in the year before."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from services.core.data.loader import DATA
from tests.integration.clock import ask_at
from tests.integration.judged import Plant, asked, midnight, refused
from tests.integration.line import Line
from tests.integration.registered import Registered
from tests.integration.served import api

YEAR = ("2025-01-01", "2026-01-01")


def smelter(registered: Registered, line: Line, kwh_per_t: float, **unit: Any) -> Plant:
    """10 t of liquid aluminium a day."""
    given = {"process": "aluminium_electrolysis", "commissioned_on": "2012-01-01"} | unit
    plant = Plant(registered, line, unit=given, trade="aluminium")
    plant.uses(*YEAR, {("electricity", "input"): 10 * kwh_per_t, ("product", "product"): 10.0})
    return plant


def ferrosilicon(registered: Registered, line: Line, kgce_per_t: float, **unit: Any) -> Plant:
    """100 t of ferrosilicon a day, its energy as heat of 34.12 kgce/GJ. Benchmark 1770, baseline 1850 kgce/t."""
    given = {"process": "ferrosilicon", "commissioned_on": "2012-01-01"} | unit
    plant = Plant(registered, line, unit=given, trade="ferroalloy")
    plant.uses(*YEAR, {("heat", "input"): 100 * kgce_per_t / 34.12, ("product", "product"): 100.0})
    return plant


def tariff(client: TestClient, plant: Plant, year: int = 2026) -> Any:
    return asked(client, "tariff", unit=plant.unit, year=year)


def code_of(answer: Any) -> tuple[str, str]:
    return answer["verdict"], answer["reasons"][0]["code"]


def test_smelter_pays_for_every_twenty_kwh_begun_of_the_year_before(
    client: TestClient, registered: Registered, line: Line
) -> None:
    plant = smelter(registered, line, 13_345.0)
    line.roll_up()
    answer = tariff(client, plant)
    # 13 345 - 13 300 = 45 kWh/t: three steps of 20 begun, 0.03 yuan/kWh.
    assert (answer["rule"], answer["value"], answer["value_unit"]) == ("aluminium", 13_345.0, "kWh/t")
    assert (answer["surcharge"], answer["surcharge_unit"]) == (0.03, "yuan/kWh")
    assert code_of(answer) == ("breach", "surcharge")
    assert (answer["start"], answer["end"]) == ("2025-01-01T00:00:00+08:00", "2026-01-01T00:00:00+08:00")
    assert [(step["code"], step["value"]) for step in answer["steps"]] == [
        ("threshold", 13_300.0),
        ("value", 13_345.0),
        ("above", 45.0),
        ("steps", 3.0),
        ("full", 0.03),
        ("share_unknown", None),
        ("surcharge", 0.03),
    ]
    named = {row["code"]: row for row in answer["rows"]}
    assert {step["row"] for step in answer["steps"] if step["row"]} == set(named)
    assert named["aluminium.threshold.2025"]["verified"] is False


def test_smelter_exactly_on_the_threshold_pays_nothing(client: TestClient, registered: Registered, line: Line) -> None:
    plant = smelter(registered, line, 13_300.0)
    line.roll_up()
    assert (tariff(client, plant)["surcharge"], code_of(tariff(client, plant))) == (0.0, ("ok", "threshold_kept"))


def test_reported_renewables_reduce_the_surcharge_once_the_incentive_value_is_given(
    client: TestClient, registered: Registered, line: Line, database_url: str, tmp_path: Path
) -> None:
    plant = smelter(registered, line, 13_500.0)
    line.roll_up()
    share = {
        "owner": f"enterprise:{plant.enterprise}",
        "kind": "non_hydro_renewable_share",
        "period": "2025",
        "value": 25.7,
        "unit": "%",
    }
    assert client.post("/api/v1/statistics", json=[share]).status_code == 200
    # 200 kWh/t above: 10 steps, 0.10 yuan/kWh. No document prints the incentive value, so nothing is taken off ...
    assert tariff(client, plant)["surcharge"] == 0.1
    shipped = (DATA / "parameters.csv").read_text("utf-8")
    own = "non_hydro_incentive,激励值,Incentive value,22,%,2025-01-01,,operator,notice of the year,yes\n"
    (tmp_path / "parameters.csv").write_text(shipped + own, "utf-8")
    with api(database_url=database_url, data=tmp_path) as configured:
        answer = tariff(configured, plant)
    # ... with 22 %: 25.7 % is ten whole points above 15, so 10 % is taken off.
    assert answer["surcharge"] == pytest.approx(0.09, abs=1e-15)
    assert [step["row"] for step in answer["steps"] if step["code"] == "incentive"] == ["non_hydro_incentive"]


@pytest.mark.store
def test_unit_that_has_reached_its_level_pays_no_surcharge(
    client: TestClient, registered: Registered, line: Line
) -> None:
    existing = ferrosilicon(registered, line, 1840.0)
    leader = ferrosilicon(registered, line, 1700.0)
    building = ferrosilicon(registered, line, 1750.0, status="building")
    line.roll_up()
    assert (tariff(client, existing)["surcharge"], code_of(tariff(client, existing))) == (
        0.0,
        ("ok", "baseline_reached"),
    )
    assert code_of(tariff(client, leader)) == ("ok", "benchmark_reached")
    assert (tariff(client, building)["surcharge"], code_of(tariff(client, building))) == (
        0.0,
        ("ok", "benchmark_reached"),
    )


def test_steps_of_the_unified_rule_are_configured_and_not_invented(
    client: TestClient, registered: Registered, line: Line, database_url: str, tmp_path: Path
) -> None:
    # 2035 / 1850 = 10 % above the baseline, a little more than that in all.
    plant = ferrosilicon(registered, line, 2036.0, capacity_class="restricted")
    line.roll_up()
    answer = tariff(client, plant)
    assert (answer["rule"], answer["surcharge"], code_of(answer)) == (
        "unified",
        None,
        ("cannot_judge", "no_steps_configured"),
    )
    assert answer["punitive_price"] is True
    header = (DATA / "tariff_steps.csv").read_text("utf-8").splitlines()[0]
    rows = [
        "step.1,,0,0.02,yuan/kWh,2022-01-01,,operator,notice,yes",
        "step.2,,10,0.05,yuan/kWh,2022-01-01,,operator,notice,yes",
        "step.other,cement_clinker,0,0.5,yuan/kWh,2022-01-01,,operator,notice,yes",
    ]
    (tmp_path / "tariff_steps.csv").write_text("\n".join([header, *rows]) + "\n", "utf-8")
    with api(database_url=database_url, data=tmp_path) as configured:
        answer = tariff(configured, plant)
    assert (answer["surcharge"], code_of(answer)) == (0.05, ("breach", "surcharge"))
    assert [step["row"] for step in answer["steps"] if step["row"]] == ["level.ferrosilicon.2023.baseline", "step.2"]


def test_restricted_capacity_pays_the_punitive_price_on_what_it_uses(
    client: TestClient, registered: Registered, line: Line
) -> None:
    given = {"process": "cement_clinker", "commissioned_on": "2012-01-01", "capacity_class": "eliminated"}
    plant = Plant(registered, line, unit=given, trade="cement")
    plant.uses("2023-01-01", "2023-02-01", {("electricity", "input"): 1200.0, ("electricity", "output"): 200.0})
    line.roll_up()
    ask_at(client, datetime(2023, 2, 1, tzinfo=SHANGHAI))
    answer = tariff(client, plant, 2023)
    assert answer["punitive_price"] is True
    # eliminated cement: 0.40 in 2021, and half of that more in 2023; 31 days of 1000 kWh
    assert answer["punitive"] == {
        "capacity_class": "eliminated",
        "yuan_per_kwh": 0.6,
        "computed": True,
        "carried": False,
        "amount_yuan": 18_600.0,
        "row": "punitive.eliminated.cement.2023",
    }
    assert (answer["electricity_kwh"], answer["provisional"]) == (31_000.0, True)
    # nothing was found of the years after: the price of 2023 is carried on, and says so
    later = tariff(client, plant, 2026)
    assert (later["punitive"]["row"], later["punitive"]["carried"]) == ("punitive.eliminated.cement.2023", True)
    assert later["punitive"]["amount_yuan"] is None
    (used,) = (row for row in later["rows"] if row["code"] == "punitive.eliminated.cement.2023")
    assert (used["carried"], used["verified"]) == (True, False)


def test_surcharge_of_a_year_that_is_over_is_an_amount_and_no_longer_provisional(
    client: TestClient, registered: Registered, line: Line
) -> None:
    given = {"process": "aluminium_electrolysis", "commissioned_on": "2012-01-01"}
    plant = Plant(registered, line, unit=given, trade="aluminium", valid_from="2024-01-01")
    plant.uses("2024-01-01", "2026-01-01", {("electricity", "input"): 133_450.0, ("product", "product"): 10.0})
    line.roll_up()
    answer = tariff(client, plant, 2025)
    kwh = 365 * 133_450.0
    assert (answer["surcharge"], answer["surcharge_yuan"]) == (0.03, pytest.approx(kwh * 0.03))
    assert (answer["electricity_kwh"], answer["provisional"], answer["punitive"]) == (kwh, False, None)


def test_year_without_readings_and_process_without_levels_cannot_be_judged(
    client: TestClient, registered: Registered, line: Line
) -> None:
    plant = smelter(registered, line, 13_500.0)
    mine = Plant(registered, line, unit={"process": "coal_mining"}, trade="coal_mining")
    line.roll_up()
    answer = tariff(client, plant, 2025)
    assert (answer["surcharge"], code_of(answer)) == (None, ("cannot_judge", "value_unknown"))
    assert code_of(tariff(client, mine)) == ("cannot_judge", "no_limit")
    assert tariff(client, mine)["rule"] is None


def test_the_range_of_unmeasured_coal_keeps_nobody_from_a_surcharge_that_it_cannot_change(
    client: TestClient, registered: Registered, line: Line, database_url: str, tmp_path: Path
) -> None:
    # kgce/t of clinker by the printed coefficient; raw coal may hold from 0.55 to 1.46 of that. Levels: 100 and 117
    kilns = {}
    for name, kgce in (("BELOW", 75.0), ("NEAR", 110.0), ("ABOVE", 300.0)):
        given = {"process": "cement_clinker", "commissioned_on": "2012-01-01", "code": name}
        kilns[name] = Plant(registered, line, unit=given, trade="cement", raw_coal_ncv=None)
        daily = {("raw_coal", "input"): kgce / 0.7143, ("product", "product"): 1000.0}
        kilns[name].uses(*YEAR, daily)
    line.roll_up()
    header = (DATA / "tariff_steps.csv").read_text("utf-8").splitlines()[0]
    step = "step.1,cement_clinker,0,0.02,yuan/kWh,2022-01-01,,operator,notice,yes"
    (tmp_path / "tariff_steps.csv").write_text(f"{header}\n{step}\n", "utf-8")
    with api(database_url=database_url, data=tmp_path) as configured:
        found = {name: tariff(configured, kiln) for name, kiln in kilns.items()}
    # from 41 to 109: surely below the baseline, though not surely below the benchmark, as it is by its value
    assert (found["BELOW"]["surcharge"], code_of(found["BELOW"])) == (0.0, ("ok", "baseline_reached"))
    assert (found["ABOVE"]["surcharge"], code_of(found["ABOVE"])) == (0.02, ("breach", "surcharge"))
    # from 60 to 160
    assert (found["NEAR"]["surcharge"], found["NEAR"]["verdict"]) == (None, "cannot_judge")
    assert "heat_value_unknown" in {reason["code"] for reason in found["NEAR"]["reasons"]}


def test_year_that_is_not_over_has_no_surcharge_yet(client: TestClient, registered: Registered, line: Line) -> None:
    plant = smelter(registered, line, 13_345.0)
    line.roll_up()
    last_hour = datetime(2025, 12, 31, 23, tzinfo=SHANGHAI)
    ask_at(client, last_hour)
    answer = tariff(client, plant)
    assert (answer["surcharge"], code_of(answer)) == (None, ("cannot_judge", "year_not_over"))
    (reason,) = answer["reasons"]
    assert (reason["of"], reason["text"]) == ("2025", "the year before is not over: 2025")
    # What is measured so far is shown.
    assert (answer["value"], [step["code"] for step in answer["steps"]]) == (13_345.0, ["threshold"])
    assert code_of(tariff(client, plant, 2099)) == ("cannot_judge", "year_not_over")
    ask_at(client, datetime(2026, 1, 1, tzinfo=SHANGHAI))
    assert tariff(client, plant)["surcharge"] == 0.03


def test_third_of_a_year_with_meters_is_not_judged_as_a_year(
    client: TestClient, registered: Registered, line: Line
) -> None:
    # Meters from 1 September on: 122 of 365 days, all of them measured. Two of each kind give no year either.
    given = {"process": "aluminium_electrolysis", "commissioned_on": "2012-01-01"}
    plant = Plant(registered, line, unit=given, trade="aluminium", valid_from="2025-09-01")
    plant.uses("2025-09-01", "2026-01-01", {("electricity", "input"): 133_450.0, ("product", "product"): 10.0})
    for carrier, flow in (("electricity", "input"), ("product", "product")):
        second = registered.meter(
            unit_code=plant.unit,
            gateway_code=plant.gateway,
            kind="interval",
            carrier=carrier,
            flow=flow,
            unit_of_measure={"electricity": "kWh", "product": "t"}[carrier],
            interval_s=86_400,
        )
        days = [midnight("2025-09-01") + timedelta(days=n) for n in range(122)]
        line.send(plant.gateway, [(second, day, 0.0) for day in days])
    line.roll_up()
    answer = tariff(client, plant)
    assert (answer["surcharge"], code_of(answer)) == (None, ("cannot_judge", "part_of_period"))
    assert answer["reasons"][0]["of"] == "0.3342"
    assert (answer["value"], answer["coverage"]) == (13_345.0, 1.0)


def test_unit_whose_meters_began_in_january_is_judged(client: TestClient, registered: Registered, line: Line) -> None:
    # 20 January: 346 of 365 days, 94.8 %.
    given = {"process": "aluminium_electrolysis", "commissioned_on": "2012-01-01"}
    plant = Plant(registered, line, unit=given, trade="aluminium", valid_from="2025-01-20")
    plant.uses("2025-01-20", "2026-01-01", {("electricity", "input"): 133_450.0, ("product", "product"): 10.0})
    line.roll_up()
    assert (tariff(client, plant)["surcharge"], code_of(tariff(client, plant))) == (0.03, ("breach", "surcharge"))


def test_unknown_unit_and_odd_year_are_refused(client: TestClient) -> None:
    assert refused(client, "tariff", unit="U-NONE") == (404, "unknown_unit")
    assert refused(client, "tariff", unit="U-NONE", year=1999) == (422, "invalid_parameter")


def test_tariffs_of_a_place_are_one_list_that_says_what_they_come_to(
    client: TestClient, registered: Registered, line: Line
) -> None:
    paying = smelter(registered, line, 13_345.0)
    sparing = smelter(registered, line, 13_300.0)
    punished = ferrosilicon(registered, line, 1_900.0, capacity_class="eliminated")
    other = Plant(registered, line, unit={"process": None}, trade="other")
    paying.uses("2026-01-01", "2026-01-11", {("electricity", "input"): 1_000.0})
    line.roll_up()
    ask_at(client, datetime(2026, 1, 11, tzinfo=SHANGHAI))
    answer = asked(client, "tariff", year=2026, area="150600", total=True)
    alone = tariff(client, paying)
    rows = {row["unit"]: row for row in answer["data"]}
    assert set(rows) == {paying.unit, sparing.unit, punished.unit}
    assert other.unit not in rows
    assert rows[paying.unit] == {name: alone[name] for name in rows[paying.unit]}
    # 10 000 kWh bought in 2026, at 0.03 yuan/kWh.
    assert answer["totals"] == {
        "units": 3,
        "due": 1,
        "none_due": 1,
        "cannot_judge": 1,
        "punitive": 1,
        "surcharge_yuan": pytest.approx(300.0),
        "punitive_yuan": 0.0,
        "provisional": True,
    }
    assert answer["total"] == 3
    assert answer["facets"]["rule"] == {"aluminium": 2, "unified": 1}
    assert answer["facets"]["area"] == {"150600": 3, "150622": 3}
    assert answer["names"]["area"]["150600"] == {"zh": "鄂尔多斯市", "en": "Ordos City"}
    assert answer["names"]["process"]["ferrosilicon"]["zh"]

    due = asked(client, "tariff", year=2026, verdict="breach,ok", order="-surcharge")
    assert [row["unit"] for row in due["data"]] == [paying.unit, sparing.unit]
    assert due["facets"]["verdict"] == {"breach": 1, "cannot_judge": 1, "ok": 1}
    assert refused(client, "tariff", unit=paying.unit, area="150600") == (422, "invalid_parameter")
