"""The renewable share of parks, measured, beside the targets of the plan of their area."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.integration.judged import Plant, asked, refused
from tests.integration.line import Line
from tests.integration.registered import DALAD, JUNGAR, SAIHAN, Registered

RANGE = {"start": "2026-03-01", "end": "2026-05-01"}


class Park:
    """A park with one enterprise that buys electricity through March and April 2026."""

    def __init__(self, registered: Registered, line: Line, kind: str, area_code: str = JUNGAR) -> None:
        self.code = registered.park(kind=kind, area_code=area_code)
        self.plant = Plant(registered, line, unit={}, area_code=area_code, park_code=self.code)

    def buys(self, *, grid: tuple[float, float], renewable: tuple[float, float]) -> None:
        """kWh a day in March and in April."""
        months = (("2026-03-01", "2026-04-01"), ("2026-04-01", "2026-05-01"))
        for (start, end), from_grid, from_wind in zip(months, grid, renewable, strict=True):
            daily = {("electricity", "input"): from_grid, ("electricity", "renewable"): from_wind}
            self.plant.uses(start, end, daily)


def told(client: TestClient, park: Park, **parameters: Any) -> Any:
    return asked(client, f"parks/{park.code}/renewables", **(RANGE | parameters))


def shares(answer: Any) -> list[tuple[float, str | None]]:
    return [(round(row["value"], 6), row["verdict"]) for row in (*answer["data"], answer["total"])]


@pytest.mark.store
def test_share_of_a_low_carbon_park_is_a_ratio_of_sums_held_against_fifty_percent(
    client: TestClient, registered: Registered, line: Line
) -> None:
    park = Park(registered, line, "low_carbon")
    park.buys(grid=(60.0, 10.0), renewable=(40.0, 90.0))
    line.roll_up()
    answer = told(client, park)
    # March 40 of 100 kWh a day, April 90 of 100. Together (31 x 40 + 30 x 90) / (61 x 100) = 3940 / 6100 = 64.59 %:
    # not the mean of 40 and 90.
    assert shares(answer) == [(40.0, "breach"), (90.0, "ok"), (round(394 / 6.1, 6), "ok")]
    assert answer["total"]["numerator"] == {"value": 3940.0, "unit": "kWh"}
    assert answer["total"]["denominator"] == {"value": 6100.0, "unit": "kWh"}
    assert answer["target"] == {"row": "OR-07", "op": ">=", "value": 50.0, "unit": "%", "target_year": 2025}
    (row,) = answer["rows"]
    # the plan ran to the end of 2025: its target is carried on
    assert (row["code"], row["verified"], row["carried"]) == ("OR-07", True, True)


def test_zero_carbon_park_must_reach_a_hundred_percent(client: TestClient, registered: Registered, line: Line) -> None:
    park = Park(registered, line, "zero_carbon", DALAD)
    park.buys(grid=(0.0, 1.0), renewable=(100.0, 99.0))
    line.roll_up()
    answer = told(client, park)
    assert answer["target"]["row"] == "OR-08"
    assert shares(answer)[:2] == [(100.0, "ok"), (99.0, "breach")]


def test_ordinary_park_has_a_value_and_nothing_to_judge_it_by(
    client: TestClient, registered: Registered, line: Line
) -> None:
    park = Park(registered, line, "ordinary")
    park.buys(grid=(75.0, 75.0), renewable=(25.0, 25.0))
    line.roll_up()
    answer = told(client, park, bucket="total")
    assert shares(answer) == [(25.0, "cannot_judge"), (25.0, "cannot_judge")]
    assert [reason["code"] for reason in answer["total"]["reasons"]] == ["no_limit"]
    assert (answer["target"], answer["rows"]) == (None, [])
    told_there = asked(client, "indicators/park_renewable_share", scope=f"park:{park.code}", bucket="total", **RANGE)
    (row,) = told_there["data"]
    assert (row["verdict"], [reason["code"] for reason in row["reasons"]]) == ("cannot_judge", ["no_limit"])


def test_too_few_readings_are_told_before_the_missing_target(
    client: TestClient, registered: Registered, line: Line
) -> None:
    park = Park(registered, line, "ordinary")
    park.plant.uses("2026-03-01", "2026-03-20", {("electricity", "input"): 1.0, ("electricity", "renewable"): 9.0})
    line.roll_up()
    answer = told(client, park)
    assert answer["total"]["verdict"] == "cannot_judge"
    assert [reason["code"] for reason in answer["total"]["reasons"]] == ["low_coverage"]


def test_t31_plan_of_ordos_sets_no_target_for_a_park_elsewhere(
    client: TestClient, registered: Registered, line: Line
) -> None:
    park = Park(registered, line, "low_carbon", SAIHAN)
    park.buys(grid=(75.0, 75.0), renewable=(25.0, 25.0))
    line.roll_up()
    answer = told(client, park)
    assert (answer["target"], answer["total"]["verdict"]) == (None, "cannot_judge")
    assert [reason["code"] for reason in answer["total"]["reasons"]] == ["no_limit"]


def test_share_with_too_few_readings_cannot_be_judged(client: TestClient, registered: Registered, line: Line) -> None:
    park = Park(registered, line, "low_carbon")
    park.plant.uses("2026-03-01", "2026-03-20", {("electricity", "input"): 1.0, ("electricity", "renewable"): 9.0})
    line.roll_up()
    answer = told(client, park)
    assert answer["total"]["verdict"] == "cannot_judge"
    assert answer["total"]["reasons"][0]["code"] == "low_coverage"


def test_park_without_renewable_meters_uses_none(client: TestClient, registered: Registered, line: Line) -> None:
    park = Park(registered, line, "low_carbon")
    park.plant.uses("2026-03-01", "2026-05-01", {("electricity", "input"): 10.0})
    line.roll_up()
    assert shares(told(client, park, bucket="total")) == [(0.0, "breach"), (0.0, "breach")]


def test_energy_counts_in_the_park_of_the_day(client: TestClient, registered: Registered, line: Line) -> None:
    park = Park(registered, line, "low_carbon")
    park.buys(grid=(10.0, 50.0), renewable=(90.0, 50.0))
    leaves = {"area_code": JUNGAR, "valid_from": "2026-04-01"}
    address = f"/api/v1/enterprises/{park.plant.enterprise}/memberships"
    assert client.post(address, json=leaves).status_code == 201
    line.roll_up()
    answer = told(client, park)
    assert (answer["total"]["value"], answer["total"]["denominator"]["value"]) == (90.0, 3100.0)


def test_unknown_park_and_odd_range_are_refused(client: TestClient, registered: Registered) -> None:
    code = registered.park()
    assert refused(client, "parks/P-NONE/renewables") == (404, "unknown_park")
    odd = {"start": "2026-03-01T00:15:00+08:00", "end": "2026-04-01"}
    assert refused(client, f"parks/{code}/renewables", **odd) == (422, "not_on_hour")
    assert refused(client, f"parks/{code}/renewables", start="2026-04-01", end="2026-03-01") == (422, "start_after_end")
    assert refused(client, f"parks/{code}/renewables", bucket="week") == (422, "invalid_parameter")
