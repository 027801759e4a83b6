"""Indicators of areas, parks and institutions: of what was reported, of shares, and of what was metered in part."""

from datetime import datetime, timedelta

import pytest

from services.core.calendar import SHANGHAI
from tests.integration.asking import Asking, Site, reasons
from tests.integration.line import Line
from tests.integration.registered import DALAD, JUNGAR, ORDOS, Registered


def test_institutions_by_reported_floor_area_and_the_newest_version(
    registered: Registered, line: Line, asking: Asking
) -> None:
    site = Site(registered, line, trade="public_institution", process="public_building")
    site.meter([1000.0] * 24, "electricity", "input", "kWh")
    other = Site(registered, line, trade="public_institution", process="public_building")
    other.meter([1000.0] * 24, "electricity", "input", "kWh")
    line.roll_up()
    asking.report(f"enterprise:{site.enterprise}", "floor_area", "2026", 100.0, "m2")
    asking.report(f"enterprise:{site.enterprise}", "floor_area", "2026", 50.0, "m2", note="测绘更正")
    row = asking.row("energy_per_floor_area", scope=f"area:{JUNGAR}")
    # 24 000 kWh x 0.1229 / 50 m2; the other institution has reported nothing and enters neither sum
    assert row["value"] == pytest.approx(24_000 * 0.1229 / 50)
    assert row["statistics"] == [{"kind": "floor_area", "value": 50.0, "periods": ["2026 v2"], "price_base": None}]
    assert (row["judged"], row["left_out"]) == (1, [other.enterprise])
    assert reasons(row) == [("not_a_year", "")]


def test_energy_of_a_year_is_set_against_floor_area_only_where_the_year_was_metered(
    registered: Registered, line: Line, asking: Asking
) -> None:
    year = {"start": "2025-01-01", "end": "2026-01-01", "bucket": "year"}
    daily = {"interval_s": 86_400, "valid_from": "2025-01-01", "valid_to": "2026-01-01"}
    since_july = daily | {"valid_from": "2025-07-01"}
    sites = []
    for given in (daily, since_july):
        site = Site(registered, line, trade="public_institution", process="public_building")
        days = 365 if given is daily else 184
        first = datetime.fromisoformat(str(given["valid_from"])).replace(tzinfo=SHANGHAI)
        code = site.meter([], "electricity", "input", "kWh", **given)
        line.send(site.gateway, [(code, first + timedelta(days=i), 100.0) for i in range(days)])
        asking.report(f"enterprise:{site.enterprise}", "floor_area", "2025", 150.0, "m2")
        sites.append(site)
    line.roll_up()
    whole, half = (asking.row("energy_per_floor_area", scope=f"enterprise:{site.enterprise}", **year) for site in sites)
    assert (whole["value"], whole["coverage"]) == (pytest.approx(36_500 * 0.1229 / 150), 1.0)
    assert reasons(half) == [("part_of_period", "0.5041")]
    region = asking.row("energy_per_floor_area", **year)
    # 29.9 kgce/m2 of the one that was metered throughout: more than the 27.54 of the region
    assert (region["left_out"], region["verdict"]) == ([sites[1].enterprise], "breach")
    assert [(limit["row"], limit["met"]) for limit in region["limits"]] == [("IA2-14", False)]


@pytest.mark.store
def test_a_meter_that_begins_later_than_the_others_of_its_unit_is_missing_before(
    registered: Registered, line: Line, asking: Asking
) -> None:
    two_days = {"start": "2026-03-01", "end": "2026-03-03", "bucket": "total"}
    both = {"valid_from": "2026-03-01", "valid_to": "2026-03-03"}
    second = {"valid_from": "2026-03-02", "valid_to": "2026-03-03"}
    # 240 / 100 kWh an hour is 2.4; the total, metered on the second day alone, would make it 1.2
    centre = Site(registered, line, trade="data_centre", process="data_centre")
    centre.meter([None] * 24 + [240.0] * 24, "electricity", "input", "kWh", **second)
    centre.meter([100.0] * 48, "electricity", "it_load", "kWh", **both)
    # a low-carbon park with renewable electricity on both days and bought electricity on the second: 50 / 150 at best
    park = registered.park(kind="low_carbon")
    smelter = Site(registered, line, trade="aluminium", process=None, park_code=park)
    smelter.meter([None] * 24 + [100.0] * 24, "electricity", "input", "kWh", **second)
    smelter.meter([50.0] * 48, "electricity", "renewable", "kWh", **both)
    # a meter that was replaced by another on the second day is missing on none
    works = Site(registered, line, trade="ferroalloy", process="ferrosilicon")
    works.meter([1.0] * 24, "coke", "input", "t", valid_from="2026-03-01", valid_to="2026-03-02")
    works.meter([None] * 24 + [1.0] * 24, "coke", "input", "t", **second)
    works.meter([1.0] * 48, "product", "product", "t", **both)
    line.roll_up()
    pue = asking.row("pue", scope=f"unit:{centre.unit}", **two_days)
    assert (pue["coverage"], pue["verdict"], reasons(pue)) == (0.5, "cannot_judge", [("low_coverage", "0.5000")])
    share = asking.row("park_renewable_share", scope=f"park:{park}", **two_days)
    assert (share["coverage"], share["verdict"]) == (0.5, "cannot_judge")
    product = asking.row("unit_product_energy", scope=f"unit:{works.unit}", **two_days)
    assert (product["value"], product["coverage"], product["verdict"]) == (pytest.approx(971.4), 1.0, "ok")
    # every reading that was expected of a meter came
    assert asking.row("completeness", scope=f"park:{park}", **two_days)["value"] == 100.0


def test_intensity_takes_what_was_reported_and_says_the_price_base(asking: Asking) -> None:
    area = f"area:{ORDOS}"
    for quarter, value in (("2024-Q1", 10.0), ("2024-Q2", 20.0), ("2024-Q3", 30.0), ("2024-Q4", 40.0)):
        asking.report(area, "gdp", quarter, value, "10k CNY", price_base=2020)
    asking.report(area, "energy_consumption", "2024", 150.0, "tce")
    row = asking.row("energy_intensity_gdp", scope=area, start="2024-01-01", end="2025-01-01", bucket="year")
    assert (row["value"], row["unit"]) == (1.5, "tce/10kCNY")
    assert [(used["kind"], used["periods"], used["price_base"]) for used in row["statistics"]] == [
        ("energy_consumption", ["2024 v1"], None),
        ("gdp", ["2024-Q1 v1", "2024-Q2 v1", "2024-Q3 v1", "2024-Q4 v1"], 2020),
    ]
    half = asking.row("energy_intensity_gdp", scope=area, start="2024-01-01", end="2024-06-01", bucket="total")
    assert ("not_reported", "gdp") in reasons(half)


def test_shares_of_a_park_and_of_an_area_and_completeness(registered: Registered, line: Line, asking: Asking) -> None:
    park = registered.park(kind="low_carbon")
    site = Site(registered, line, trade="aluminium", process=None, park_code=park)
    site.meter([49.0] * 24, "electricity", "input", "kWh")
    site.meter([51.0] * 24, "electricity", "renewable", "kWh")
    site.meter([7.0] * 18 + [None] * 6, "electricity", "sub", "kWh")
    line.roll_up()
    row = asking.row("park_renewable_share", scope=f"park:{park}")
    assert (row["value"], row["verdict"], reasons(row)) == (51.0, "ok", [("met", "OR-07")])
    by_park = asking.row("park_renewable_share", scope=f"area:{ORDOS}", by="park")
    assert (by_park["group"], by_park["value"], by_park["verdict"]) == (park, 51.0, "ok")
    assert asking.row("renewable_electricity_share", scope=f"area:{JUNGAR}")["value"] == 51.0
    # the sub meter gave 18 of 24 hours: 66 / 72, of the park, the area and the unit alike
    for scope in (f"park:{park}", f"area:{JUNGAR}", f"unit:{site.unit}", f"enterprise:{site.enterprise}"):
        found = asking.row("completeness", scope=scope)
        assert (found["value"], found["verdict"]) == (pytest.approx(100 * 66 / 72), "ok"), scope


def test_a_park_does_not_meet_its_target_by_power_that_it_sold(
    registered: Registered, line: Line, asking: Asking
) -> None:
    park = registered.park(kind="low_carbon")
    sunny = Site(registered, line, trade="other", process=None, park_code=park)
    sunny.meter([20.0] * 24, "electricity", "input", "kWh")
    sunny.meter([100.0] * 24, "electricity", "renewable", "kWh")
    sunny.meter([90.0] * 24, "electricity", "output", "kWh")
    # a grid connection whose power is negative when it feeds in
    both_ways = Site(registered, line, trade="other", process=None, park_code=park)
    grid = {"kind": "interval", "negative_flow": "output"}
    both_ways.meter([0.0] * 12 + [-40.0] * 12, "electricity", "input", "kWh", **grid)
    both_ways.meter([20.0] * 24, "electricity", "renewable", "kWh")
    plant = Site(registered, line, trade="thermal_power", process="coal_power", park_code=park)
    plant.meter([1000.0] * 24, "electricity", "output", "kWh")
    plant.meter([1.0] * 24, "electricity", "input", "kWh")
    line.roll_up()
    # 120 - 110 of its own, 20 + 1 bought; what the plant sells it makes of coal
    expected = pytest.approx(100 * 10 / 31)
    row = asking.row("park_renewable_share", scope=f"park:{park}")
    assert (row["value"], row["verdict"], reasons(row)) == (expected, "breach", [("missed", "OR-07")])
    assert asking.row("park_renewable_share", scope=f"area:{ORDOS}", by="park")["value"] == expected
    assert asking.row("renewable_electricity_share", scope=f"area:{JUNGAR}")["value"] == expected
    share = asking.row("non_fossil_share", scope=f"unit:{sunny.unit}")
    assert share["value"] == pytest.approx(100 * 10 / 30)


def test_a_share_outside_0_to_100_percent_cannot_be_judged(registered: Registered, line: Line, asking: Asking) -> None:
    site = Site(registered, line, trade="chemical", process=None)
    site.meter([0.1] * 24, "raw_coal", "input", "t")
    site.meter([300.0] * 24, "natural_gas", "input", "m3")
    site.meter([1000.0] * 24, "electricity", "output", "kWh")
    line.roll_up()
    row = asking.row("coal_share", scope=f"area:{JUNGAR}")
    assert (row["value"], row["verdict"], row["reasons"][0]["code"]) == (None, "cannot_judge", "below_possible")


def test_an_area_without_energy_has_no_share_and_says_so(asking: Asking) -> None:
    row = asking.row("coal_share", scope=f"area:{DALAD}")
    assert (row["value"], row["verdict"], reasons(row)) == (None, "cannot_judge", [("not_measured", "energy")])
