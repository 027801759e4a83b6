"""Days of meters are counted, checked and estimated from what was received, and again whenever that changes."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.quality.process.service import QualityJudge
from tests.integration.line import QUARTER, Line
from tests.integration.registered import Registered
from tests.integration.served import shipped_tables

pytestmark = pytest.mark.store

Reading = tuple[str, datetime, float]
TABLES = shipped_tables()
DAY = datetime(2026, 3, 2, tzinfo=SHANGHAI)
NOON_AFTER = DAY + timedelta(days=1, hours=12)


@pytest.fixture
def quality(database_url: str) -> Iterator[QualityJudge]:
    with connect(database_url, role=DatabaseRole.QUALITY, application_name="test-quality") as connection:
        yield QualityJudge(connection, TABLES)


def look(quality: QualityJudge, now: datetime) -> int:
    """Look at all that is due; the number of days of meters."""
    quality.sweep(now)
    looked = 0
    while batch := quality.once(now):
        looked += batch
    return looked


def day_of(database: psycopg.Connection, meter: str, day: datetime = DAY) -> dict[str, Any]:
    """The counts of a meter's day."""
    with database.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        found = cursor.execute(
            "SELECT quality_day.* FROM quality_day JOIN meter USING (meter_id) WHERE code = %s AND day = %s",
            [meter, day.date()],
        ).fetchone()
    assert found is not None
    return found


def gateway_of(database: psycopg.Connection, meter: str) -> str:
    """The gateway that sends for a meter."""
    row = database.execute(
        "SELECT gateway.code FROM meter JOIN gateway USING (gateway_id) WHERE meter.code = %s", [meter]
    ).fetchone()
    assert row is not None
    return str(row[0])


def test_a_day_is_counted_by_expected_readings(
    line: Line, registered: Registered, quality: QualityJudge, database: psycopg.Connection
) -> None:
    meter = registered.meter(kind="interval")
    gateway = gateway_of(database, meter)
    times = [DAY + i * QUARTER for i in range(96) if i not in (10, 11, 12)]
    line.send(gateway, [(meter, at, 5.0) for at in times])
    line.send(gateway, [(meter, DAY + timedelta(minutes=1), 5.0)])
    line.roll_up()
    assert look(quality, NOON_AFTER) > 0
    found = day_of(database, meter)
    assert (found["readings"], found["received"], found["valid"], found["on_time"]) == (94, 93, 93, 0)
    assert found["measured_s"] == 93 * 900
    assert found["checked"]


def interval_day(meter: str, day: datetime, value: float, *, without: range = range(0)) -> list[Reading]:
    """A reading for each quarter of an hour of a day, but for some."""
    return [(meter, day + i * QUARTER, value) for i in range(96) if i not in without]


def asked(client: TestClient, address: str, **parameters: Any) -> Any:
    answer = client.get(f"/api/v1/{address}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def known_since(database: psycopg.Connection, meter: str, moment: datetime) -> None:
    """Let the meter have been registered at another time."""
    database.execute(
        "UPDATE meter_term SET recorded_at = %s WHERE meter_id = (SELECT meter_id FROM meter WHERE code = %s)",
        [moment, meter],
    )


def test_scores_are_ratios_of_sums(
    line: Line, registered: Registered, quality: QualityJudge, database: psycopg.Connection, client: TestClient
) -> None:
    enterprise = registered.enterprise(valid_from="2026-03-02")
    gateway = registered.gateway(enterprise)
    unit = registered.unit(enterprise)
    given = {"unit_code": unit, "gateway_code": gateway, "kind": "interval"}
    whole = registered.meter(**given, calibrated_until="2026-03-02")
    half = registered.meter(**given, valid_to="2026-03-04")
    line.send(gateway, interval_day(whole, DAY, 5.0) + interval_day(half, DAY, 5.0, without=range(48, 96)))
    line.send(gateway, [(whole, DAY + timedelta(minutes=1), 0.0)])
    line.roll_up()
    look(quality, NOON_AFTER)
    for meter in (whole, half):
        known_since(database, meter, DAY - timedelta(days=1))
    days = {"start": "2026-03-02", "end": "2026-03-03"}
    (row,) = asked(client, "quality", scope=f"enterprise:{enterprise}", bucket="total", **days)["data"]
    assert (row["expected"], row["readings"], row["received"]) == (192, 145, 144)
    assert (row["valid"], row["on_time"]) == (144, 0)
    assert (row["completeness"], row["timeliness"], row["validity"], row["consistency"]) == (0.75, 0, 1, 1)
    assert (row["accuracy"], row["calibration_registered"], row["unrated"]) == (1, 96, 0)
    assert row["composite"] == pytest.approx(0.4 * 0.75 + 0.2 + 0.1 + 0.15)
    rows = asked(client, "quality", scope="area:150622", by="meter", **days)["data"]
    assert {each["meter"]: each["completeness"] for each in rows} == {whole: 1, half: 0.5}
    (month,) = asked(
        client, "quality", scope="area:150600", bucket="month", by="area", start="2026-03-01", end="2026-03-05"
    )["data"]
    assert (month["area"], month["expected"], month["received"]) == ("150622", 5 * 96, 144)
    assert month["accuracy"] == pytest.approx(1 / 3)


def test_missing_readings_are_told_by_meter_and_hour(
    line: Line, registered: Registered, quality: QualityJudge, database: psycopg.Connection, client: TestClient
) -> None:
    meter = registered.meter(kind="interval", valid_from="2026-03-02", valid_to="2026-03-04")
    line.send(gateway_of(database, meter), interval_day(meter, DAY, 5.0, without=range(10, 13)))
    line.roll_up()
    look(quality, NOON_AFTER)
    days = {"start": "2026-03-02", "end": "2026-03-03"}
    found = asked(client, "quality/missing", scope=f"meter:{meter}", **days)
    assert [(row["hour"], row["expected"], row["missing"]) for row in found["data"]] == [
        ("2026-03-02T02:00:00+08:00", 4, 2),
        ("2026-03-02T03:00:00+08:00", 4, 1),
    ]
    silent = asked(client, "quality/missing", scope="area:150000", start="2026-03-03", end="2026-03-04")
    assert [row["missing"] for row in silent["data"]] == [4] * 24
    first = asked(client, "quality/missing", scope=f"meter:{meter}", start="2026-03-02", end="2026-03-04", limit=1)
    rest = asked(
        client,
        "quality/missing",
        scope=f"meter:{meter}",
        start="2026-03-02",
        end="2026-03-04",
        limit=1,
        cursor=first["next"],
    )
    assert (len(first["data"]), len(rest["data"]), rest["next"]) == (2, 24, None)


def test_a_meter_is_looked_at_by_what_it_was_on_the_day(
    line: Line, registered: Registered, quality: QualityJudge, database: psycopg.Connection, client: TestClient
) -> None:
    seller, buyer = registered.enterprise(), registered.enterprise()
    meter = registered.meter(seller, kind="interval", valid_from="2026-03-02", valid_to="2026-03-04")
    gateway = gateway_of(database, meter)
    line.send(gateway, interval_day(meter, DAY, 5.0))
    next_day = DAY + timedelta(days=1)
    sold = {
        "valid_from": "2026-03-03",
        "unit_code": registered.unit(buyer),
        "gateway_code": registered.gateway(buyer),
        "unit_of_measure": "MWh",
        "interval_s": 300,
        "reason": "sold, and its gateway replaced",
    }
    assert client.post(f"/api/v1/meters/{meter}/terms", json=sold).status_code == 201
    line.send(
        str(sold["gateway_code"]), [(meter, next_day + i * timedelta(minutes=5), 0.0017) for i in range(288) if i != 7]
    )
    line.roll_up()
    look(quality, NOON_AFTER + timedelta(days=1))
    assert (day_of(database, meter)["received"], day_of(database, meter, next_day)["received"]) == (96, 287)
    days = {"start": "2026-03-02", "end": "2026-03-04"}
    for scope, expected, received in ((seller, 96, 96), (buyer, 288, 287)):
        (row,) = asked(client, "quality", scope=f"enterprise:{scope}", bucket="total", **days)["data"]
        assert (row["expected"], row["received"]) == (expected, received)
    (missing,) = asked(client, "quality/missing", scope=f"meter:{meter}", **days)["data"]
    assert (missing["enterprise"], missing["hour"], missing["expected"], missing["missing"]) == (
        buyer,
        "2026-03-03T00:00:00+08:00",
        12,
        1,
    )
    assert asked(client, "quality/missing", scope=f"enterprise:{seller}", **days)["data"] == []


def test_days_are_counted_again_when_other_readings_were_expected(
    line: Line, registered: Registered, quality: QualityJudge, database: psycopg.Connection, client: TestClient
) -> None:
    meter = registered.meter()
    line.send(gateway_of(database, meter), [(meter, DAY + i * QUARTER, float(i)) for i in range(193)])
    line.roll_up()
    look(quality, NOON_AFTER)
    assert day_of(database, meter)["received"] == 96
    hourly = {"valid_from": "2026-03-02", "interval_s": 3600, "reason": "read by the hour"}
    assert client.post(f"/api/v1/meters/{meter}/terms", json=hourly).status_code == 201
    line.roll_up()
    look(quality, NOON_AFTER + timedelta(hours=1))
    assert day_of(database, meter)["received"] == 24


def test_hours_without_readings_are_estimated_until_the_reading_comes(
    line: Line, registered: Registered, quality: QualityJudge, database: psycopg.Connection, client: TestClient
) -> None:
    meter = registered.meter(kind="interval", valid_from="2026-02-01")
    gateway = gateway_of(database, meter)
    for week in range(4, 0, -1):
        line.send(gateway, interval_day(meter, DAY - timedelta(weeks=week), 10.0))
    line.send(gateway, interval_day(meter, DAY, 20.0, without=range(48, 56)))
    line.roll_up()
    look(quality, NOON_AFTER)
    energy = {"scope": f"meter:{meter}", "start": "2026-03-02", "end": "2026-03-03"}

    def quantities(method: str) -> tuple[float, float]:
        (row,) = asked(client, "energy", bucket="total", estimates=method, **energy)["data"]
        return row["quantity"], row["estimated_quantity"]

    assert quantities("linear") == (88 * 20, 96 * 20)
    assert quantities("profile") == (88 * 20, 96 * 20)
    hours = asked(client, "energy", bucket="hour", estimates="profile", **energy)["data"]
    assert [(row["quantity"], row["estimated_quantity"]) for row in hours[11:15]] == [
        (80, 80),
        (None, 80),
        (None, 80),
        (80, 80),
    ]
    line.send(gateway, [(meter, DAY + i * QUARTER, 7.0) for i in range(48, 56)])
    line.roll_up()
    assert quantities("profile") == (88 * 20 + 56, 88 * 20 + 56)
    look(quality, NOON_AFTER + timedelta(hours=1))
    assert database.execute("SELECT count(*) FROM estimate WHERE hour >= %s", [DAY]).fetchone() == (0,)
    answer = client.get("/api/v1/energy", params=energy | {"bucket": "15m", "estimates": "linear"})
    assert (answer.status_code, answer.json()["code"]) == (422, "not_on_hour")


def test_a_counters_gap_takes_the_shape_of_its_week(
    line: Line, registered: Registered, quality: QualityJudge, database: psycopg.Connection, client: TestClient
) -> None:
    meter = registered.meter(kind="counter", interval_s=3600, valid_from="2026-02-01")
    gateway = gateway_of(database, meter)
    start = DAY - timedelta(weeks=1)
    register, readings = 0.0, []
    for hour in range(0, 24 * 8 + 1):
        at = start + timedelta(hours=hour)
        if not DAY + timedelta(hours=8) < at < DAY + timedelta(hours=16):
            readings.append((meter, at, register))
        register += 30.0 if at.hour >= 12 else 10.0
    line.send(gateway, readings)
    line.roll_up()
    look(quality, NOON_AFTER)
    energy = {"scope": f"meter:{meter}", "start": "2026-03-02", "end": "2026-03-03", "bucket": "hour"}
    rows = asked(client, "energy", estimates="profile", **energy)["data"][8:16]
    assert [row["quantity"] for row in rows] == [20] * 8
    assert [row["estimated_quantity"] for row in rows] == [10] * 4 + [30] * 4
    linear = asked(client, "energy", estimates="linear", **energy)["data"][8:16]
    assert [row["estimated_quantity"] for row in linear] == [20] * 8


def test_a_day_that_comes_late_is_past_of_the_days_that_were_checked_without_it(
    line: Line, registered: Registered, quality: QualityJudge, database: psycopg.Connection, client: TestClient
) -> None:
    meter = registered.meter(kind="interval", valid_from="2026-02-14")
    gateway = gateway_of(database, meter)

    def send(day: int, *, like: int) -> None:
        drawn = random.Random(like)
        start = DAY + timedelta(days=day)
        line.send(gateway, [(meter, start + i * QUARTER, round(drawn.uniform(5, 9), 3)) for i in range(96)])

    def repeated_days() -> list[str]:
        days = {"start": "2026-02-14", "end": "2026-03-10"}
        found = asked(client, "quality/findings", scope=f"meter:{meter}", check="repeated", **days)["data"]
        return [row["day"] for row in found]

    for day in range(-16, 3):
        if day != 0:
            send(day, like=100 + day if day < 2 else 0)
    line.roll_up()
    look(quality, NOON_AFTER + timedelta(days=3))
    assert repeated_days() == []
    send(0, like=0)
    line.roll_up()
    look(quality, NOON_AFTER + timedelta(days=4))
    assert repeated_days() == ["2026-03-04"]


def test_a_counter_without_a_rating_says_that_it_is_judged_by_its_past(
    registered: Registered, client: TestClient
) -> None:
    enterprise = registered.enterprise()
    unit, gateway = registered.unit(enterprise), registered.gateway(enterprise)
    given = {"unit_code": unit, "gateway_code": gateway, "kind": "counter"}
    unrated, rated = registered.meter(**given), registered.meter(**given, rated_per_hour=100.0)
    days = {"start": "2026-03-02", "end": "2026-03-03", "bucket": "total"}
    rows = asked(client, "quality", scope=f"enterprise:{enterprise}", by="meter", **days)["data"]
    assert {row["meter"]: row["unrated"] for row in rows} == {unrated: 96, rated: 0}


def test_a_rating_given_later_leaves_the_days_before_unrated(registered: Registered, client: TestClient) -> None:
    meter = registered.meter(kind="counter")
    term = {"valid_from": "2026-03-03", "rated_per_hour": 100.0, "reason": "name plate read"}
    assert client.post(f"/api/v1/meters/{meter}/terms", json=term).status_code == 201
    days = {"start": "2026-03-02", "end": "2026-03-04", "bucket": "day"}
    rows = asked(client, "quality", scope=f"meter:{meter}", **days)["data"]
    assert [row["unrated"] for row in rows] == [96, 0]
