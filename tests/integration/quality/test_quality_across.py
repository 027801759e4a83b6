"""Days checked as a whole: meters against reports, clocks and each other; and what rules of alerts see of it."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from services.quality.process.service import QualityJudge
from tests.integration.line import Line
from tests.integration.observing import connected, seen, told
from tests.integration.quality.test_quality import DAY, NOON_AFTER, asked, interval_day, look, quality
from tests.integration.registered import Registered

pytestmark = pytest.mark.store

__all__ = ["quality"]

LATER = NOON_AFTER + timedelta(minutes=5)
Findings = dict[tuple[str, str], float]


def across(quality: QualityJudge, now: datetime) -> None:
    """Look at all days of meters, then at the days as a whole."""
    look(quality, now)
    while quality.across(now + timedelta(minutes=5)):
        pass


def found(client: TestClient, **parameters: Any) -> Findings:
    """The value of each finding, by check and subject."""
    days = {"start": "2026-03-02", "end": "2026-03-03"} | parameters
    rows = asked(client, "quality/findings", **days)["data"]
    return {(row["check"], row["subject"]): row["value"] for row in rows}


def test_sub_meters_above_the_boundary_are_found_and_told_and_lower_consistency(
    line: Line, registered: Registered, quality: QualityJudge, client: TestClient, database_url: str
) -> None:
    enterprise = registered.enterprise(valid_from="2026-03-02")
    unit, gateway = registered.unit(enterprise), registered.gateway(enterprise)
    given = {"unit_code": unit, "gateway_code": gateway, "kind": "interval"}
    boundary, sub = registered.meter(**given), registered.meter(**given, flow="sub")
    heat = registered.meter(**given, carrier="heat", unit_of_measure="GJ")
    line.send(gateway, [r for m, v in ((boundary, 10.0), (sub, 12.0), (heat, 1.0)) for r in interval_day(m, DAY, v)])
    line.roll_up()
    across(quality, NOON_AFTER)
    assert found(client, check="balance") == {("balance", enterprise): pytest.approx(0.2)}
    assert found(client, scope=f"meter:{sub}", check="balance") == {("balance", enterprise): pytest.approx(0.2)}
    days = {"start": "2026-03-02", "end": "2026-03-03", "bucket": "total"}
    (row,) = asked(client, "quality", scope=f"enterprise:{enterprise}", **days)["data"]
    assert row["consistency"] == pytest.approx(1 / 3)
    with connected(database_url) as connection:
        assert told(seen(connection, "balance_apart", LATER)) == {enterprise: ("breach", 0.2, False)}
    line.send(
        gateway,
        interval_day(boundary, DAY + timedelta(days=1), 10.0) + interval_day(sub, DAY + timedelta(days=1), 10.0),
    )
    line.roll_up()
    next_noon = NOON_AFTER + timedelta(days=1)
    across(quality, next_noon)
    with connected(database_url) as connection:
        assert told(seen(connection, "balance_apart", next_noon)) == {enterprise: ("ok", 0.0, True)}


def test_a_month_that_is_reported_otherwise_than_measured_is_found(
    line: Line, registered: Registered, quality: QualityJudge, client: TestClient, database_url: str
) -> None:
    enterprise = registered.enterprise(valid_from="2026-02-01")
    unit, gateway = registered.unit(enterprise), registered.gateway(enterprise)
    meter = registered.meter(
        unit_code=unit, gateway_code=gateway, kind="interval", interval_s=86400, valid_from="2026-02-01"
    )
    february = datetime(2026, 2, 1, tzinfo=SHANGHAI)
    line.send(gateway, [(meter, february + timedelta(days=n), 100.0) for n in range(28)])
    line.roll_up()
    entry = {"owner": f"enterprise:{enterprise}", "kind": "reported_electricity", "period": "2026-02", "unit": "kWh"}
    assert client.post("/api/v1/statistics", json=entry | {"value": 2500}).status_code == 200
    look(quality, NOON_AFTER)
    quality.hourly(NOON_AFTER)
    month = {"start": "2026-02-01", "end": "2026-03-01", "check": "daily_monthly"}
    assert found(client, **month) == {("daily_monthly", enterprise): pytest.approx(0.12)}
    with connected(database_url) as connection:
        assert told(seen(connection, "daily_monthly_apart", LATER)) == {enterprise: ("breach", 0.12, False)}
    assert client.post("/api/v1/statistics", json=entry | {"value": 2800}).status_code == 200
    quality.hourly(NOON_AFTER)
    assert found(client, **month) == {}
    by_hand = {"unit_code": unit, "carrier": "electricity", "month": "2026-02", "unit_of_measure": "kWh"}
    assert client.post("/api/v1/manual-reports", json=by_hand | {"value": 3500, "document": "1"}).status_code == 200
    quality.hourly(NOON_AFTER)
    assert found(client, **month) == {("daily_monthly", enterprise): pytest.approx(0.2)}


def test_calibrations_and_clocks_are_looked_at_by_day(
    line: Line, registered: Registered, quality: QualityJudge, client: TestClient, database: psycopg.Connection
) -> None:
    enterprise = registered.enterprise(valid_from="2026-03-02")
    gateway = registered.gateway(enterprise)
    meter = registered.meter(
        enterprise, gateway_code=gateway, kind="gauge", unit_of_measure="kW", calibrated_until="2026-02-27"
    )
    line.send(gateway, interval_day(meter, DAY, 5.0))
    line.roll_up()
    # as if each had been received two minutes before its time
    database.execute("SET session_replication_role = replica")
    database.execute(
        "INSERT INTO stored_batch"
        " SELECT 1000 + row_number() OVER (), ts - interval '2 minutes', 'test', 1, digest, ts, ts"
        " FROM reading JOIN stored_batch USING (batch_id)"
    )
    database.execute(
        "UPDATE reading SET batch_id = again.batch_id FROM stored_batch AS again"
        " WHERE again.writer = 'test' AND again.first_ts = reading.ts"
    )
    database.execute("SET session_replication_role = DEFAULT")
    across(quality, NOON_AFTER)
    assert found(client, scope=f"enterprise:{enterprise}") == {
        ("calibration_due", meter): 3.0,
        ("clock_drift", gateway): 120.0,
    }


def test_enterprises_that_fall_silent_together_are_a_fault_of_the_collection_and_no_energy_saved(
    line: Line, registered: Registered, quality: QualityJudge, client: TestClient, database_url: str
) -> None:
    first = DAY - timedelta(days=14)
    given = {"kind": "interval", "interval_s": 3600}
    meters, gateways = [], []
    for _ in range(8):
        enterprise = registered.enterprise(valid_from="2026-02-16")
        gateways.append(registered.gateway(enterprise))
        meters.append(registered.meter(enterprise, gateway_code=gateways[-1], **given))
    for i, (meter, gateway) in enumerate(zip(meters, gateways, strict=True)):
        hours = [(meter, first + timedelta(hours=h), 100.0) for h in range(15 * 24)]
        if i < 6:
            at_fault = {14 * 24 + h for h in range(9, 12)}
            hours = [(m, at, 0.0 if h in at_fault else v) for h, (m, at, v) in enumerate(hours)]
        line.send(gateway, hours)
    line.roll_up()
    midday = DAY + timedelta(hours=13)
    look(quality, midday)
    quality.hourly(midday)
    assert found(client) == {("fleet_silence", "150000"): 6.0, ("fleet_silence", "150600"): 6.0}
    line.roll_up()
    around = {"scope": "area:150622", "bucket": "hour", "start": "2026-03-02T08:00:00+08:00"}
    rows = asked(client, "energy", **around, end="2026-03-02T13:00:00+08:00")["data"]
    assert [row["coverage"] for row in rows] == [1, 0.25, 0.25, 0.25, 1]
    assert [row["quantity"] for row in rows] == [800, 200, 200, 200, 800]
    with connected(database_url) as connection:
        assert told(seen(connection, "fleet_silence", midday)) == {
            "150000": ("breach", 6.0, False),
            "150600": ("breach", 6.0, False),
        }
    quality.hourly(NOON_AFTER)
    line.roll_up()
    look(quality, NOON_AFTER)
    assert found(client, check="fleet_silence") == {("fleet_silence", "150000"): 6.0, ("fleet_silence", "150600"): 6.0}
    (row,) = asked(
        client, "energy", scope="area:150622", start="2026-03-02", end="2026-03-03", bucket="total", estimates="profile"
    )["data"]
    assert (row["quantity"], row["estimated_quantity"]) == (24 * 800 - 3 * 600, 24 * 800)


def test_both_directions_of_a_meter_count_where_enterprises_fall_silent_together(
    line: Line, registered: Registered, quality: QualityJudge, client: TestClient
) -> None:
    first, silent = DAY - timedelta(days=14), {14 * 24 + h for h in range(9, 12)}
    turned, exports = {"flow": "output", "negative_flow": "input"}, {"negative_flow": "output"}
    meters = []
    for i in range(8):
        enterprise = registered.enterprise(valid_from="2026-02-16")
        gateway = registered.gateway(enterprise)
        ways = {0: turned, 1: exports}.get(i, {})
        meters.append(registered.meter(enterprise, gateway_code=gateway, kind="interval", interval_s=3600, **ways))
        used, fallen = (-100.0 if i == 0 else 100.0), (-10.0 if i == 1 else 0.0)
        values = [fallen if i < 6 and h in silent else used for h in range(15 * 24)]
        line.send(gateway, [(meters[-1], first + timedelta(hours=h), value) for h, value in enumerate(values)])
    line.roll_up()
    midday = DAY + timedelta(hours=13)
    look(quality, midday)
    quality.hourly(midday)
    assert found(client) == {("fleet_silence", "150000"): 6.0, ("fleet_silence", "150600"): 6.0}
    line.roll_up()
    hours = {"bucket": "hour", "start": "2026-03-02T09:00:00+08:00", "end": "2026-03-02T12:00:00+08:00"}
    rows = asked(client, "energy", scope=f"meter:{meters[1]}", by="flow", **hours)["data"]
    assert {(row["flow"], row["quantity"], row["coverage"]) for row in rows} == {("input", 0, 1), ("output", 10, 1)}


def test_what_is_not_rolled_up_yet_is_no_silence(
    line: Line, registered: Registered, quality: QualityJudge, client: TestClient, database: psycopg.Connection
) -> None:
    first = DAY - timedelta(days=14)
    gateways = {}
    for _ in range(8):
        enterprise = registered.enterprise(valid_from="2026-02-16")
        gateway = registered.gateway(enterprise)
        meter = registered.meter(enterprise, gateway_code=gateway, kind="interval", interval_s=3600)
        gateways[meter] = gateway
        line.send(gateway, [(meter, first + timedelta(hours=h), 100.0) for h in range(14 * 24)])
    line.roll_up()
    for meter, gateway in gateways.items():
        line.send(gateway, [(meter, DAY + timedelta(hours=h), 100.0) for h in range(24)])
    midday = DAY + timedelta(hours=13)
    quality.hourly(midday)
    assert found(client) == {}
    database.execute("DELETE FROM late_slot")
    quality.hourly(midday)
    assert found(client) == {("fleet_silence", "150000"): 8.0, ("fleet_silence", "150600"): 8.0}
    database.execute("INSERT INTO dirty_slot SELECT meter_id, ts FROM reading WHERE ts >= %s", [DAY])
    line.roll_up()
    quality.hourly(midday)
    line.roll_up()
    assert found(client) == {}
    assert database.execute("SELECT count(*) FROM collection_fault").fetchone() == (0,)
    (row,) = asked(client, "energy", scope="area:150622", start="2026-03-02", end="2026-03-03", bucket="total")["data"]
    assert row["coverage"] == 1
