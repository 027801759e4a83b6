"""The ledger of two-high projects: what units of the eight trades used by their meters, beside what was approved."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from tests.integration.clock import ask_at
from tests.integration.judged import Plant, asked, midnight, refused
from tests.integration.line import Line
from tests.integration.registered import JUNGAR, ORDOS, SAIHAN, Registered

NOW = datetime(2025, 6, 16, tzinfo=SHANGHAI)
BEGIN, JANUARY, JUNE, TODAY = "2024-06-01", "2025-01-01", "2025-06-01", "2025-06-16"
DAYS_OF_12_MONTHS, DAYS_OF_RUNNING_YEAR = 365, 166
COAL_KGCE_PER_KG = 0.7143


@pytest.fixture(autouse=True)
def _middle_of_june(client: TestClient) -> None:
    ask_at(client, NOW)


def coking(registered: Registered, line: Line, *, tce_a_day: float = 0.0, until: str = TODAY, **unit: Any) -> Plant:
    """A coking plant that burns raw coal. Both bases are the same for coal."""
    plant = Plant(registered, line, unit=unit, trade="coke", valid_from="2024-01-01")
    if tce_a_day:
        plant.uses(BEGIN, until, {("raw_coal", "input"): tce_a_day / COAL_KGCE_PER_KG})
    return plant


def ledger(client: TestClient, **parameters: Any) -> dict[str, dict[str, Any]]:
    return {row["unit"]: row for row in asked(client, "two-high", **parameters)["data"]}


def reason(row: dict[str, Any], name: str = "reasons") -> str:
    return str(row[name][0]["code"])


@pytest.mark.store
def test_use_of_coal_that_is_not_measured_is_judged_where_its_range_leaves_no_doubt(
    client: TestClient, registered: Registered, line: Line
) -> None:
    # 50 000 tce a year is 137 a day; raw coal may hold from 0.55 to 1.46 of what is printed
    for code, tce_a_day in (("NEAR", 120.0), ("FAR", 300.0), ("LITTLE", 80.0)):
        unit = {"code": code, "approved_energy_tce": 50_000.0}
        plant = Plant(registered, line, unit=unit, trade="coke", valid_from="2024-01-01", raw_coal_ncv=None)
        plant.uses(BEGIN, TODAY, {("raw_coal", "input"): tce_a_day / COAL_KGCE_PER_KG})
    line.roll_up()
    rows = ledger(client)
    told = {code: (row["in_ledger"], row["verdict"]) for code, row in rows.items()}
    assert told == {"NEAR": (None, "cannot_judge"), "FAR": (True, "breach"), "LITTLE": (False, "ok")}
    assert (reason(rows["NEAR"]), reason(rows["NEAR"], "ledger_reasons")) == ("heat_value_unknown",) * 2
    assert rows["NEAR"]["reasons"][0]["of"].endswith("; raw_coal (tce)")


@pytest.mark.store
def test_t15_smelter_belongs_by_equivalent_and_not_by_calorific_value(
    client: TestClient, registered: Registered, line: Line
) -> None:
    plant = Plant(registered, line, unit={}, trade="aluminium", valid_from="2024-01-01")
    plant.uses(BEGIN, TODAY, {("electricity", "input"): 500_000.0})
    line.roll_up()
    answer = asked(client, "two-high")
    (row,) = answer["data"]
    year = row["last_12_months"]
    # 182.5 GWh x 0.1229 kgce/kWh = 22 429 tce calorific; x 0.321 of the region (2020, carried on) = 58 583 tce.
    assert year["calorific_tce"] == pytest.approx(182.5e6 * 0.1229 / 1000)
    assert 50_000 < year["equivalent_tce"] == pytest.approx(182.5e6 * 0.321 / 1000)
    assert (row["in_ledger"], row["ledger_by"], row["eight"]) == (True, "measured", "non_ferrous")
    assert row["basis"] == "equivalent"
    assert (year["start"], year["end"]) == ("2024-06-01T00:00:00+08:00", "2025-06-01T00:00:00+08:00")
    assert row["running_year"]["equivalent_tce"] == pytest.approx(83e6 * 0.321 / 1000)
    assert {used["code"]: used["carried"] for used in answer["rows"]} == {
        "coverage_least": False,
        "two_high_threshold": False,
        "kgce.electricity.equivalent.150000.2020": True,
    }


def power_plant(registered: Registered, line: Line, **unit: Any) -> Plant:
    """3.05 GWh supplied a day at 305 gce/kWh: better than the 321 of the region."""
    plant = Plant(registered, line, unit=unit, trade="thermal_power", valid_from="2024-01-01")
    burnt_t = 3.05e6 * 0.305 / 1000 / COAL_KGCE_PER_KG
    plant.uses(BEGIN, TODAY, {("raw_coal", "input"): burnt_t, ("electricity", "output"): 3.05e6})
    return plant


def test_coal_power_is_counted_on_the_calorific_basis(client: TestClient, registered: Registered, line: Line) -> None:
    power_plant(registered, line, process="coal_power", approved_energy_tce=300)
    line.roll_up()
    answer = asked(client, "two-high")
    (row,) = answer["data"]
    year = row["last_12_months"]
    # 365 days x 3.05 GWh x (0.305 - 0.321) kgce/kWh = -17 812 tce; x (0.305 - 0.1229) = 202 722.825 tce lost.
    assert year["equivalent_tce"] == pytest.approx(-17_812)
    assert year["calorific_tce"] == pytest.approx(202_722.825)
    assert (row["basis"], row["in_ledger"], row["ledger_by"]) == ("calorific", True, "measured")
    assert (row["verdict"], reason(row), row["excess_period"]) == (
        "breach",
        "above_approved_energy",
        "last_12_months",
    )
    assert row["excess_tce"] == pytest.approx(202_422.825)
    used = {used["code"] for used in answer["rows"]}
    assert not any("electricity.equivalent" in code for code in used)
    assert "kgce.electricity" in used


def test_energy_below_zero_is_neither_below_the_threshold_nor_within_approval(
    client: TestClient, registered: Registered, line: Line
) -> None:
    # Without its process the plant is counted as any other.
    power_plant(registered, line, approved_energy_tce=300)
    line.roll_up()
    (row,) = ledger(client).values()
    assert (row["basis"], row["in_ledger"], row["verdict"]) == ("equivalent", None, "cannot_judge")
    assert [(one["code"], one["of"]) for one in row["reasons"]] == [("energy_below_zero", "-17812.0")]
    assert [(one["code"], one["of"]) for one in row["ledger_reasons"]] == [("energy_below_zero", "-17812.0")]
    assert (row["excess_tce"], row["excess_period"]) == (None, None)


def test_reasons_name_what_they_are_about(client: TestClient, registered: Registered, line: Line) -> None:
    coking(registered, line, tce_a_day=200.0, code="ABOVE", approved_energy_tce=70_000)
    coking(registered, line, tce_a_day=200.0, code="KEPT", approved_energy_tce=75_000)
    coking(registered, line, tce_a_day=200.0, code="NONE")
    coking(registered, line, tce_a_day=100.0, until=JANUARY, code="PART", approved_energy_tce=75_000)
    coking(registered, line, code="EMPTY", approved_energy_tce=75_000)
    line.roll_up()
    of = {
        code: [[(one["code"], one["of"]) for one in row[name]] for name in ("ledger_reasons", "reasons")]
        for code, row in ledger(client).items()
    }
    threshold = [("threshold_reached", "two_high_threshold")]
    # 214 of 365 days; of the running year nothing is there.
    assert of == {
        "ABOVE": [threshold, [("above_approved_energy", "")]],
        "KEPT": [threshold, [("within_approved_energy", "")]],
        "NONE": [threshold, [("no_approved_energy", "")]],
        "PART": [[("low_coverage", "0.5863")]] * 2,
        "EMPTY": [[("not_measured", "energy")]] * 2,
    }


def test_design_energy_decides_where_it_is_registered(client: TestClient, registered: Registered, line: Line) -> None:
    coking(registered, line, tce_a_day=200.0, code="DESIGNED-BELOW", design_energy_tce=49_999.9)
    coking(registered, line, code="PLANNED", status="planned", design_energy_tce=50_000)
    coking(registered, line, code="UNKNOWN")
    line.roll_up()
    answer = asked(client, "two-high")
    rows = {row["unit"]: row for row in answer["data"]}
    assert {
        code: (row["in_ledger"], row["ledger_by"], reason(row, "ledger_reasons")) for code, row in rows.items()
    } == {
        "DESIGNED-BELOW": (False, "design", "below_threshold"),
        "PLANNED": (True, "design", "threshold_reached"),
        "UNKNOWN": (None, None, "not_measured"),
    }
    assert answer["counts"] == {"in_ledger": 1, "not_in_ledger": 1, "ledger_unknown": 1, "above_approved": 0}
    assert list(ledger(client, in_ledger=True)) == list(ledger(client, status="planned")) == ["PLANNED"]
    assert "two_high_threshold" in {row["code"] for row in answer["rows"]}


def test_energy_used_beyond_what_was_approved_is_found_with_its_excess(
    client: TestClient, registered: Registered, line: Line
) -> None:
    # 200 tce a day: 73 000 tce in 12 months, 33 200 tce in the running year up to now.
    coking(registered, line, tce_a_day=200.0, code="YEAR", approved_energy_tce=70_000)
    coking(registered, line, tce_a_day=200.0, code="KEPT", approved_energy_tce=75_000)
    coking(registered, line, tce_a_day=200.0, code="NONE")
    line.roll_up()
    rows = ledger(client)
    assert {code: (row["verdict"], reason(row), row["excess_period"]) for code, row in rows.items()} == {
        "YEAR": ("breach", "above_approved_energy", "last_12_months"),
        "KEPT": ("ok", "within_approved_energy", None),
        "NONE": ("cannot_judge", "no_approved_energy", None),
    }
    assert rows["YEAR"]["excess_tce"] == pytest.approx(3_000)
    assert rows["YEAR"]["running_year"]["equivalent_tce"] == pytest.approx(33_200)
    assert list(ledger(client, verdict="breach")) == ["YEAR"]
    assert asked(client, "two-high", verdict="ok")["counts"]["above_approved"] == 1


def test_running_year_above_what_was_approved_is_a_breach_before_it_ends(
    client: TestClient, registered: Registered, line: Line
) -> None:
    plant = coking(registered, line, approved_energy_tce=60_000)
    plant.uses(BEGIN, JANUARY, {("raw_coal", "input"): 10.0 / COAL_KGCE_PER_KG})
    plant.uses(JANUARY, TODAY, {("raw_coal", "input"): 365.0 / COAL_KGCE_PER_KG})
    line.roll_up()
    (row,) = ledger(client).values()
    # Running year: 166 days x 365 = 60 590 tce. Last 12 months: 214 x 10 + 151 x 365 = 57 255 tce.
    assert row["last_12_months"]["equivalent_tce"] == pytest.approx(57_255)
    assert (row["verdict"], row["excess_period"]) == ("breach", "running_year")
    assert row["excess_tce"] == pytest.approx(590)


def test_missing_readings_keep_an_order_from_being_told_but_not_a_breach(
    client: TestClient, registered: Registered, line: Line
) -> None:
    # Only the first 7 of 12 months are there: 214 days.
    coking(registered, line, tce_a_day=300.0, until=JANUARY, code="ABOVE", approved_energy_tce=60_000)
    coking(registered, line, tce_a_day=200.0, until=JANUARY, code="BELOW", approved_energy_tce=60_000)
    line.roll_up()
    rows = ledger(client)
    assert rows["ABOVE"]["last_12_months"]["coverage"] == pytest.approx(214 / 365)
    assert (rows["ABOVE"]["verdict"], rows["ABOVE"]["in_ledger"]) == ("breach", True)
    assert (rows["BELOW"]["verdict"], reason(rows["BELOW"])) == ("cannot_judge", "low_coverage")
    assert (rows["BELOW"]["in_ledger"], reason(rows["BELOW"], "ledger_reasons")) == (None, "low_coverage")


def test_months_before_the_first_meter_are_missing_too(client: TestClient, registered: Registered, line: Line) -> None:
    # Metered and complete from January on: 151 of the 365 days. Nothing is known of the others.
    plant = Plant(
        registered, line, unit={"approved_energy_tce": 60_000}, trade="coke", area_code=JUNGAR, valid_from=JANUARY
    )
    plant.uses(JANUARY, TODAY, {("raw_coal", "input"): 100.0 / COAL_KGCE_PER_KG})
    line.roll_up()
    (row,) = ledger(client).values()
    assert row["last_12_months"]["coverage"] == pytest.approx(151 / 365)
    assert row["running_year"]["coverage"] == 1.0
    assert (row["in_ledger"], row["verdict"], reason(row)) == (None, "cannot_judge", "low_coverage")


def test_two_meters_of_half_a_year_do_not_make_a_year(client: TestClient, registered: Registered, line: Line) -> None:
    plant = Plant(registered, line, unit={}, trade="coke", valid_from=JANUARY)
    plant.uses(JANUARY, TODAY, {("raw_coal", "input"): 100.0 / COAL_KGCE_PER_KG})
    second = registered.meter(
        unit_code=plant.unit,
        gateway_code=plant.gateway,
        kind="interval",
        carrier="raw_coal",
        flow="input",
        unit_of_measure="t",
        interval_s=86_400,
    )
    line.send(plant.gateway, [(second, midnight(JANUARY) + timedelta(days=n), 1.0) for n in range(166)])
    line.roll_up()
    (row,) = ledger(client).values()
    assert row["last_12_months"]["coverage"] == pytest.approx(151 / 365)
    assert row["running_year"]["coverage"] == 1.0


def test_silent_meter_of_energy_sold_keeps_a_breach_from_being_told(
    client: TestClient, registered: Registered, line: Line
) -> None:
    plant = coking(registered, line, tce_a_day=200.0, approved_energy_tce=60_000)
    plant.meter("coke", "output")
    line.roll_up()
    (row,) = ledger(client).values()
    assert row["last_12_months"]["equivalent_tce"] == pytest.approx(73_000)
    assert (row["verdict"], reason(row)) == ("cannot_judge", "low_coverage")


def test_only_the_eight_trades_are_listed(client: TestClient, registered: Registered, line: Line) -> None:
    coking(registered, line, code="COKE", design_energy_tce=60_000)
    Plant(registered, line, unit={"code": "DC"}, trade="data_centre")
    Plant(registered, line, unit={"code": "POWER"}, trade="thermal_power", area_code=SAIHAN)
    assert list(ledger(client)) == ["COKE", "POWER"]
    for unknown in ("data_centre", "nope"):
        answer = client.get("/api/v1/two-high", params={"trade": unknown})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameter")
        (fault,) = answer.json()["errors"]
        assert (fault["field"], fault["code"]) == ("trade", "not_among")
        assert "coke" in fault["reason"]
    assert list(ledger(client, trade="thermal_power")) == ["POWER"]
    assert list(ledger(client, area=ORDOS)) == list(ledger(client, area=JUNGAR)) == ["COKE"]


def test_ledger_is_paged_and_odd_questions_are_refused(client: TestClient, registered: Registered, line: Line) -> None:
    for number in range(3):
        coking(registered, line, code=f"U{number}", design_energy_tce=60_000)
    first = asked(client, "two-high", limit=2)
    second = asked(client, "two-high", limit=2, cursor=first["next"])
    assert [row["unit"] for page in (first, second) for row in page["data"]] == ["U0", "U1", "U2"]
    assert second["next"] is None
    assert refused(client, "two-high", area="999999") == (404, "unknown_area")
    assert refused(client, "two-high", verdict="bad") == (422, "invalid_parameter")
    assert refused(client, "two-high", limit=2, cursor=first["next"], status="planned") == (400, "bad_cursor")


def test_ledger_is_ordered_by_design_energy_with_what_is_not_known_last_and_counted(
    client: TestClient, registered: Registered, line: Line
) -> None:
    for code, design_tce in (("U0", 60_000), ("U1", None), ("U2", 90_000.5), ("U3", 60_000)):
        coking(registered, line, code=code, design_energy_tce=design_tce)
    asking = {"limit": 3, "order": "-design_energy_tce,-unit", "total": True}
    first = asked(client, "two-high", **asking)
    second = asked(client, "two-high", **asking, cursor=first["next"])
    assert [row["unit"] for page in (first, second) for row in page["data"]] == ["U2", "U3", "U0", "U1"]
    assert (first["total"], second["total"], second["next"]) == (4, 4, None)


def test_the_ledger_says_how_a_unit_stands_to_the_mandatory_limit_of_its_product(
    client: TestClient, registered: Registered, line: Line
) -> None:
    unit = {"code": "SMELTER", "process": "aluminium_electrolysis", "commissioned_on": "2012-01-01"}
    plant = Plant(registered, line, unit=unit, trade="aluminium", valid_from="2024-01-01")
    uses = {("electricity", "input"): 137_000.0, ("electricity", "rectifier"): 134_000.0, ("product", "product"): 10.0}
    plant.uses(BEGIN, TODAY, uses)
    Plant(registered, line, unit={"code": "UNKNOWN"}, trade="aluminium", valid_from="2024-01-01")
    line.roll_up()
    rows = ledger(client)
    product = rows["SMELTER"]["product"]
    assert (product["indicator"], product["value"], product["unit"]) == ("aluminium_ac_power", 13_400.0, "kWh/t")
    assert (product["verdict"], [each["code"] for each in product["reasons"]]) == (
        "breach",
        ["above_mandatory_limit", "below_baseline"],
    )
    assert (product["grade"], product["mandatory_limit"]["corrected"]) == (None, 13_350.0)
    assert "limit.gb21346_2022.aluminium_electrolysis.molten_ac.3" in rows["SMELTER"]["rows"]
    assert rows["UNKNOWN"]["product"] is None


@pytest.mark.store
def test_the_ledger_says_what_each_choice_would_give_and_what_all_come_to(
    client: TestClient, registered: Registered, line: Line
) -> None:
    above = coking(registered, line, tce_a_day=300.0, code="ABOVE", approved_energy_tce=100_000.0)
    below = coking(registered, line, tce_a_day=100.0, code="BELOW", approved_energy_tce=50_000.0)
    planned = coking(registered, line, code="PLANNED", status="planned", design_energy_tce=80_000.0)
    line.roll_up()
    answer = asked(client, "two-high", area=f"{JUNGAR},{SAIHAN}", order="-excess_tce,unit", total=True)
    assert [row["unit"] for row in answer["data"]] == [above.unit, below.unit, planned.unit]
    assert answer["data"][0]["last_12_months"]["tce"] == pytest.approx(300 * DAYS_OF_12_MONTHS)
    assert answer["facets"]["in_ledger"] == {"false": 1, "true": 2}
    assert answer["facets"]["verdict"] == {"breach": 1, "cannot_judge": 1, "ok": 1}
    assert answer["facets"]["area"] == {ORDOS: 3, JUNGAR: 3}
    totals = answer["totals"]
    assert (totals["units"], totals["in_ledger"], totals["above_approved"]) == (3, 2, 1)
    assert (totals["design_energy_tce"], totals["approved_energy_tce"]) == (80_000.0, 150_000.0)
    assert totals["without_approval"] == 1
    assert totals["excess_tce"] == pytest.approx(answer["data"][0]["excess_tce"])
    # what is planned has no meter, and enters neither the sum nor its coverage
    assert totals["last_12_months"]["units"] == 2
    assert totals["last_12_months"]["tce"] == pytest.approx(400 * DAYS_OF_12_MONTHS)
    assert totals["last_12_months"]["coverage"] == pytest.approx(1.0)
    assert totals["running_year"]["tce"] == pytest.approx(400 * DAYS_OF_RUNNING_YEAR)
    assert answer["names"]["unit"]["PLANNED"] == {"zh": "焦炉", "en": None}
    assert answer["total"] == 3

    assert set(ledger(client, verdict="ok,breach", q="焦炉")) == {"ABOVE", "BELOW"}
    assert set(ledger(client, status="planned,building")) == {"PLANNED"}
    assert set(ledger(client, enterprise=f"{above.enterprise},{planned.enterprise}")) == {"ABOVE", "PLANNED"}
    assert asked(client, "two-high", trade="coke", q="BELOW")["counts"] == {
        "in_ledger": 0,
        "not_in_ledger": 1,
        "ledger_unknown": 0,
        "above_approved": 0,
    }
