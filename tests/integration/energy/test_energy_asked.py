"""How sums are asked for: told apart, over any range, with what is missing and what waits."""

import random
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.energy.pending import MOST_SEEN
from services.core.calendar import SHANGHAI
from tests.integration.energy.plant import JANUARY, START, Plant
from tests.integration.line import QUARTER, Line, quarters
from tests.integration.registered import DALAD, JUNGAR, ORDOS, Registered

pytestmark = pytest.mark.store


def test_missing_is_null_and_zero_is_zero(line: Line, plant: Plant) -> None:
    still, silent = plant.meter(carrier="electricity"), plant.meter(carrier="water", unit_of_measure="m3")
    line.send(plant.gateway, quarters(still, START, [7.0] * 5))
    line.roll_up()
    rows = line.ask(bucket="hour", start=START.isoformat(), end=(START + timedelta(hours=1)).isoformat(), by="meter")
    found = {row["meter"]: (row["quantity"], row["coverage"]) for row in rows}
    assert found == {still: (0.0, 1.0), silent: (None, 0.0)}


def test_coverage_counts_every_meter_that_should_report(line: Line, plant: Plant) -> None:
    one, _ = plant.meter(), plant.meter()
    line.send(plant.gateway, quarters(one, START, range(5)))
    line.roll_up()
    hour = {"start": START.isoformat(), "end": (START + timedelta(hours=1)).isoformat()}
    (row,) = line.ask(bucket="hour", **hour)
    assert (row["quantity"], row["coverage"]) == (4.0, 0.5)


def test_any_grouping_adds_up_to_the_whole(line: Line, registered: Registered) -> None:
    plants = [Plant(registered), Plant(registered, area_code=DALAD, park_code=None)]
    for number, plant in enumerate(plants):
        for _ in range(2):
            line.send(plant.gateway, quarters(plant.meter(), START, [0.0, 1.0 + number, 5.0]))
    line.roll_up()
    for by in (
        "area",
        "league",
        "banner",
        "park",
        "enterprise",
        "unit",
        "meter",
        "carrier",
        "park,enterprise",
        "banner,unit",
    ):
        assert sum(row["quantity"] for row in line.ask(bucket="total", by=by, **JANUARY)) == 20.0, by
    assert [(row["park"], row["quantity"]) for row in line.ask(bucket="total", by="park", **JANUARY)] == [
        (None, 10.0),
        (plants[0].park, 10.0),
    ]


def test_any_range_of_quarter_hours_is_the_sum_of_its_parts(line: Line, plant: Plant) -> None:
    meter = plant.meter()
    draw = random.Random(7)
    values, at = [], 0.0
    for _ in range(4 * 24 * 40):
        at += draw.randint(0, 9)
        values.append(at)
    start = datetime(2026, 1, 20, 0, 0, tzinfo=SHANGHAI)
    line.send(plant.gateway, quarters(meter, start, values))
    line.roll_up()
    for _ in range(25):
        a, b = sorted(draw.sample(range(len(values)), 2))
        asked = {"start": (start + a * QUARTER).isoformat(), "end": (start + b * QUARTER).isoformat()}
        for scope in ("area:150000", f"park:{plant.park}", f"meter:{meter}"):
            assert line.total(scope=scope, **asked) == values[b] - values[a]
        for bucket in ("hour", "day", "month", "year"):
            rows = line.ask(scope="area:150600", bucket=bucket, limit=500, **asked)
            assert sum(row["quantity"] for row in rows) == values[b] - values[a]
            assert [row["end"] for row in rows[:-1]] == [row["start"] for row in rows[1:]]


def test_league_of_a_banner_is_answered_with_the_banners_sum(line: Line, plant: Plant) -> None:
    meter = plant.meter()
    line.send(plant.gateway, quarters(meter, START + QUARTER, range(0, 90, 10)))
    line.roll_up()
    for start in ("2026-01-01", (START + 2 * QUARTER).isoformat()):
        asked = {"scope": f"area:{JUNGAR}", "start": start, "end": "2026-02-02", "bucket": "day"}
        by_league = [(row["area"], row["start"], row["quantity"]) for row in line.ask(by="league", **asked)]
        assert by_league == [(ORDOS, row["start"], row["quantity"]) for row in line.ask(**asked)]
        assert any(quantity for *_, quantity in by_league)


def test_readings_on_days_on_which_none_is_expected_do_not_raise_coverage(
    line: Line, plant: Plant, client: TestClient
) -> None:
    early, silent = plant.meter(valid_from="2026-02-01"), plant.meter()
    line.send(plant.gateway, quarters(early, START, range(5)))
    line.roll_up()
    hour = {"start": START.isoformat(), "end": (START + timedelta(hours=1)).isoformat(), "bucket": "hour"}
    assert [(row["quantity"], row["coverage"]) for row in line.ask(**hour)] == [(4.0, 0.0)]
    assert client.patch(f"/api/v1/meters/{early}", json={"valid_from": "2026-01-01"}).status_code == 200
    line.roll_up()
    assert [(row["quantity"], row["coverage"]) for row in line.ask(**hour)] == [(4.0, 0.5)]
    assert silent != early


def test_readings_that_wait_for_the_roll_up_are_told_beside_the_sums(
    client: TestClient, line: Line, plant: Plant, registered: Registered
) -> None:
    meter, other = plant.meter(), registered.meter()

    def pending(**asked: Any) -> Any:
        return client.get("/api/v1/energy", params={"bucket": "total", **JANUARY, **asked}).json()["pending"]

    assert pending() is None
    line.send(plant.gateway, quarters(meter, START, range(4)))
    waiting = {"slots": 4, "meters": 1, "since": START.isoformat(), "is_partial": False}
    for scope in ("area:150000", f"area:{JUNGAR}", f"park:{plant.park}", f"enterprise:{plant.enterprise}"):
        assert pending(scope=scope) == waiting
    assert pending(scope=f"meter:{other}") is None
    assert pending(start="2026-03-01", end="2026-04-01") is None
    line.roll_up()
    assert pending() is None
    assert client.patch(f"/api/v1/meters/{meter}", json={"flow": "output"}).status_code == 200
    again = {"slots": 0, "meters": 1, "since": "2026-01-01T00:00:00+08:00", "is_partial": False}
    assert pending(scope=f"unit:{plant.unit}") == again
    line.roll_up()
    assert pending() is None


def test_of_a_long_backlog_so_much_is_looked_at_and_no_more(
    client: TestClient, line: Line, plant: Plant, database: psycopg.Connection
) -> None:
    meter = plant.meter()
    database.execute("INSERT INTO dirty_slot SELECT 999999, %s FROM generate_series(1, %s)", [START, MOST_SEEN])
    asked = {"scope": f"meter:{meter}", "bucket": "total", **JANUARY}
    answer = client.get("/api/v1/energy", params=asked).json()
    assert answer["pending"] == {"slots": 0, "meters": 0, "since": None, "is_partial": True}


def test_a_range_that_is_on_no_quarter_hour_is_widened_on_request(client: TestClient, line: Line, plant: Plant) -> None:
    line.send(plant.gateway, quarters(plant.meter(), START, [0.0, 1.0, 3.0, 7.0]))
    line.roll_up()
    asked = {"start": "2026-01-31T14:07:13.250Z", "end": "2026-01-31T14:16:00Z", "bucket": "total"}
    refused = client.get("/api/v1/energy", params=asked)
    assert (refused.status_code, refused.json()["code"]) == (422, "not_on_quarter")
    answer = client.get("/api/v1/energy", params=asked | {"align": "outward"}).json()
    assert (answer["start"], answer["end"]) == ("2026-01-31T22:00:00+08:00", "2026-01-31T22:30:00+08:00")
    assert (answer["aligned"], answer["data"][0]["quantity"]) == (True, 3.0)
    whole = {"start": answer["start"], "end": answer["end"], "bucket": "total"}
    again = client.get("/api/v1/energy", params=whole | {"align": "outward"}).json()
    assert (again["aligned"], again["data"]) == (False, answer["data"])
    hours = client.get("/api/v1/energy", params=asked | {"align": "outward", "estimates": "linear"}).json()
    assert (hours["start"], hours["end"]) == ("2026-01-31T22:00:00+08:00", "2026-01-31T23:00:00+08:00")


def test_the_longest_range_may_be_widened(client: TestClient, line: Line) -> None:
    asked = {"start": "2026-01-01T00:07:00Z", "end": "2026-02-01T00:07:00Z", "bucket": "15m", "align": "outward"}
    assert client.get("/api/v1/energy", params=asked).status_code == 200


def test_unknown_carrier_is_refused(client: TestClient) -> None:
    answer = client.get("/api/v1/energy", params={"carrier": "phlogiston"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_carrier")


@pytest.mark.parametrize(
    ("address", "widened"),
    [
        ("energy/balance", ("2026-03-02T18:00:00+08:00", "2026-03-02T19:00:00+08:00")),
        ("indicators/completeness?bucket=hour", ("2026-03-02T18:00:00+08:00", "2026-03-02T19:00:00+08:00")),
        ("quality", ("2026-03-02T00:00:00+08:00", "2026-03-03T00:00:00+08:00")),
        ("efficiency-list", ("2026-03-01T00:00:00+08:00", "2026-04-01T00:00:00+08:00")),
    ],
)
def test_every_address_widens_a_range_of_a_dashboard_to_what_it_keeps(
    client: TestClient, address: str, widened: tuple[str, str]
) -> None:
    path, _, query = address.partition("?")
    given = dict(part.split("=") for part in query.split("&") if part)
    given |= {"start": "2026-03-02T10:07:31.123Z", "end": "2026-03-02T10:50:00.001Z"}
    assert client.get(f"/api/v1/{path}", params=given).status_code == 422
    answer = client.get(f"/api/v1/{path}", params={**given, "align": "outward"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["start"], answer.json()["end"], answer.json()["aligned"]) == (*widened, True)
