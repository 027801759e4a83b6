"""Indicators as a regulator asks for them: of units, places and periods, judged, with all they stand on."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from tests.integration.asking import A_DAY, DAY, HOUR, Asking, Site, data_centre, reasons
from tests.integration.line import Line
from tests.integration.registered import DALAD, JUNGAR, ORDOS, SAIHAN, Registered


def test_pue_of_an_area_is_the_ratio_of_sums_and_not_the_mean_of_ratios(
    registered: Registered, line: Line, asking: Asking
) -> None:
    # 24 x (120 + 30) / 24 x (100 + 20) = 1.25; the mean of 1.2 and 1.5 would be 1.35
    large = data_centre(registered, line, total=[120.0] * 24, it=[100.0] * 24, measuring_category=2)
    small = data_centre(registered, line, total=[30.0] * 24, it=[20.0] * 24)
    line.roll_up()
    row = asking.row("pue", scope=f"area:{JUNGAR}")
    assert (row["value"], row["subjects"], row["coverage"]) == (1.25, 2, 1.0)
    assert (row["numerator"], row["denominator"]) == (
        {"value": 3600.0, "unit": "kWh"},
        {"value": 2880.0, "unit": "kWh"},
    )
    by_unit = {row["group"]: row for row in asking.rows("pue", scope=f"area:{JUNGAR}", by="unit")}
    assert {code: row["value"] for code, row in by_unit.items()} == {large.unit: 1.2, small.unit: 1.5}
    assert by_unit[large.unit]["measuring_category"] == 2
    assert by_unit[large.unit]["group_zh"] == "焦炉"
    (enterprise,) = [row for row in asking.rows("pue", by="enterprise") if row["group"] == large.enterprise]
    assert (enterprise["group_zh"], enterprise["value"]) == ("焦化厂", 1.2)


def test_readings_that_wait_for_the_roll_up_are_told_beside_the_indicator(
    registered: Registered, line: Line, asking: Asking
) -> None:
    site = data_centre(registered, line, total=[120.0] * 24, it=[100.0] * 24)
    elsewhere = registered.enterprise()
    quarters = {"slots": 48, "meters": 2, "since": DAY.isoformat(), "is_partial": False}
    for scope in ("area:150000", f"area:{JUNGAR}", f"enterprise:{site.enterprise}", f"unit:{site.unit}"):
        assert asking.answer("pue", scope=scope)["pending"] == quarters
    assert asking.answer("pue", scope=f"area:{SAIHAN}")["pending"] is None
    assert asking.answer("pue", scope=f"enterprise:{elsewhere}")["pending"] is None
    assert asking.answer("pue", start="2026-03-05", end="2026-03-06")["pending"] is None
    line.roll_up()
    assert asking.answer("pue")["pending"] is None


def test_t12_each_pue_target_speaks_of_its_own_kind(registered: Registered, line: Line, asking: Asking) -> None:
    # existing, in Ordos: 1.3 by the plan of Ordos, and the limit 1.5 of the standard
    existing = data_centre(registered, line, total=[142.0] * 24, it=[100.0] * 24, commissioned_on="2019-01-01")
    # new and large, in Hohhot: 1.3 by the plan of the region
    new = data_centre(
        registered,
        line,
        total=[142.0] * 24,
        it=[100.0] * 24,
        commissioned_on="2025-01-01",
        standard_racks=5000,
        area_code=SAIHAN,
    )
    # existing, in Hohhot: the plan of the region does not speak of it
    elsewhere = data_centre(registered, line, total=[142.0] * 24, it=[100.0] * 24, area_code=SAIHAN)
    line.roll_up()
    found = {row["group"]: row for row in asking.rows("pue", by="unit")}
    decided = {
        code: [(limit["row"], limit["met"]) for limit in row["limits"] if limit["met"] is not None]
        for code, row in found.items()
    }
    standard = next(limit["row"] for limit in found[new.unit]["limits"] if limit["what"] == "grade_3")
    assert decided == {
        existing.unit: [(standard, True), ("OR-04", False)],
        new.unit: [(standard, True), ("IM-06", False)],
        elsewhere.unit: [(standard, True)],
    }
    assert [found[site.unit]["verdict"] for site in (existing, new, elsewhere)] == ["breach", "breach", "ok"]
    assert found[existing.unit]["grade"] == 3
    fleet = asking.row("pue")
    assert [(limit["row"], limit["met"]) for limit in fleet["limits"]] == [("IA2-11", False)]


def test_a_data_centre_that_names_no_process_has_a_pue(registered: Registered, line: Line, asking: Asking) -> None:
    site = Site(registered, line, trade="data_centre", process=None)
    site.meter([140.0] * 24, "electricity", "input", "kWh")
    site.meter([100.0] * 24, "electricity", "it_load", "kWh")
    of_a_telecom = Site(registered, line, trade="other", process=None)
    of_a_telecom.meter([120.0] * 24, "electricity", "input", "kWh")
    of_a_telecom.meter([100.0] * 24, "electricity", "it_load", "kWh")
    office = Site(registered, line, trade="data_centre", process=None)
    office.meter([1.0] * 24, "electricity", "input", "kWh")
    line.roll_up()
    row = asking.row("pue", scope=f"unit:{site.unit}")
    # kept: grade 3; missed: what Ordos asks of existing ones
    assert (row["value"], row["grade"], reasons(row)) == (1.4, 3, [("missed", "OR-04")])
    assert asking.row("pue", scope=f"unit:{of_a_telecom.unit}")["value"] == 1.2
    found = asking.row("pue", scope=f"unit:{office.unit}")
    assert (found["value"], reasons(found)) == (None, [("not_measured", "electricity it_load")])


def test_a_wild_hour_is_not_judged_and_the_day_stays_a_ratio_of_sums(
    registered: Registered, line: Line, asking: Asking
) -> None:
    data_centre(registered, line, total=[30.0, *[130.0] * 23], it=[100.0] * 24)
    line.roll_up()
    hours = asking.rows("pue", bucket="hour")
    assert (hours[0]["value"], hours[0]["verdict"], reasons(hours[0])) == (
        None,
        "cannot_judge",
        [("below_possible", "0.3")],
    )
    assert [row["value"] for row in hours[1:]] == [1.3] * 23
    # (30 + 23 x 130) / 2400
    assert asking.row("pue")["value"] == pytest.approx(3020 / 2400)


def test_a_silent_centre_is_left_out_and_the_whole_is_not_judged_where_too_much_is(
    registered: Registered, line: Line, asking: Asking
) -> None:
    data_centre(registered, line, total=[130.0] * 24, it=[100.0] * 24)
    silent = data_centre(registered, line, total=[130.0] * 12 + [None] * 12, it=[100.0] * 24)
    line.roll_up()
    row = asking.row("pue", scope=f"area:{JUNGAR}")
    # the electricity of both: 36 of 48 hours
    assert (row["value"], row["coverage"], row["verdict"]) == (1.3, 0.75, "cannot_judge")
    assert reasons(row) == [("low_coverage", "0.7500")]
    assert (row["subjects"], row["judged"], row["left_out"]) == (2, 1, [silent.unit])


def test_a_row_of_one_unit_says_whose_it_is_and_what_is_only_planned_counts_as_judged_by_nobody(
    registered: Registered, line: Line, asking: Asking
) -> None:
    hall = data_centre(registered, line, total=[130.0] * 24, it=[100.0] * 24)
    planned = registered.unit(hall.enterprise, process="data_centre", status="planned", standard_racks=6000)
    line.roll_up()
    answer = asking.answer("pue", by="unit")
    rows = {row["group"]: row for row in answer["data"]}
    assert [(rows[code]["judged"], rows[code]["subjects"]) for code in (hall.unit, planned)] == [(1, 1), (0, 1)]
    told = {name: rows[planned][name] for name in ("enterprise", "area", "park", "status", "standard_racks")}
    assert told == {
        "enterprise": hall.enterprise,
        "area": JUNGAR,
        "park": None,
        "status": "planned",
        "standard_racks": 6000,
    }
    assert set(answer["names"]["enterprise"]) == {hall.enterprise}
    assert set(answer["names"]["area"]) >= {JUNGAR}


def test_zero_is_a_value_and_nothing_can_be_divided_by_it(registered: Registered, line: Line, asking: Asking) -> None:
    site = Site(registered, line, trade="ferroalloy", process="ferrosilicon")
    site.meter([100.0] * 24, "electricity", "input", "kWh")
    site.meter([0.0] * 24, "product", "product", "t")
    line.roll_up()
    row = asking.row("unit_product_energy", scope=f"unit:{site.unit}")
    assert (row["value"], row["denominator"]["value"], reasons(row)) == (
        None,
        0.0,
        [("zero_denominator", "unit_product_energy")],
    )


def test_unit_product_energy_is_placed_by_the_levels_of_its_process(
    registered: Registered, line: Line, asking: Asking
) -> None:
    # 1.6 t coke x 971.4 + 3400 kWh x 0.1229 = 1554.24 + 417.86 = 1972.1 kgce/t: worse than the baseline of 1850
    existing = Site(registered, line, trade="ferroalloy", process="ferrosilicon")
    # 1.4 x 971.4 + 3400 x 0.1229 = 1777.82: keeps the baseline, misses the benchmark of 1770 that a new unit must reach
    new = Site(registered, line, trade="ferroalloy", process="ferrosilicon", commissioned_on="2025-01-01")
    for site, coke in ((existing, 1.6), (new, 1.4)):
        site.meter([coke] * 24, "coke", "input", "t")
        site.meter([3400.0] * 24, "electricity", "input", "kWh")
        site.meter([1.0] * 24, "product", "product", "t")
    line.roll_up()
    found = {row["group"]: row for row in asking.rows("unit_product_energy", by="unit")}
    shown = {
        code: (round(row["value"], 2), row["unit"], row["placing"], row["project"], row["verdict"])
        for code, row in found.items()
    }
    assert shown == {
        existing.unit: (1972.1, "kgce/t", "below_baseline", "existing", "breach"),
        new.unit: (1777.82, "kgce/t", "between", "new", "breach"),
    }
    assert {limit["what"]: limit["value"] for limit in found[new.unit]["limits"]} == {
        "benchmark": 1770.0,
        "baseline": 1850.0,
        "grade_3": 1850.0,
    }
    answer = asking.answer("unit_product_energy", by="unit")
    used = {row["code"] for row in answer["rows"]}
    assert {limit["row"] for row in answer["data"] for limit in row["limits"]} < used
    # of the region: 24 x (1972.1 + 1777.82) / 48 t, judged by the region's target of 1900
    region = asking.row("unit_product_energy")
    assert (round(region["value"], 2), region["process"], region["verdict"]) == (1874.96, "ferrosilicon", "ok")


def test_a_unit_counts_for_the_banner_of_the_day(registered: Registered, line: Line, asking: Asking) -> None:
    site = Site(registered, line, trade="data_centre", process="data_centre")
    month = {"valid_from": "2026-03-01", "valid_to": "2026-03-03"}
    site.meter([120.0] * 24 + [150.0] * 24, "electricity", "input", "kWh", **month)
    site.meter([100.0] * 48, "electricity", "it_load", "kWh", **month)
    moved = {"area_code": DALAD, "valid_from": "2026-03-02"}
    answer = registered.client.post(f"/api/v1/enterprises/{site.enterprise}/memberships", json=moved)
    assert answer.status_code == 201, answer.text
    line.roll_up()
    both_days = {"start": "2026-03-01", "end": "2026-03-03", "bucket": "total"}
    found = asking.rows("pue", scope=f"area:{ORDOS}", by="banner", **both_days)
    assert {row["group"]: row["group_zh"] for row in found} == {JUNGAR: "准格尔旗", DALAD: "达拉特旗"}
    assert {row["group"]: (row["value"], row["coverage"]) for row in found} == {JUNGAR: (1.2, 1.0), DALAD: (1.5, 1.0)}
    assert asking.row("pue", scope=f"area:{JUNGAR}", **both_days)["value"] == 1.2
    assert asking.row("pue", scope=f"area:{ORDOS}", **both_days)["value"] == 1.35
    assert asking.row("pue", scope=f"unit:{site.unit}", **both_days)["value"] == 1.35


def test_rolling_twelve_months_end_with_each_month(registered: Registered, line: Line, asking: Asking) -> None:
    site = Site(registered, line, trade="data_centre", process="data_centre")
    monthly: dict[str, Any] = {
        "kind": "interval",
        "interval_s": 86_400,
        "valid_from": "2025-01-01",
        "valid_to": "2026-02-01",
    }
    days = [datetime(2025, 1, 1, tzinfo=SHANGHAI) + timedelta(days=i) for i in range(396)]
    for carrier, flow, value in (("electricity", "input", 150.0), ("electricity", "it_load", 100.0)):
        code = registered.meter(
            unit_code=site.unit,
            gateway_code=site.gateway,
            carrier=carrier,
            flow=flow,
            unit_of_measure="kWh",
            **monthly,
        )
        # the last month runs with 120 in place of 150
        values = [120.0 if flow == "input" and day.year == 2026 else value for day in days]
        line.send(site.gateway, [(code, day, amount) for day, amount in zip(days, values, strict=True)])
    line.roll_up()
    asked = {"start": "2025-12-01", "end": "2026-02-01", "bucket": "rolling_12_months", "scope": f"unit:{site.unit}"}
    found = asking.rows("pue", **asked)
    assert [(row["start"][:10], row["end"][:10]) for row in found] == [
        ("2025-01-01", "2026-01-01"),
        ("2025-02-01", "2026-02-01"),
    ]
    # second: (334 days x 150 + 31 x 120) / (365 x 100)
    assert [row["value"] for row in found] == [1.5, pytest.approx((334 * 150 + 31 * 120) / 36_500)]


@pytest.mark.store
def test_what_has_no_such_indicator_is_told_so(registered: Registered, line: Line, asking: Asking) -> None:
    smelter = Site(registered, line, trade="aluminium", process="aluminium_electrolysis")
    for scope in (f"unit:{smelter.unit}", f"enterprise:{smelter.enterprise}", f"area:{DALAD}"):
        row = asking.row("pue", scope=scope)
        assert (row["value"], row["subjects"], row["reasons"][0]["code"]) == (None, 0, "no_subjects"), scope
    assert asking.rows("pue", scope=f"area:{DALAD}", by="unit") == []


def test_pages_of_an_answer_hold_every_row_once(registered: Registered, line: Line, client: TestClient) -> None:
    data_centre(registered, line, total=[130.0] * 24, it=[100.0] * 24)
    line.roll_up()
    starts: list[str] = []
    parameters: dict[str, Any] = A_DAY | {"bucket": "hour", "limit": 7}
    while True:
        page = client.get("/api/v1/indicators/pue", params=parameters).json()
        starts += [row["start"] for row in page["data"]]
        if page["next"] is None:
            break
        parameters["cursor"] = page["next"]
    assert starts == [(DAY + i * HOUR).isoformat() for i in range(24)]


@pytest.mark.parametrize(
    ("slug", "parameters", "status", "code"),
    [
        ("pui", {}, 404, "unknown_indicator"),
        ("pue", {"scope": "area:150999"}, 404, "unknown_area"),
        ("pue", {"scope": "unit:NONE"}, 404, "unknown_unit"),
        ("pue", {"scope": "meter:M"}, 422, "invalid_scope"),
        ("energy_intensity_gdp", {"scope": "park:P"}, 422, "invalid_scope"),
        ("energy_intensity_gdp", {"scope": "unit:U"}, 422, "invalid_scope"),
        ("energy_per_person", {"scope": "unit:U", "by": "unit"}, 422, "invalid_scope"),
        ("non_fossil_capacity_share", {"scope": "park:P"}, 422, "invalid_scope"),
        ("energy_intensity_gdp", {"by": "enterprise"}, 422, "invalid_by"),
        ("park_renewable_share", {"scope": "area:150600"}, 422, "invalid_by"),
        ("pue", {"by": "meter"}, 422, "invalid_parameter"),
        ("pue", {"start": "2026-03-01T00:15:00+08:00"}, 422, "not_on_hour"),
        ("pue", {"start": "2026-04-01"}, 422, "start_after_end"),
        ("pue", {"bucket": "hour", "end": "2026-06-01"}, 422, "range_too_long"),
        ("pue", {"start": "yesterday"}, 422, "invalid_parameter"),
        ("pue", {"start": "2026-W09-7"}, 422, "invalid_parameter"),
        ("pue", {"colour": "red"}, 422, "invalid_parameter"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_its_code(
    client: TestClient, slug: str, parameters: dict[str, str], status: int, code: str
) -> None:
    answer = client.get(f"/api/v1/indicators/{slug}", params=A_DAY | parameters)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_range_that_is_on_no_hour_is_widened_on_request(client: TestClient) -> None:
    asked = {"start": "2026-03-01T00:15:00+08:00", "end": "2026-03-01T02:45:00+08:00", "bucket": "total"}
    answer = client.get("/api/v1/indicators/pue", params=asked | {"align": "outward"}).json()
    assert (answer["start"], answer["end"]) == ("2026-03-01T00:00:00+08:00", "2026-03-01T03:00:00+08:00")
    assert answer["aligned"] is True
    assert client.get("/api/v1/indicators/pue", params=A_DAY | {"align": "outward"}).json()["aligned"] is False


def test_the_list_says_of_what_each_may_be_asked(client: TestClient) -> None:
    found = {entry["slug"]: entry for entry in client.get("/api/v1/indicators").json()["data"]}
    assert len(found) == 18
    assert found["energy_intensity_gdp"]["scopes"] == ["area"]
    assert found["pue"]["processes"] == ["data_centre"]
