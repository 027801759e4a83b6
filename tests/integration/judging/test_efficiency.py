"""The list of energy efficiency: units measured by their meters, placed beside benchmark and baseline."""

from datetime import date, datetime

import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from tests.integration.clock import ask_at
from tests.integration.judged import asked
from tests.integration.judging.fleet import LIST, MONTH, Fleet, listed
from tests.integration.line import Line
from tests.integration.registered import DALAD, JUNGAR, SAIHAN


@pytest.mark.store
def test_t16_units_are_placed_with_below_baseline_above_the_number(client: TestClient, fleet: Fleet) -> None:
    # Clinker: benchmark 100, baseline 117 kgce/t.
    for value in (99, 110, 120):
        fleet.clinker(value)
    fleet.roll_up()
    answer = asked(client, LIST, **MONTH)
    rows = {row["unit"]: row for row in answer["data"]}
    assert [(code, row["placing"], row["verdict"], row["reasons"][0]["code"]) for code, row in rows.items()] == [
        ("K110", "between", "ok", "baseline_reached"),
        ("K120", "below_baseline", "breach", "below_baseline"),
        ("K99", "leader", "ok", "benchmark_reached"),
    ]
    assert answer["counts"] == {"leader": 1, "between": 1, "below_baseline": 1, "provisional": 0, "cannot_judge": 0}
    worst = rows["K120"]
    # 120 - 117 = 3 kgce/t, 3 / 117 = 2.564 %; 120 - 100 = 20 kgce/t, 20 %.
    assert worst["value"] == pytest.approx(120, abs=1e-9)
    assert worst["gap_to_baseline"] == {"absolute": pytest.approx(3), "percent": pytest.approx(300 / 117)}
    assert worst["gap_to_benchmark"] == {"absolute": pytest.approx(20), "percent": pytest.approx(20)}
    assert (worst["value_unit"], worst["benchmark"], worst["baseline"], worst["edition"]) == (
        "kgce/t",
        100.0,
        117.0,
        "2023",
    )
    # 31 days of 1000 t, 120 kgce each.
    assert worst["denominator"] == {"value": 31_000.0, "unit": "t"}
    assert worst["numerator"] == {"value": pytest.approx(3_720_000.0), "unit": "kgce"}
    assert worst["coverage"] == 1.0


def test_rows_used_are_named_and_are_those_of_the_levels_not_of_the_fleet_target(
    client: TestClient, fleet: Fleet
) -> None:
    # T36: the region's target for the average, 117, is the number of the baseline; a plant is judged by the baseline.
    fleet.clinker(110)
    fleet.roll_up()
    answer = asked(client, LIST, **MONTH)
    (row,) = answer["data"]
    named = {used["code"]: used for used in answer["rows"]}
    assert set(row["rows"]) == set(named)
    assert {"level.cement_clinker.2023.benchmark", "level.cement_clinker.2023.baseline"} <= set(named)
    assert named["level.cement_clinker.2023.baseline"]["value"] == 117.0
    assert any(code.startswith("limit.gb16780_2021.cement_clinker.energy") for code in named)
    assert not any(code.startswith(("IM-", "IA", "OR-")) for code in named)


def test_new_building_and_planned_units_are_judged_by_the_benchmark(client: TestClient, fleet: Fleet) -> None:
    fleet.clinker(110, code="OLD", commissioned_on="2021-12-31")
    # the edition of 2023 in force makes no existing unit of one that was new by that of 2021
    fleet.clinker(110, code="NEW", commissioned_on="2022-01-01")
    fleet.clinker(110, code="BUILDING", status="building", commissioned_on=None)
    fleet.clinker(99, code="PLANNED", status="planned", commissioned_on=None)
    fleet.roll_up()
    rows = listed(client)
    assert {code: (row["project"], row["verdict"], row["reasons"][0]["code"]) for code, row in rows.items()} == {
        "OLD": ("existing", "ok", "baseline_reached"),
        "NEW": ("new", "breach", "worse_than_benchmark"),
        "BUILDING": ("building", "breach", "worse_than_benchmark"),
        "PLANNED": ("planned", "ok", "benchmark_reached"),
    }
    assert list(listed(client, status="new")) == ["NEW"]
    assert list(listed(client, status="existing")) == ["OLD"]


def test_only_an_existing_unit_below_the_baseline_has_a_deadline(client: TestClient, fleet: Fleet) -> None:
    fleet.clinker(120, code="NATIONAL")
    fleet.clinker(120, code="LISTED", retrofit_listed_on="2025-03-01")
    fleet.clinker(120, code="DUE", retrofit_listed_on="2025-03-01", retrofit_due_on="2026-09-30")
    fleet.clinker(120, code="NEW", commissioned_on="2024-01-01")
    fleet.clinker(110, code="BETWEEN")
    fleet.roll_up()
    ask_at(client, datetime(2026, 6, 14, 23, 59, tzinfo=SHANGHAI))
    rows, today = listed(client), date(2026, 6, 14)
    assert {code: (row["deadline"], row["deadline_from"]) for code, row in rows.items()} == {
        "NATIONAL": ("2025-12-31", "national"),
        "LISTED": ("2028-03-01", "longest"),
        "DUE": ("2026-09-30", "unit"),
        "NEW": (None, None),
        "BETWEEN": (None, None),
    }
    assert rows["LISTED"]["days_left"] == (date(2028, 3, 1) - today).days
    assert rows["NATIONAL"]["days_left"] == (date(2025, 12, 31) - today).days
    assert "retrofit_longest" in rows["LISTED"]["rows"]


def test_t05_converter_that_gives_energy_back_is_placed_below_zero(client: TestClient, fleet: Fleet) -> None:
    # 1000 t of steel a day. Gas given off: 31 t of standard coal; 0.7143 kgce/kg of coal taken in.
    for code, coal_t in (("BEST", 0.0), ("MIDDLE", 15.0), ("WORST", 35.0)):
        fleet.plant(
            {"process": "converter", "code": code},
            {
                ("raw_coal", "input"): coal_t,
                ("heat", "output"): 31_000 / 34.12,
                ("product", "product"): 1000.0,
            },
            trade="steel",
        )
    fleet.roll_up()
    rows = listed(client, process="converter")
    # -31; -31 + 10.7145 = -20.29; -31 + 25.0 = -6.0 kgce/t against -30 and -10.
    assert {code: (round(row["value"], 4), row["placing"]) for code, row in rows.items()} == {
        "BEST": (-31.0, "leader"),
        "MIDDLE": (-20.2855, "between"),
        "WORST": (-5.9995, "below_baseline"),
    }
    assert rows["WORST"]["gap_to_baseline"] == {"absolute": pytest.approx(4.0005), "percent": None}


def test_t12_data_centres_are_placed_by_grades_and_judged_by_the_target_of_their_own_scope(
    client: TestClient, fleet: Fleet
) -> None:
    # OR-04: existing ones in Ordos; IM-06: new large ones in the region. Grades 1.20, 1.30, 1.50 (limit).
    fleet.data_centre(1.4, code="ORDOS-OLD")
    fleet.data_centre(1.4, code="HOHHOT-OLD", area_code=SAIHAN)
    fleet.data_centre(1.4, code="HOHHOT-NEW", area_code=SAIHAN, commissioned_on="2024-01-01", standard_racks=3000)
    # since the plan of 2022-05-25, before GB 40879 came into force
    fleet.data_centre(1.4, code="HOHHOT-2022", area_code=SAIHAN, commissioned_on="2022-06-01", standard_racks=3000)
    fleet.data_centre(1.2, code="ORDOS-BEST", standard_racks=5000)
    fleet.data_centre(1.6, code="OVER", area_code=SAIHAN)
    fleet.roll_up()
    rows = listed(client, process="data_centre")
    assert {
        code: (row["placing"], row["grade"], row["verdict"], [t["row"] for t in row["targets"]])
        for code, row in rows.items()
    } == {
        "ORDOS-OLD": ("between", 3, "breach", ["OR-04"]),
        "HOHHOT-OLD": ("between", 3, "ok", []),
        "HOHHOT-NEW": ("between", 3, "breach", ["IM-06"]),
        "HOHHOT-2022": ("between", 3, "breach", ["IM-06"]),
        "ORDOS-BEST": ("leader", 1, "ok", ["OR-04"]),
        "OVER": ("below_baseline", None, "breach", []),
    }
    assert (rows["OVER"]["edition"], rows["OVER"]["baseline"]) == ("GB 40879-2021", 1.5)


def test_pue_below_one_and_too_few_readings_cannot_be_judged(client: TestClient, fleet: Fleet, line: Line) -> None:
    fleet.data_centre(0.9, code="IMPOSSIBLE")
    gap = fleet.plant({"process": "data_centre", "code": "GAP"}, {}, trade="data_centre")
    gap.uses("2026-03-01", "2026-03-20", {("electricity", "input"): 13_000.0, ("electricity", "it_load"): 10_000.0})
    fleet.plant({"process": "cement_clinker", "code": "SILENT"}, {}, trade="cement")
    fleet.roll_up()
    rows = listed(client)
    assert {code: (row["value"], row["placing"], row["reasons"][0]["code"]) for code, row in rows.items()} == {
        "IMPOSSIBLE": (None, None, "below_possible"),
        "GAP": (1.3, None, "low_coverage"),
        "SILENT": (None, None, "not_measured"),
    }
    assert {row["verdict"] for row in rows.values()} == {"cannot_judge"}
    assert list(listed(client, placing="cannot_judge")) == sorted(rows)


def test_unit_is_judged_by_all_it_used_and_listed_where_it_lies_at_the_end(client: TestClient, fleet: Fleet) -> None:
    kiln = fleet.clinker(110)
    move = {"area_code": DALAD, "valid_from": "2026-03-15"}
    assert client.post(f"/api/v1/enterprises/{kiln.enterprise}/memberships", json=move).status_code == 201
    fleet.roll_up()
    assert listed(client, area=JUNGAR) == {}
    (row,) = listed(client, area=DALAD).values()
    assert (row["area"], row["denominator"]["value"]) == (DALAD, 31_000.0)


def test_what_a_month_of_a_year_tells_is_provisional_and_nobody_has_to_close(client: TestClient, fleet: Fleet) -> None:
    # 120 kgce/t, where the baseline is 117 and the benchmark 100
    daily = {("raw_coal", "input"): 120 / 0.7143, ("product", "product"): 1000.0}
    for code, commissioned_on in (("OLD", "2015-06-01"), ("NEW", "2026-03-01")):
        unit = {"process": "cement_clinker", "code": code, "commissioned_on": commissioned_on}
        fleet.plant(unit, daily, trade="cement", meters_since="2026-03-01")
    fleet.roll_up()
    year = {"start": "2025-04-01", "end": "2026-04-01"}
    answer = asked(client, LIST, **year)
    rows = {row["unit"]: row for row in answer["data"]}
    assert {code: [(each["code"], each["of"]) for each in row["reasons"]] for code, row in rows.items()} == {
        # 31 of 365 days
        "OLD": [
            ("too_little_of_period", "0.0849"),
            ("below_baseline", "cement_clinker"),
            ("part_of_period", "0.0849"),
        ],
        # it had meters for as long as it stands, which is no year either
        "NEW": [("too_little_of_period", "0.0849"), ("worse_than_benchmark", "cement_clinker")],
    }
    assert {(row["verdict"], row["placing"], row["coverage"]) for row in rows.values()} == {
        ("provisional", "below_baseline", 1.0),
        ("provisional", "below_baseline", 1.0),
    }
    assert {(row["deadline"], row["deadline_row"], row["days_left"]) for row in rows.values()} == {(None, None, None)}
    assert answer["counts"] == {"leader": 0, "between": 0, "below_baseline": 0, "provisional": 2, "cannot_judge": 0}
    assert asked(client, LIST, **year, placing="below_baseline")["data"] == []
    assert len(asked(client, LIST, **year, placing="provisional")["data"]) == 2
    assert {row["verdict"] for row in listed(client).values()} == {"breach"}


def test_a_part_of_a_year_settles_no_place_where_a_correction_is_missing_too(client: TestClient, fleet: Fleet) -> None:
    # between the levels of 361 and 435 kgce/t, and above the 415 of the limit as long as its corrections are unknown
    unit = {"process": "blast_furnace", "code": "BF"}
    plant = fleet.plant(unit, {}, trade="steel", meters_since="2026-07-01")
    plant.uses("2026-07-01", "2026-08-01", {("raw_coal", "input"): 424 / 0.7143, ("product", "product"): 1000.0})
    fleet.roll_up()
    year = {"start": "2025-08-01", "end": "2026-08-01"}
    answer = asked(client, LIST, **year)
    (row,) = answer["data"]
    assert (row["placing"], row["deadline"], row["reasons"][-1]["code"]) == ("between", None, "part_of_period")
    assert answer["counts"] == {"leader": 0, "between": 0, "below_baseline": 0, "provisional": 1, "cannot_judge": 0}
    assert len(asked(client, LIST, **year, placing="provisional")["data"]) == 1


def test_a_year_of_which_nine_tenths_were_measured_is_judged(client: TestClient, fleet: Fleet) -> None:
    # of 365 days 329 and 328: 0.9014 and 0.8986
    for code, first in (("ENOUGH", "2025-05-07"), ("TOO-LITTLE", "2025-05-08")):
        unit = {"process": "cement_clinker", "code": code, "commissioned_on": "2015-06-01"}
        plant = fleet.plant(unit, {}, trade="cement", meters_since=first)
        plant.uses(first, "2026-04-01", {("raw_coal", "input"): 120 / 0.7143, ("product", "product"): 1000.0})
    fleet.roll_up()
    ask_at(client, datetime(2026, 4, 2, tzinfo=SHANGHAI))
    rows = {row["unit"]: row for row in asked(client, LIST, start="2025-04-01", end="2026-04-01")["data"]}
    assert {code: (row["verdict"], row["deadline"]) for code, row in rows.items()} == {
        "ENOUGH": ("breach", "2025-12-31"),
        "TOO-LITTLE": ("provisional", None),
    }


def test_the_deadline_of_what_was_measured_before_is_that_of_the_act_in_force_today(
    client: TestClient, fleet: Fleet
) -> None:
    fleet.clinker(120)
    fleet.roll_up()
    ask_at(client, datetime(2026, 6, 14, 23, 59, tzinfo=SHANGHAI))
    (before,) = listed(client).values()
    assert (before["deadline"], before["deadline_row"]) == ("2025-12-31", "retrofit.cement_clinker.2021")
    assert before["days_left"] == -165
    ask_at(client, datetime(2026, 6, 15, tzinfo=SHANGHAI))
    answer = asked(client, LIST, **MONTH)
    (later,) = answer["data"]
    assert (later["deadline"], later["deadline_from"], later["deadline_row"]) == (
        "2028-12-31",
        "national",
        "retrofit.cement_clinker.2026",
    )
    assert later["days_left"] == 930
    # the levels stay those of the month
    assert (later["edition"], later["baseline"]) == (before["edition"], before["baseline"])
    (act,) = [row for row in answer["rows"] if row["code"] == later["deadline_row"]]
    assert ("发改环资〔2026〕698号" in act["source"], act["valid_from"], act["verified"]) == (True, "2026-06-15", False)
    assert later["deadline_row"] in later["rows"]
