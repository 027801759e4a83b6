"""All metrics of dual control in the running year: carbon, coal, oil and the non-fossil share beside the energy."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.judging.data.plans import FOLDER
from tests.integration.judged import Plant, asked
from tests.integration.judging.test_progress import COAL, at, progress, reported
from tests.integration.line import Line
from tests.integration.registered import JUNGAR, ORDOS, Registered
from tests.integration.served import api

CO2_OF_COAL = COAL * 29.3076 * 26.37 / 1000 * 0.94 * 44 / 12
"""t CO2 per t of raw coal of 0.7143 kgce/kg, which the plant has measured: heat x carbon x oxidation x 44/12."""


def metrics(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {metric["metric"]: metric for metric in found["metrics"]}


def carbon(client: TestClient, area: str, **by_year: tuple[float, float]) -> None:
    """Report CO2 and GDP, both of a year, by `y2025` and the like; GDP at the prices of 2025."""
    entries = []
    for year, (tonnes, gdp) in by_year.items():
        common = {"owner": f"area:{area}", "period": year.removeprefix("y")}
        entries.append(common | {"kind": "co2_energy", "value": tonnes, "unit": "tCO2"})
        entries.append(common | {"kind": "gdp", "value": gdp, "unit": "10k CNY", "price_base": 2025})
    answer = client.post("/api/v1/statistics", json=entries)
    assert answer.status_code == 200, answer.text


def fifteenth(folder: Path, *targets: tuple[str, str, str, str, str]) -> None:
    """A 15th plan as a file in an operator's folder; targets: code, indicator, op, value and unit."""
    plans = folder / "plans"
    plans.mkdir()
    header, *listed = (FOLDER / "plans.csv").read_text("utf-8").splitlines()
    plan = listed[-1].replace("14,“十四五”规划,14th", "15,“十五五”规划,15th")
    plan = plan.replace("2021,2025,2020,2023,,", "2026,2030,2025,2028,2025,")
    (plans / "plans.csv").write_text(f"{header}\n{plan}\n", "utf-8")
    columns = (FOLDER / "14.csv").read_text("utf-8").splitlines()[0].split(",")
    rows = []
    for code, indicator, op, value, unit in targets:
        cells = {
            "code": code,
            "plan": "15",
            "area_code": ORDOS,
            "indicator_zh": indicator,
            "indicator": indicator,
            "kind": "target",
            "op": op,
            "state": "number",
            "value": value,
            "value_printed": value,
            "unit": unit,
            "target_year": "2030",
            "base_year": "2025",
            "nature": "binding",
            "stage": "basic" if indicator.endswith("_reduction") else "",
            "value_scope": "own",
            "valid_from": "2026-01-01",
            "valid_to": "2031-01-01",
            "source": "十五五",
            "place": "1",
            "quote": indicator,
            "verified": "no",
        }
        rows.append(",".join(cells.get(column, "") for column in columns))
    (plans / "15.csv").write_text("\n".join([",".join(columns), *rows]) + "\n", "utf-8")


def test_a_year_without_a_plan_shows_the_trend_of_every_metric_and_says_so(client: TestClient) -> None:
    at(client, date(2027, 3, 1))
    carbon(client, ORDOS, y2025=(2000.0, 1000.0), y2026=(2050.0, 1060.0))
    reported(client, ORDOS, 2025, energy_consumption=900)
    reported(client, ORDOS, 2026, energy_consumption=910)
    found = progress(client, area=ORDOS, year=2026)
    assert (found["plan"], found["grade"]) == (None, None)
    told = metrics(found)
    assert list(told) == [
        "energy_intensity_assessed",
        "energy_total_assessed",
        "co2_intensity",
        "co2_total",
        "coal_consumption",
        "oil_consumption",
        "non_fossil_share",
    ]
    for metric in told.values():
        assert (metric["verdict"], metric["reason"], metric["light"]["level"], metric["grade"]) == (
            "cannot_judge",
            "no_plan",
            None,
            None,
        )
        assert "规划" in metric["text_zh"]
    total, intensity = told["co2_total"], told["co2_intensity"]
    assert (total["actual"], total["trend"]["direction"]) == (2050.0, "rises")
    assert total["trend"]["change_percent"] == pytest.approx(2.5)
    # 2050 / 1060 against 2000 / 1000, both at the prices of 2025
    assert intensity["actual"] == pytest.approx(2050 / 1060)
    assert intensity["trend"]["change_percent"] == pytest.approx(100 * (2050 / 1060 / 2 - 1))
    assert intensity["trend"]["text_zh"] == "2026年较2025年下降：-3.30 %"
    assert told["energy_intensity_assessed"]["trend"]["direction"] == "falls"
    # nobody reported coal and no meter saw any: unknown, which is not zero
    assert (told["coal_consumption"]["actual"], told["coal_consumption"]["trend"]["direction"]) == (None, "unknown")


def test_the_trend_of_a_year_not_yet_known_is_that_of_the_years_before_it(client: TestClient) -> None:
    at(client, date(2026, 11, 21))
    carbon(client, ORDOS, y2024=(2000.0, 1000.0), y2025=(1900.0, 1000.0))
    reported(client, ORDOS, 2024, energy_consumption=900)
    reported(client, ORDOS, 2025, energy_consumption=910)
    told = metrics(progress(client, area=ORDOS, year=2026))
    for code, direction, change in (
        ("co2_total", "falls", -5),
        ("co2_intensity", "falls", -5),
        ("energy_intensity_assessed", "rises", 100 / 90),
        ("energy_total_assessed", "rises", 100 / 90),
    ):
        trend = told[code]["trend"]
        assert (trend["direction"], trend["since"], trend["until"]) == (direction, 2024, 2025), code
        assert trend["change_percent"] == pytest.approx(change), code
        assert (told[code]["actual"], told[code]["light"]["level"]) == (None, None), code


def test_the_intensity_is_at_the_prices_at_which_the_newest_gdp_is_known(client: TestClient) -> None:
    at(client, date(2027, 3, 1))
    # 2024 and 2025 at the prices of 2020, 2025 and 2026 at those of 2025
    reported(client, ORDOS, 2024, gdp=700)
    reported(client, ORDOS, 2025, gdp=750)
    carbon(client, ORDOS, y2025=(2000.0, 1000.0), y2026=(1900.0, 1000.0))
    told = metrics(progress(client, area=ORDOS, year=2026))["co2_intensity"]
    assert told["actual"] == pytest.approx(1.9)
    assert (told["trend"]["until"], told["trend"]["change_percent"]) == (2026, pytest.approx(-5))


def test_the_list_of_a_year_without_a_plan_is_answered(client: TestClient) -> None:
    at(client, date(2026, 11, 21))
    listed = progress(client, year=2026, limit=100)["data"]
    assert len(listed) == 22
    assert {entry["plan"] for entry in listed} == {None}
    assert {metric["light"]["level"] for entry in listed for metric in entry["metrics"]} == {None}
    assert {entry["grade"] for entry in listed} == {None}
    assert progress(client, year=1999, limit=100)["data"]


def test_what_a_metric_lacks_is_named_by_year_and_number(client: TestClient) -> None:
    at(client, date(2026, 11, 21))
    share = metrics(progress(client, area=ORDOS, year=2025))["non_fossil_share"]
    assert (share["verdict"], share["reason"], share["target"]["value"]) == ("cannot_judge", "number_missing", 12.0)
    assert (share["text"], share["text_zh"]) == (
        "the share of non-fossil energy of 2025 is not known",
        "缺少2025年非化石能源消费占比",
    )


def test_what_the_nation_has_set_itself_is_context_and_judges_nobody(client: TestClient) -> None:
    at(client, date(2026, 11, 21))
    nation = {aim["code"]: aim for aim in progress(client, area=ORDOS, year=2026)["national"]}
    fall, share = nation["nation.co2_intensity.2030"], nation["nation.non_fossil_share.2030"]
    assert (fall["metric"], fall["value"], fall["base_year"], fall["target_year"]) == (
        "co2_intensity",
        17.0,
        2025,
        2030,
    )
    assert (share["value"], share["unit"]) == (25.0, "%")
    assert {(aim["level"], aim["verified"]) for aim in nation.values()} == {("nation", False)}
    assert progress(client, area=ORDOS, year=2025)["national"] == []


def test_a_plan_to_come_is_a_file_and_judges_every_metric_it_names(database_url: str, tmp_path: Path) -> None:
    fifteenth(
        tmp_path,
        ("X-1", "carbon_intensity_gdp_reduction", ">=", "17", "%"),
        ("X-2", "coal_consumption", "<=", "0.09", "10ktce"),
        ("X-3", "co2_energy", "<=", "1900", "tCO2"),
    )
    with api(database_url=database_url, data=tmp_path) as client:
        at(client, date(2027, 3, 1))
        carbon(client, ORDOS, y2025=(2000.0, 1000.0), y2026=(2050.0, 1100.0))
        entry = {"owner": f"area:{ORDOS}", "kind": "coal_consumption", "unit": "tce"}
        for year, tce in ((2025, 1000.0), (2026, 985.0)):
            taken = client.post("/api/v1/statistics", json=entry | {"period": str(year), "value": tce})
            assert taken.status_code == 200, taken.text
        found = progress(client, area=ORDOS, year=2026)
        assert found["plan"]["code"] == "15"
        told = metrics(found)
        intensity, coal, total = told["co2_intensity"], told["coal_consumption"], told["co2_total"]
        # 2050 / 1100 = 1.8636; on the path 2 x 0.83^(1/5) = 1.9268 is enough
        assert (intensity["target"]["value"], intensity["target"]["rows"]) == (17.0, ["X-1"])
        assert intensity["path"] == pytest.approx(2 * 0.83**0.2)
        assert intensity["completion_percent"] == pytest.approx(37.9, abs=0.05)
        assert (intensity["standing"], intensity["light"]["level"], intensity["grade"]["text_zh"]) == (
            "ahead",
            "III",
            "合格",
        )
        # 1000 to 900 in five years: 980 after the first
        assert (coal["target"]["value"], coal["path"], coal["light"]["level"]) == (900.0, pytest.approx(980), "II")
        assert (coal["grade"]["grade"], coal["grade"]["text_zh"]) == ("unqualified", "不合格")
        # it rose, and is behind its path of 1980
        assert (total["light"]["level"], total["verdict"], total["standing"]) == ("I", "ok", "behind")
        assert told["oil_consumption"]["reason"] == "no_target"
        assert found["grade"]["grade"] == "unqualified"
        rows = client.get("/api/v1/targets", params={"area": ORDOS, "plan": "15"}).json()["data"]
        assert [row["code"] for row in rows] == ["X-1", "X-2", "X-3"]


def test_the_carbon_of_a_running_year_is_that_of_its_meters_and_feedstock_is_kept_apart(
    client: TestClient, registered: Registered, database_url: str
) -> None:
    line = Line(client, database_url)
    plant = Plant(
        registered, line, unit={"process": "coking_stamp"}, meters_since="2025-01-01", trade="coke", area_code=JUNGAR
    )
    for start, end, burnt, made in (("2025-01-01", "2026-01-01", 10.0, 4.0), ("2026-01-01", "2026-03-01", 11.0, 4.0)):
        plant.uses(start, end, {("raw_coal", "input"): burnt, ("raw_coal", "feedstock"): made})
    line.roll_up()
    at(client, date(2026, 3, 1))
    found = metrics(progress(client, area=JUNGAR, year=2026))
    carbon_total, coal = found["co2_total"], found["coal_consumption"]
    last_year, running = carbon_total["years"][-2:]
    assert last_year["value"] == pytest.approx(365 * 10 * CO2_OF_COAL)
    assert last_year["kept_apart_tco2"] == pytest.approx(365 * 4 * CO2_OF_COAL)
    # January and February are 10 % above those of the year before, so the year is
    assert (running["running"], running["source"]) == (True, "measured")
    assert running["so_far"] == pytest.approx(59 * 11 * CO2_OF_COAL)
    assert running["value"] == pytest.approx(365 * 11 * CO2_OF_COAL)
    assert carbon_total["trend"]["change_percent"] == pytest.approx(10)
    # feedstock is coal consumed, though it is not burnt
    assert coal["years"][-2]["value"] == pytest.approx(365 * 14 * COAL)
    assert found["oil_consumption"]["actual"] == 0
    share = found["non_fossil_share"]
    assert (share["actual"], share["running"]) == (0.0, True)
    # without GDP there is no intensity, and the answer says of which year it lacks
    intensity = found["co2_intensity"]
    assert (intensity["actual"], intensity["reason"]) == (None, "no_plan")


def test_the_share_of_a_running_year_is_that_of_the_indicator(
    client: TestClient, registered: Registered, database_url: str
) -> None:
    line = Line(client, database_url)
    plant = Plant(registered, line, unit={"process": None}, meters_since="2026-01-01", trade="other", area_code=JUNGAR)
    bought = {("electricity", "input"): 600.0, ("electricity", "renewable"): 200.0, ("raw_coal", "input"): 1.0}
    plant.uses("2026-01-01", "2026-03-01", bought)
    line.roll_up()
    at(client, date(2026, 3, 1))
    for area in (JUNGAR, ORDOS, "150000"):
        share = metrics(progress(client, area=area, year=2026))["non_fossil_share"]
        question = {"scope": f"area:{area}", "start": "2026-01-01", "end": "2026-03-01", "bucket": "total"}
        (row,) = asked(client, "indicators/non_fossil_share", **question)["data"]
        assert share["actual"] == row["value"], area
        assert 0 < share["actual"] < 25


def test_a_share_that_the_heat_of_the_coal_could_take_below_its_target_is_not_judged(
    client: TestClient, registered: Registered, database_url: str
) -> None:
    line = Line(client, database_url)
    unit: dict[str, Any] = {"process": None}
    plant = Plant(
        registered, line, unit=unit, meters_since="2025-01-01", raw_coal_ncv=None, trade="other", area_code=JUNGAR
    )
    plant.uses("2025-01-01", "2026-01-01", {("electricity", "renewable"): 1000.0, ("raw_coal", "input"): 2.4})
    line.roll_up()
    at(client, date(2026, 3, 1))
    told = metrics(progress(client, area=ORDOS, year=2025))["non_fossil_share"]
    assert told["actual"] > told["target"]["value"] == 12.0
    assert (told["verdict"], told["reason"]) == ("cannot_judge", "heat_value_unknown")
    assert (told["light"]["level"], told["standing"], told["grade"]) == (None, None, None)
    assert told["text_zh"] == "2025年非化石能源消费占比所用热值未实测，其取值范围内结论不定"
    registered.heat_value(plant.enterprise, "raw_coal", 20.93441868)
    line.roll_up()
    told = metrics(progress(client, area=ORDOS, year=2025))["non_fossil_share"]
    assert (told["verdict"], told["standing"], told["obstacles"]) == ("ok", "met", [])


def test_carbon_is_reported_by_area_and_by_enterprise(client: TestClient, registered: Registered) -> None:
    at(client, date(2026, 11, 21))
    owners = (f"area:{ORDOS}", f"enterprise:{registered.enterprise()}")
    for owner in owners:
        for kind, unit in (("co2_energy", "tCO2"), ("coal_consumption", "tce"), ("oil_consumption", "tce")):
            entry = {
                "owner": owner,
                "kind": kind,
                "period": "2025",
                "value": 1.5,
                "unit": unit,
            }
            assert client.post("/api/v1/statistics", json=entry).status_code == 200, (owner, kind)
