"""Rules on what is no indicator: deadlines, approvals, dual control, budgets, gateways and calibrations."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg import Connection

from services.alerts.observe.evidence import SQL
from services.core.calendar import SHANGHAI
from tests.integration.judged import PRINTED_NCV, Plant, midnight
from tests.integration.judging.test_progress import reported
from tests.integration.judging.test_two_high import COAL_KGCE_PER_KG, coking
from tests.integration.line import Line
from tests.integration.observing import connected, rule, seen, told
from tests.integration.registered import JUNGAR, ORDOS, Registered

NOON = datetime(2026, 4, 1, 12, tzinfo=SHANGHAI)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with connected(database_url) as connection:
        yield connection


def clinker(
    registered: Registered, line: Line, kgce_per_t: float, raw_coal_ncv: float | None = PRINTED_NCV, **unit: Any
) -> Plant:
    """A kiln of 1000 t a day over twelve months; its baseline is 117 kgce/t."""
    given = {"process": "cement_clinker", "commissioned_on": "2015-06-01"} | unit
    plant = Plant(registered, line, unit=given, trade="cement", raw_coal_ncv=raw_coal_ncv)
    daily = {("raw_coal", "input"): kgce_per_t / COAL_KGCE_PER_KG, ("product", "product"): 1000.0}
    plant.uses("2025-04-01", "2026-04-01", daily)
    return plant


def budget(client: TestClient, owner: str, period: str, tce: float) -> None:
    entry = {"owner": owner, "kind": "energy_budget", "period": period, "value": tce, "unit": "tce"}
    answer = client.post("/api/v1/statistics", json=entry)
    assert answer.status_code == 200, answer.text


def test_a_retrofit_is_due_soon_then_overdue_and_in_order_once_done(
    registered: Registered, line: Line, connection: Connection
) -> None:
    listed: dict[str, Any] = {"retrofit_listed_on": "2024-01-01"}
    soon = clinker(registered, line, 130.0, code="SOON", retrofit_due_on="2026-06-30", **listed)
    late = clinker(registered, line, 130.0, code="LATE", retrofit_due_on="2026-03-31", **listed)
    done = clinker(registered, line, 110.0, code="DONE", retrofit_due_on="2026-03-31", **listed)
    registered.unit(done.enterprise, code="SILENT", process="cement_clinker", **listed)
    line.roll_up()
    near, passed = seen(connection, "retrofit_due_soon", NOON), seen(connection, "retrofit_overdue", NOON)
    assert told(near) == {
        "SOON": ("breach", 90.0, False),
        "LATE": ("ok", -1.0, True),
        "DONE": ("ok", None, True),
        "SILENT": ("cannot_judge", None, False),
    }
    assert told(passed)["LATE"] == ("breach", -1.0, False)
    assert told(passed)["SOON"] == ("ok", 90.0, True)
    evidence = passed[late.unit].evidence
    assert (evidence["due_on"], evidence["set_by"], evidence["baseline"]) == ("2026-03-31", "unit", 117.0)
    assert {row["code"] for row in evidence["rows"]} > {"level.cement_clinker.2023.baseline"}
    day_before = NOON - timedelta(days=1)
    assert seen(connection, "retrofit_due_soon", day_before)[soon.unit].verdict != "breach"


def test_more_used_than_approved_counts_in_twelve_months_and_in_the_running_year(
    registered: Registered, line: Line, connection: Connection
) -> None:
    now = datetime(2025, 6, 16, tzinfo=SHANGHAI)
    coking(registered, line, tce_a_day=100.0, code="ABOVE", approved_energy_tce=36_000)
    coking(registered, line, tce_a_day=100.0, code="BELOW", approved_energy_tce=40_000)
    coking(registered, line, tce_a_day=100.0, code="WITHOUT")
    coking(registered, line, code="SILENT", approved_energy_tce=40_000)
    line.roll_up()
    found = seen(connection, "energy_above_approved", now)
    # 365 days x 100 tce
    assert {code: (str(each.verdict), each.value and round(each.value)) for code, each in found.items()} == {
        "ABOVE": ("breach", 500),
        "BELOW": ("ok", -3500),
        "SILENT": ("cannot_judge", None),
    }
    evidence = found["ABOVE"].evidence
    assert (evidence["judged_by"], evidence["approved_energy_tce"]) == ("last_12_months", 36_000)
    assert evidence["uses"]["running_year"]["equivalent_tce"] == pytest.approx(166 * 100.0)


def test_a_retrofit_is_overdue_by_the_act_in_force_and_the_alert_names_it(
    registered: Registered, line: Line, connection: Connection
) -> None:
    given = {"process": "cement_clinker", "commissioned_on": "2015-06-01", "code": "KILN"}
    plant = Plant(registered, line, unit=given, trade="cement")
    daily = {("raw_coal", "input"): 130.0 / COAL_KGCE_PER_KG, ("product", "product"): 1000.0}
    plant.uses("2025-04-01", "2026-08-01", daily)
    line.roll_up()
    overdue = seen(connection, "retrofit_overdue", NOON)["KILN"]
    assert (str(overdue.verdict), overdue.evidence["due_on"]) == ("breach", "2025-12-31")
    assert "retrofit.cement_clinker.2021" in {row["code"] for row in overdue.evidence["rows"]}
    # the act of 15 June counts from that day on, and not from July, when a month after it has been measured
    june = seen(connection, "retrofit_overdue", NOON.replace(month=6, day=20))["KILN"]
    assert (str(june.verdict), june.value, june.cleared) == ("ok", 925.0, True)
    # since 2026-06-15 cement has until the end of 2028: 882 days from 1 August 2026 on
    later = seen(connection, "retrofit_overdue", NOON.replace(month=8))["KILN"]
    assert (str(later.verdict), later.value, later.cleared) == ("ok", 883.0, True)


def test_a_retrofit_is_not_told_of_what_was_measured_for_a_part_of_the_year(
    registered: Registered, line: Line, connection: Connection
) -> None:
    given = {"process": "cement_clinker", "commissioned_on": "2015-06-01", "code": "KILN"}
    plant = Plant(registered, line, unit=given, trade="cement", meters_since="2026-03-31")
    plant.uses("2026-03-31", "2026-04-01", {("raw_coal", "input"): 200.0, ("product", "product"): 1000.0})
    line.roll_up()
    for slug in ("retrofit_overdue", "retrofit_due_soon", "unit_energy_below_baseline"):
        found = seen(connection, slug, NOON)["KILN"]
        assert (str(found.verdict), found.cleared) == ("provisional", False), slug
        assert found.reasons[0] == ("too_little_of_period", "0.0027")


def test_in_a_year_without_a_plan_a_rise_raises_no_alert(client: TestClient, connection: Connection) -> None:
    # no plan of 2026 is loaded; in April 2027 the year 2026 is the last complete one
    for year, tce in ((2025, 900), (2026, 1000)):
        reported(client, ORDOS, year, energy_consumption=tce, gdp=1000)
    later = NOON.replace(year=2027)
    for slug in ("energy_intensity_level_1", "energy_intensity_level_2", "energy_total_above_target"):
        found = seen(connection, slug, later)
        assert {str(each.verdict) for each in found.values()} == {"cannot_judge"}, slug
    assert seen(connection, "energy_intensity_level_1", later)[ORDOS].reasons[0][0] == "no_plan"


@pytest.mark.store
def test_intensity_that_rose_is_level_one_and_one_behind_its_progress_level_two(
    client: TestClient, connection: Connection
) -> None:
    for year, energy in ((2020, 1000.0), (2021, 950.0), (2022, 960.0)):
        reported(client, ORDOS, year, energy_consumption=energy, gdp=1000.0)
    after_2021, after_2022 = (datetime(year, 2, 1, tzinfo=SHANGHAI) for year in (2022, 2023))
    first, second = "energy_intensity_level_1", "energy_intensity_level_2"
    assert seen(connection, first, after_2021)[ORDOS].verdict == "ok"
    # 5 % fell in 2021, more than 1 - 0.835^(1/5) = 3.54 %; 1 % risen in 2022
    assert seen(connection, second, after_2021)[ORDOS].verdict == "ok"
    rose = seen(connection, first, after_2022)[ORDOS]
    assert (str(rose.verdict), rose.reasons) == ("breach", (("intensity_rose", "I"),))
    assert rose.value == pytest.approx(4.0)
    assert rose.limit == pytest.approx(100 * (1 - 0.835**0.4))
    assert rose.evidence["fall_of_year_percent"] == pytest.approx(100 * (1 - 960 / 950))
    assert (rose.start, rose.end) == (midnight("2022-01-01"), midnight("2023-01-01"))
    assert seen(connection, second, after_2022)[ORDOS].verdict == "ok"
    # 3 % a year: behind
    reported(client, ORDOS, 2022, energy_consumption=940.9, gdp=1000.0)
    behind = seen(connection, second, after_2022)[ORDOS]
    assert (str(behind.verdict), behind.reasons) == ("breach", (("behind_required_progress", "II"),))
    unknown = seen(connection, second, after_2022)[JUNGAR]
    assert str(unknown.verdict) == "cannot_judge"
    assert ("number_missing", "gdp 2022") in unknown.reasons


def test_the_total_above_its_target_is_a_warning(client: TestClient, connection: Connection) -> None:
    reported(client, ORDOS, 2021, energy_consumption=1000.0, gdp=1000.0)
    reported(
        client, ORDOS, 2022, energy_consumption=1050.0, gdp=1060.0, gdp_growth_plan=6.0, energy_total_target=1028.2
    )
    found = seen(connection, "energy_total_above_target", datetime(2023, 2, 1, tzinfo=SHANGHAI))[ORDOS]
    assert (str(found.verdict), found.value, found.limit, found.unit) == ("breach", 1050.0, 1028.2, "tce")
    assert found.evidence["level"] == "I"
    within = rule(
        indicator="dual_control_total", subject="league", period="year", compare={"level": ["II"]}, slug="only_two"
    )
    assert seen(connection, within, datetime(2023, 2, 1, tzinfo=SHANGHAI))[ORDOS].verdict == "ok"


def test_the_month_is_forecast_against_its_budget(
    client: TestClient, registered: Registered, line: Line, connection: Connection
) -> None:
    plant = coking(registered, line, code="COKE")
    other = coking(registered, line, code="OTHER")
    # 40 tce a day: 1200 tce in a month of 30 days
    for each in (plant, other):
        each.uses("2026-04-01", "2026-04-11", {("raw_coal", "input"): 40.0 / COAL_KGCE_PER_KG})
    line.roll_up()
    budget(client, "unit:COKE", "2026-04", 1000.0)
    budget(client, f"enterprise:{plant.enterprise}", "2026-04", 1210.0)
    budget(client, f"area:{JUNGAR}", "2026-04", 2500.0)
    budget(client, "unit:OTHER", "2026-05", 1000.0)
    tenth = datetime(2026, 4, 11, tzinfo=SHANGHAI)
    found = {
        slug: {
            code: (str(each.verdict), round(each.value or 0, 2), each.cleared)
            for code, each in seen(connection, slug, tenth).items()
        }
        for slug in ("month_budget_unit", "month_budget_enterprise", "month_budget_area")
    }
    assert found == {
        "month_budget_unit": {"COKE": ("breach", 120.0, False)},
        "month_budget_enterprise": {plant.enterprise: ("ok", 99.17, False)},
        "month_budget_area": {JUNGAR: ("ok", 96.0, True)},
    }
    evidence = seen(connection, "month_budget_unit", tenth)["COKE"].evidence
    assert (evidence["budget_tce"], evidence["share_of_month_gone"]) == (1000.0, pytest.approx(1 / 3))
    first = seen(connection, "month_budget_unit", datetime(2026, 4, 1, 23, tzinfo=SHANGHAI))
    assert first["COKE"].reasons == (("too_early", "24 h"),)
    silent = seen(connection, "month_budget_unit", datetime(2026, 4, 20, tzinfo=SHANGHAI))
    assert [code for code, _ in silent["COKE"].reasons] == ["low_coverage"]


def test_a_kiln_whose_coal_is_not_measured_is_alerted_by_no_rule_that_its_range_could_turn(
    registered: Registered, line: Line, connection: Connection, client: TestClient
) -> None:
    clinker(registered, line, 130.0, code="MEASURED")
    unknown = clinker(registered, line, 130.0, None, code="UNKNOWN")
    clinker(registered, line, 300.0, None, code="FAR")
    line.roll_up()
    below = rule(
        slug="below", indicator="unit_product_energy", subject="unit", period="rolling_12_months",
        compare={"benchmark": "baseline"},
    )  # fmt: skip
    april = datetime(2026, 4, 2, tzinfo=SHANGHAI)
    found = seen(connection, below, april)
    assert {code: str(each.verdict) for code, each in found.items()} == {
        "MEASURED": "breach",
        "UNKNOWN": "cannot_judge",
        "FAR": "breach",
    }
    ((reason, of),) = found["UNKNOWN"].reasons
    assert (reason, of.endswith("; raw_coal")) == ("heat_value_unknown", True)
    registered.heat_value(unknown.enterprise, "raw_coal", PRINTED_NCV)
    assert str(seen(connection, below, april)["UNKNOWN"].verdict) == "breach"


def test_a_budget_of_coal_that_is_not_measured_is_judged_where_its_range_leaves_no_doubt(
    client: TestClient, registered: Registered, line: Line, connection: Connection
) -> None:
    for code, budgeted in (("NEAR", 1000.0), ("FAR", 200.0)):
        plant = Plant(registered, line, unit={"code": code}, trade="coke", raw_coal_ncv=None)
        plant.uses("2026-04-01", "2026-04-11", {("raw_coal", "input"): 40.0 / COAL_KGCE_PER_KG})
        budget(client, f"unit:{code}", "2026-04", budgeted)
    line.roll_up()
    found = seen(connection, "month_budget_unit", datetime(2026, 4, 11, tzinfo=SHANGHAI))
    assert {code: str(each.verdict) for code, each in found.items()} == {"NEAR": "cannot_judge", "FAR": "breach"}
    assert found["NEAR"].reasons[0][0] == "heat_value_unknown"


def test_a_gateway_is_silent_from_its_last_message_or_from_the_day_on_which_it_was_expected(
    registered: Registered, connection: Connection, database: psycopg.Connection
) -> None:
    owner = registered.enterprise(valid_from="2026-03-01")
    unit = registered.unit(owner)
    gateways = [registered.gateway(owner) for _ in range(4)]
    for gateway in gateways[:3]:
        registered.meter(unit_code=unit, gateway_code=gateway)
    heard, silent, never, without_meters = gateways
    for gateway, minutes in ((heard, 20), (silent, 60)):
        at = NOON - timedelta(minutes=minutes)
        database.execute("INSERT INTO gateway_state (gateway_code, last_message_at) VALUES (%s, %s)", [gateway, at])
    found = seen(connection, "gateway_silent", NOON)
    assert told(found) == {
        heard: ("ok", 1200.0, True),
        silent: ("breach", 3600.0, False),
        never: ("breach", (NOON - midnight("2026-03-01")).total_seconds(), False),
    }
    assert without_meters not in found
    assert (found[silent].area_code, found[silent].enterprise_code) == (JUNGAR, owner)
    assert found[never].evidence == {"last_message_at": None, "expected_since": "2026-03-01", "meters": 1}
    assert {code: str(each.verdict) for code, each in seen(connection, "gateway_silent_day", NOON).items()} == {
        heard: "ok",
        silent: "ok",
        never: "breach",
    }


def test_a_calibration_holds_through_its_last_day(
    client: TestClient, registered: Registered, connection: Connection
) -> None:
    holds = registered.meter(calibrated_until="2026-04-01")
    over = registered.meter(calibrated_until="2026-03-31")
    registered.meter()
    registered.meter(calibrated_until="2020-01-01", valid_from="2019-01-01", valid_to="2026-02-01")
    assert told(seen(connection, "meter_calibration_overdue", NOON)) == {
        holds: ("ok", 0.0, True),
        over: ("breach", -1.0, False),
    }
    answer = client.patch(f"/api/v1/meters/{over}", json={"calibrated_until": "2028-03-31"})
    assert answer.json()["calibrated_until"] == "2028-03-31"
    assert (
        seen(connection, "meter_calibration_overdue", NOON)[over].value == (date(2028, 3, 31) - date(2026, 4, 1)).days
    )


def test_what_was_found_of_a_meter_is_its_owners_of_the_day(
    connection: Connection, database: psycopg.Connection, registered: Registered, client: TestClient
) -> None:
    seller, buyer = registered.enterprise(), registered.enterprise()
    meter = registered.meter(seller)
    sold = {"unit_code": registered.unit(buyer), "gateway_code": registered.gateway(buyer)}
    sold |= {"valid_from": "2026-03-03", "reason": "plant sold"}
    assert client.post(f"/api/v1/meters/{meter}/terms", json=sold).status_code == 201
    for day in ("2026-03-02", "2026-03-03"):
        database.execute(
            "INSERT INTO finding (check_slug, subject_kind, subject_code, day, starts_at, ends_at, value, limit_value)"
            " VALUES ('stuck', 'meter', %s, %s, now(), now(), 1, 1)",
            [meter, day],
        )
    days = {"from_day": date(2026, 3, 1), "to_day": date(2026, 3, 9), "today": date(2026, 3, 9)}
    found = SQL.run(connection, "findings", check_slug="stuck", **days)
    assert {str(row.day): row.credit_code for row in found} == {"2026-03-02": seller, "2026-03-03": buyer}
