"""The progress of areas in dual control: reported or measured, judged, forecast, and listed with their lights."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI, start_of_day
from services.judging.data.plans import FOLDER
from tests.integration.clock import ask_at
from tests.integration.judged import PRINTED_NCV
from tests.integration.line import Line
from tests.integration.registered import DALAD, HOHHOT, JUNGAR, ORDOS, SAIHAN, Registered
from tests.integration.served import api

ADDRESS = "/api/v1/progress"
DONGSHENG = "150602"
UNITS = {"gdp": "10k CNY", "gdp_growth_plan": "%", "intensity_reduction_plan": "%"}
COAL = 0.7143
"""kgce per kg of raw coal (GB/T 2589)."""


def at(client: TestClient, day: date) -> None:
    """Let it be noon of that day."""
    ask_at(client, start_of_day(day) + timedelta(hours=12))


@pytest.fixture(autouse=True)
def _november_2026(client: TestClient) -> None:
    at(client, date(2026, 11, 21))


def reported(client: TestClient, area: str, year: int | str, **numbers: float) -> None:
    """Report numbers of an area for a period; GDP at the prices of 2020."""
    entries = [
        {
            "owner": f"area:{area}",
            "kind": kind,
            "period": str(year),
            "value": value,
            "unit": UNITS.get(kind, "tce"),
        }
        | ({"price_base": 2020} if kind == "gdp" else {})
        for kind, value in numbers.items()
    ]
    answer = client.post("/api/v1/statistics", json=entries)
    assert answer.status_code == 200, answer.text


def progress(client: TestClient, **parameters: Any) -> dict[str, Any]:
    answer = client.get(ADDRESS, params=parameters)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def refused(client: TestClient, **parameters: Any) -> tuple[int, str]:
    answer = client.get(ADDRESS, params=parameters)
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def five_years(client: TestClient) -> TestClient:
    """Ordos from 2020 to 2025; GDP grows by 5 % a year, energy by 1 %, feedstock and renewables are in it."""
    # energy less feedstock 900, 909, ... of GDP 1000, 1050, ...: each year falls by 1 - 1.01 / 1.05 = 3.8095 %
    for i, year in enumerate(range(2020, 2026)):
        reported(
            client,
            ORDOS,
            year,
            energy_consumption=1000 * 1.01**i,
            feedstock_energy=100 * 1.01**i,
            renewable_consumption=50 + 10 * i,
            gdp=1000 * 1.05**i,
            gdp_growth_plan=5,
            intensity_reduction_plan=3.5,
        )
    return client


@pytest.mark.store
def test_the_five_year_evaluation_of_a_league(five_years: TestClient) -> None:
    found = progress(five_years, area=ORDOS, year=2025)
    assert (found["evaluation"], found["plan"]["code"], found["price_base"]) == ("final", "14", 2020)
    # 1 - (1.01 / 1.05)^5 = 17.651 %: 16.5 % are met, 18.7 % are not
    last = found["years"][-1]
    assert last["cumulative_percent"] == pytest.approx(17.651, abs=0.001)
    assert (found["intensity"]["verdict"], found["intensity"]["standing"]) == ("ok", "met")
    assert (found["basic"]["target_percent"], found["incentive"]["target_percent"]) == (16.5, 18.7)
    # ln(1 - 0.17651) / ln(1 - 0.165) = 107.7 %
    assert found["basic"]["completion_percent"] == pytest.approx(107.7, abs=0.1)
    assert (found["waiver"]["waived"], found["waiver"]["reason"]) == (False, "incentive_not_reached")
    assert (found["lights"]["intensity"]["level"], found["lights"]["intensity"]["reason"]) == ("III", "on_course")
    assert [year["year"] for year in found["years"]] == list(range(2020, 2026))


def test_the_answer_names_the_rows_and_the_reports_it_stands_on(five_years: TestClient) -> None:
    found = progress(five_years, area=ORDOS, year=2025)
    assert found["basic"]["rows"] == ["IA1-150600", "OA1-150600", "OR-01"]
    rows = {row["code"]: row for row in found["rows"]}
    assert rows["IA1-150600"]["value"] == 16.5
    assert rows["IA1-150600"]["place"] == "000:L529"
    assert {"coverage_least", "total_warning_margin"} <= rows.keys()
    gdp = [s for s in found["statistics"] if s["kind"] == "gdp"]
    assert [(s["period"], s["price_base"], s["version"]) for s in gdp] == [(str(y), 2020, 1) for y in range(2020, 2026)]


def test_the_total_is_derived_term_by_term(five_years: TestClient) -> None:
    found = progress(five_years, area=ORDOS, year=2021)
    # 900 x 1.05 x 0.965 = 911.925; 2021: 1010 - 101 - 10 new renewables = 899
    total = found["total"]
    assert total["target"]["reference_tce"] == pytest.approx(900)
    assert total["target"]["target_tce"] == pytest.approx(911.925)
    assert (total["energy_tce"], total["feedstock_tce"]) == (pytest.approx(1010), pytest.approx(101))
    assert total["new_renewable_tce"] == pytest.approx(10)
    assert total["assessed_tce"] == pytest.approx(899)
    assert (total["verdict"], total["binding"], found["lights"]["total"]["level"]) == ("ok", False, "III")
    # the renewables stay in the intensity
    assert found["years"][-1]["counted_tce"] == pytest.approx(909)
    assert found["total_of_plan"] is None


def test_the_mid_term_evaluation_looks_at_the_plan_so_far(five_years: TestClient) -> None:
    found = progress(five_years, area=ORDOS, year=2023)
    assert (found["evaluation"], found["intensity"]["standing"]) == ("midterm", "ahead")
    # renewables since 2020: 80 - 50; since 2022: 80 - 70
    assert found["total_of_plan"]["new_renewable_tce"] == pytest.approx(30)
    assert found["total"]["new_renewable_tce"] == pytest.approx(10)
    # required by then: 1 - 0.835^(3/5) = 10.255 %
    assert found["basic"]["required_percent"] == pytest.approx(10.255, abs=0.001)


def test_t10_a_banner_with_zero_and_stroke_is_never_waived(client: TestClient) -> None:
    for year in range(2020, 2026):
        reported(client, DONGSHENG, year, energy_consumption=1000 - 100 * (year - 2020), gdp=1000)
    found = progress(client, area=DONGSHENG, year=2025)
    assert (found["basic"]["state"], found["basic"]["target_percent"]) == ("zero", 0)
    assert (found["incentive"]["state"], found["incentive"]["target_percent"]) == ("not_applicable", None)
    assert found["intensity"]["standing"] == "met"
    assert (found["waiver"]["waived"], found["waiver"]["reason"]) == (False, "incentive_not_applicable")


def test_t35_the_region_has_no_incentive_target(client: TestClient) -> None:
    found = progress(client, area="150000", year=2025)
    assert (found["basic"]["target_percent"], found["incentive"]["state"]) == (15, "missing")
    assert found["waiver"]["reason"] == "incentive_not_set"


def test_what_is_missing_is_named_by_year_and_number(five_years: TestClient) -> None:
    reported(five_years, HOHHOT, 2020, energy_consumption=100, gdp=100)
    reported(five_years, HOHHOT, 2022, energy_consumption=100)
    found = progress(five_years, area=HOHHOT, year=2022)
    assert found["intensity"]["verdict"] == "cannot_judge"
    missing = {(o["year"], o["what"]) for o in found["intensity"]["obstacles"] if o["reason"] == "number_missing"}
    assert missing == {(2021, "energy_consumption"), (2021, "gdp"), (2022, "gdp")}
    assert "缺少2021年地区生产总值" in {o["text_zh"] for o in found["intensity"]["obstacles"]}
    assert found["lights"]["intensity"]["level"] is None


def test_a_year_may_be_reported_by_its_quarters(five_years: TestClient) -> None:
    for quarter in range(1, 5):
        for year in (2020, 2021):
            reported(five_years, HOHHOT, f"{year}-Q{quarter}", energy_consumption=25, gdp=year - 1995)
    found = progress(five_years, area=HOHHOT, year=2021)
    assert [(y["energy_tce"], y["gdp_10k_cny"]) for y in found["years"]] == [(100, 100), (100, 104)]


def test_a_correction_is_judged_in_its_newest_version(five_years: TestClient) -> None:
    reported(five_years, ORDOS, 2025, energy_consumption=1100)
    found = progress(five_years, area=ORDOS, year=2025)
    # 1100 - 105.1 = 994.9 of 1276.3: 1 - 0.77953 / 0.9 = 13.4 %
    assert found["intensity"]["standing"] == "not_met"
    assert found["intensity"]["verdict"] == "breach"


def test_the_warning_map_lists_every_area_that_has_a_target(five_years: TestClient) -> None:
    listed = progress(five_years, year=2025)["data"]
    codes = [entry["area"]["code"] for entry in listed]
    assert len(codes) == 22  # the region, 12 leagues and 9 banners of Ordos
    assert codes == sorted(codes)
    lights = {entry["area"]["code"]: entry["lights"]["intensity"]["level"] for entry in listed}
    assert lights.pop(ORDOS) == "III"
    assert set(lights.values()) == {None}
    below = progress(five_years, area=ORDOS, below=True, year=2025)["data"]
    assert [entry["area"]["code"] for entry in below][:2] == [ORDOS, DONGSHENG]
    assert len(below) == 10


def test_the_warning_map_is_paged(client: TestClient) -> None:
    whole = [entry["area"]["code"] for entry in progress(client, year=2025)["data"]]
    first = progress(client, year=2025, limit=20)
    second = progress(client, year=2025, limit=20, cursor=first["next"])
    assert [entry["area"]["code"] for entry in first["data"] + second["data"]] == whole
    assert second["next"] is None


def test_what_cannot_be_asked_is_refused(client: TestClient) -> None:
    assert refused(client, area="999999", year=2025) == (404, "unknown_area")
    assert refused(client, area=ORDOS, year=2026, plan="14") == (422, "year_outside_plan")
    assert refused(client, area=ORDOS, plan="99") == (422, "invalid_parameter")
    assert refused(client, below=True, year=2025) == (422, "invalid_parameter")
    assert refused(client, year=2025, cursor="x") == (400, "bad_cursor")
    assert refused(client, area=ORDOS, yaer=2025) == (422, "invalid_parameter")
    assert refused(client, area=ORDOS, light="I") == (422, "invalid_parameter")


def test_the_list_says_which_year_it_shows_and_why(client: TestClient) -> None:
    told = progress(client)
    assert (told["year"], told["year_from"], told["plan"]["code"]) == (2025, "end_of_plan", "14")
    told = progress(client, year=2026)
    assert (told["year"], told["year_from"], told["plan"]) == (2026, "asked", None)
    at(client, date(2025, 11, 21))
    told = progress(client)
    assert (told["year"], told["year_from"]) == (2025, "at_hand")


def test_the_list_is_narrowed_ordered_counted_and_named(five_years: TestClient) -> None:
    lit = progress(five_years, year=2025, light="III,II,I", total=True)
    assert [entry["area"]["code"] for entry in lit["data"]] == [ORDOS]
    assert (lit["total"], lit["facets"]["light"]) == (1, {"III": 1, "none": 21})
    assert lit["names"] == {"area": {ORDOS: {"zh": "鄂尔多斯市", "en": "Ordos City"}}}
    assert lit["facets"]["level"] == {"league": 1}
    first = progress(five_years, year=2025, order="-completion_percent", level="league", limit=1)["data"]
    assert [entry["area"]["code"] for entry in first] == [ORDOS]
    assert [e["area"]["code"] for e in progress(five_years, year=2025, q="鄂尔多斯")["data"]] == [ORDOS]


def test_the_path_through_the_plan_has_what_was_asked_for_beside_what_was_reached(five_years: TestClient) -> None:
    answer = progress(five_years, area=ORDOS, year=2023)
    path = {entry["year"]: entry for entry in answer["path"]}
    assert list(path) == [2020, 2021, 2022, 2023, 2024, 2025]
    assert path[2020]["required_percent"] == 0
    assert path[2025]["required_percent"] == pytest.approx(16.5)
    assert path[2025]["incentive_percent"] == pytest.approx(18.7)
    assert path[2025]["cumulative_percent"] is None
    assert path[2023]["cumulative_percent"] == pytest.approx(100 * (1 - (1.01 / 1.05) ** 3))
    listed = {entry["area"]["code"]: entry for entry in progress(five_years, year=2023)["data"]}
    assert listed[ORDOS]["path"] == answer["path"]


def test_a_trial_judges_the_year_by_what_is_assumed_and_leaves_it_as_it_is(five_years: TestClient) -> None:
    known = progress(five_years, area=ORDOS, year=2025)
    tried = progress(five_years, area=ORDOS, year=2025, assume_gdp_growth_percent=1.0, assume_energy_tce=1100)
    assert known["trial"] is None
    assert {**tried, "trial": None} == known
    trial = tried["trial"]
    # (1100 - feedstock 105.101) of GDP 1000 x 1.05^4 x 1.01, against 0.9 in 2020
    intensity = (1100 - 100 * 1.01**5) / (1000 * 1.05**4 * 1.01)
    assert trial["year"]["intensity"] == pytest.approx(intensity)
    assert trial["year"]["cumulative_percent"] == pytest.approx(100 * (1 - intensity / 0.9))
    assert trial["lights"]["intensity"]["level"] == "I"
    assert known["lights"]["intensity"]["level"] == "III"
    assert trial["intensity"]["verdict"] == "breach"
    assert refused(five_years, year=2025, assume_energy_tce=1) == (422, "invalid_parameter")


def test_without_a_year_the_list_is_that_of_the_newest_plan_begun(client: TestClient) -> None:
    assert {entry["year"] for entry in progress(client)["data"]} == {2025}
    assert progress(client, plan="13")["data"][0]["year"] == 2020


def test_t34_a_new_plan_is_a_file(database_url: str, tmp_path: Path) -> None:
    plans = tmp_path / "plans"
    plans.mkdir()
    listed = (FOLDER / "plans.csv").read_text("utf-8").splitlines()
    fifteenth = (
        listed[-1]
        .replace("14,“十四五”规划,14th", "15,“十五五”规划,15th")
        .replace("2021,2025,2020,2023,,", "2026,2030,2025,2028,2025,")
    )
    (plans / "plans.csv").write_text(f"{listed[0]}\n{fifteenth}\n", "utf-8")
    header, *rows = (FOLDER / "14.csv").read_text("utf-8").splitlines()
    row = next(row for row in rows if row.startswith("IA1-150600,"))
    row = row.replace("IA1-150600,14,", "X-150600,15,").replace(",2025,2020,", ",2030,2025,")
    (plans / "15.csv").write_text(
        f"{header}\n{row.replace('2021-01-01,2026-01-01', '2026-01-01,2031-01-01')}\n", "utf-8"
    )
    with api(database_url=database_url, data=tmp_path) as client:
        found = progress(client, area=ORDOS, year=2026)
        assert (found["plan"]["code"], found["plan"]["last_year"], found["evaluation"]) == ("15", 2030, "annual")
        assert found["basic"]["rows"] == ["X-150600"]
        assert found["basic"]["required_percent"] == pytest.approx(100 * (1 - 0.835 ** (1 / 5)))


class Coal:
    """A plant of Jungar Banner that burns so many tonnes a day, told by one meter at each midnight.

    Its coal is measured, and holds what the standard prints.
    """

    def __init__(self, client: TestClient, registered: Registered, database_url: str) -> None:
        self._line = Line(client, database_url)
        enterprise = registered.enterprise(valid_from="2024-01-01")
        self.heat_value = registered.heat_value(enterprise, "raw_coal", PRINTED_NCV)
        self._gateway = registered.gateway(enterprise)
        self._meter = registered.meter(
            unit_code=registered.unit(enterprise),
            gateway_code=self._gateway,
            kind="interval",
            carrier="raw_coal",
            unit_of_measure="t",
            interval_s=86_400,
            valid_from="2025-01-01",
        )

    def burn(self, from_day: date, to_day: date, tonnes_a_day: float) -> None:
        days = [start_of_day(from_day) + timedelta(days=i) for i in range((to_day - from_day).days)]
        self._line.send(self._gateway, [(self._meter, day, tonnes_a_day) for day in days])
        self._line.roll_up()


@pytest.fixture
def coal(client: TestClient, registered: Registered, database_url: str) -> Coal:
    at(client, date(2026, 3, 1))
    return Coal(client, registered, database_url)


def test_the_running_year_is_forecast_by_the_season_before(client: TestClient, coal: Coal) -> None:
    # 10 t a day in 2025; 11 t a day in January and February 2026: the year comes to 11 x 365 t
    coal.burn(date(2025, 1, 1), date(2026, 1, 1), 10)
    coal.burn(date(2026, 1, 1), date(2026, 3, 1), 11)
    reported(client, JUNGAR, 2025, gdp=1000)
    reported(client, JUNGAR, 2026, gdp_growth_plan=5, intensity_reduction_plan=3)
    found = progress(client, area=JUNGAR)
    assert (found["year"], found["plan"], found["intensity"]["reason"]) == (2026, None, "no_plan")
    forecast = found["forecast"]
    assert (forecast["method"], forecast["until"]) == ("seasonal", "2026-03-01")
    assert forecast["so_far"] == {"tce": pytest.approx(59 * 11 * COAL), "days": 59, "coverage": 1.0}
    assert forecast["last_span"]["tce"] == pytest.approx(59 * 10 * COAL)
    assert forecast["energy_tce"] == pytest.approx(365 * 11 * COAL)
    # energy +10 %, GDP +5 % as planned: the intensity rises by 4.76 %
    assert forecast["year"]["reduction_percent"] == pytest.approx(100 * (1 - 1.1 / 1.05))
    # no plan says how it must go, so that nothing is lit
    assert (forecast["lights"]["intensity"]["level"], forecast["lights"]["intensity"]["reason"]) == (None, "no_plan")
    # 2025 x 1.05 x 0.97 = 1.0185; 1.1 is 8 % above it
    assert forecast["lights"]["total"]["level"] == "I"
    assert {row["origin"] for row in found["rows"] if "raw_coal" in row["code"]} == {"own", "table"}


def test_where_the_range_of_its_coal_could_turn_it_an_area_is_not_judged(client: TestClient, coal: Coal) -> None:
    coal.burn(date(2025, 1, 1), date(2026, 1, 1), 10)
    coal.burn(date(2026, 1, 1), date(2026, 3, 1), 11)
    reported(client, JUNGAR, 2025, gdp=1000)
    reported(client, JUNGAR, 2026, gdp_growth_plan=5, intensity_reduction_plan=3)
    measured = progress(client, area=JUNGAR)["forecast"]
    assert measured["lights"]["total"]["level"] == "I"
    assert client.delete(f"/api/v1/heat-values/{coal.heat_value}").status_code == 204
    forecast = progress(client, area=JUNGAR)["forecast"]
    assert forecast["energy_tce"] == pytest.approx(measured["energy_tce"])
    assert forecast["lights"]["total"]["level"] is None
    found = [(obstacle["reason"], obstacle["year"], obstacle["what"]) for obstacle in forecast["obstacles"]]
    assert ("heat_value_unknown", 2026, "energy_consumption") in found


def test_a_running_year_without_the_year_before_goes_by_days(client: TestClient, coal: Coal) -> None:
    coal.burn(date(2026, 1, 1), date(2026, 3, 1), 11)
    forecast = progress(client, area=JUNGAR)["forecast"]
    assert forecast["method"] == "linear"
    assert forecast["energy_tce"] == pytest.approx(365 * 11 * COAL)
    assert forecast["last_span"] is None
    # 2025 was expected and did not come: that is not zero
    missing = [(o["reason"], o["what"]) for o in forecast["obstacles"] if o["year"] == 2025]
    assert ("number_missing", "energy_consumption") in missing


def test_a_running_year_measured_badly_is_not_forecast(client: TestClient, coal: Coal) -> None:
    coal.burn(date(2026, 1, 1), date(2026, 2, 1), 11)
    forecast = progress(client, area=JUNGAR)["forecast"]
    assert (forecast["method"], forecast["energy_tce"]) == (None, None)
    assert [(o["reason"], o["year"]) for o in forecast["obstacles"]] == [("low_coverage", 2026)]
    assert forecast["obstacles"][0]["text"] == "too little was measured of energy consumption of 2026"


def test_a_measured_year_says_so_and_is_not_compared_with_a_reported_one(client: TestClient, coal: Coal) -> None:
    coal.burn(date(2025, 1, 1), date(2026, 1, 1), 10)
    reported(client, JUNGAR, 2024, energy_consumption=5000, gdp=1000)
    reported(client, JUNGAR, 2025, gdp=1000)
    found = progress(client, area=JUNGAR, year=2025)
    last = found["years"][-1]
    assert (last["source"], last["coverage"], last["energy_tce"]) == ("measured", 1.0, pytest.approx(3650 * COAL))
    assert last["reduction_percent"] is None
    assert ("sources_differ", 2025) in {(o["reason"], o["year"]) for o in found["intensity"]["obstacles"]}
    assert progress(client, area=DALAD, year=2025)["years"][-1]["energy_tce"] is None
    assert progress(client, area=SAIHAN, year=2025)["intensity"]["reason"] == "no_target"


def test_the_day_is_that_of_shanghai(client: TestClient, coal: Coal) -> None:
    ask_at(client, datetime(2026, 1, 1, 0, 30, tzinfo=SHANGHAI))
    found = progress(client, area=JUNGAR)
    assert (found["year"], found["forecast"]["method"]) == (2026, None)
