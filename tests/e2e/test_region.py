"""A simulated region over the real broker, with faults of wire and registers: the sums are the true use."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.app import create_app
from services.core.check.report import report
from services.core.domain.calendar import SHANGHAI
from services.core.domain.meter import Mark
from services.core.settings import Settings
from services.up.stack import Stack
from simulators.broker import broker_from_url
from simulators.clock import FixedClock
from simulators.faults.plan import parse_plan
from simulators.faults.registers import Replacement
from simulators.fleet.feed import FleetFeed
from simulators.fleet.quantity import SimulatedMeter
from simulators.fleet.region import Region, build_region
from simulators.publish import Faults, Options, publish
from simulators.registration import csv_of
from tests.integration.running import passwords_file, running, wait_until

START = datetime(2026, 3, 2, tzinfo=SHANGHAI)
END = START + timedelta(days=4)
FAULTS = "duplicates=0.05,shuffle=0.2,late=0.1,lost_connection=0.01,reset=0.0005,rollover=0.5,swap=0.0005"
REGISTER_STEP = 1e-4
STEPS_LOST = 40
"""More register steps than a meter can lose to rounding at resets, swaps and rollovers in these days."""

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def client(database_url: str) -> Iterator[TestClient]:
    """The API."""
    with TestClient(create_app(Settings(database_url=database_url))) as client:
        yield client


def register(client: TestClient, region: Region) -> None:
    for kind, rows in region.registry.by_kind().items():
        content, headers = csv_of(rows).encode(), {"content-type": "text/csv"}
        answer = client.post(f"/api/v1/import/{kind}", content=content, headers=headers)
        assert answer.status_code == 200, answer.text


def true_use(meter: SimulatedMeter) -> float:
    """What flowed through a meter, in the carrier's unit."""
    edges = np.array([int(START.timestamp() * 1000), int(END.timestamp() * 1000)])
    before, after = meter.amount(edges)
    return float(after - before)


def tolerance(meter: SimulatedMeter, use: float) -> float:
    """What rounding of the readings can change; a gauge tells only the level at a moment."""
    if meter.meter.kind == "gauge":
        return 0.03 * use
    step = REGISTER_STEP * meter.meter.multiplier / meter.unit_per_carrier_unit
    return step * (STEPS_LOST if meter.meter.kind == "counter" else 4 * 24 * 4)


def test_sums_are_the_true_use_whatever_the_wire_and_the_registers_did(
    stack: Stack, database_url: str, client: TestClient, tmp_path: Path
) -> None:
    region = build_region(seed=11, enterprises=12, valid_from=START.date().isoformat())
    register(client, region)
    stack.broker.allow_gateways(list(region.meters_by_gateway))

    def record(swap: Replacement) -> None:
        at = datetime.fromtimestamp(swap.ts / 1000, SHANGHAI).isoformat()
        body = {"ts": at, "final_value": swap.final_value, "first_value": swap.first_value}
        assert client.post(f"/api/v1/meters/{swap.meter}/replacements", json=body).status_code == 201

    end_ms = int(END.timestamp() * 1000)
    start_ms = int(START.timestamp() * 1000)
    feeds = [FleetFeed(g, m, start_ms=start_ms, end_ms=end_ms) for g, m in region.meters_by_gateway.items()]
    options = Options(
        broker=broker_from_url(
            stack.mqtt_url(None), passwords_file=passwords_file(stack, region.meters_by_gateway, tmp_path)
        ),
        state_dir=tmp_path,
        clock=FixedClock(end_ms),
        faults=Faults(parse_plan(FAULTS, seed=11), region.registry, record),
        resend_after_s=5.0,
    )
    environment = {"ENERMON_DATABASE_URL": database_url, "ENERMON_MQTT_URL": stack.mqtt_url()}
    environment["ENERMON_INGEST_CLIENT_ID"] = f"ingest-{tmp_path.name}"
    with running("ingest", **environment), running("rollup", **environment):
        counts = publish(feeds, options)
        assert counts.rejected == 0
        with psycopg.connect(database_url, autocommit=True) as database:
            wait_until("everything rolled up", lambda: rolled_up(database))
            marks = {quality for (quality,) in database.execute("SELECT quality FROM reading_mark").fetchall()}
    assert marks >= {Mark.RESET, Mark.ROLLOVER, Mark.REPLACEMENT}, "resets, rollovers and replacements happened"
    assert report(database_url).well
    found = {
        row["meter"]: (row["quantity"], row["coverage"])
        for row in client.get(
            "/api/v1/energy",
            params={
                "start": START.isoformat(),
                "end": END.isoformat(),
                "bucket": "total",
                "by": "meter,flow",
                "limit": 1000,
            },
        ).json()["data"]
    }
    meters = [meter for mine in region.meters_by_gateway.values() for meter in mine]
    assert found.keys() == {meter.meter.code for meter in meters}
    assert [code for code, (_, coverage) in found.items() if coverage != 1.0] == []
    wrong = {
        meter.meter.code: (found[meter.meter.code][0], use)
        for meter in meters
        for use in [true_use(meter)]
        if abs(found[meter.meter.code][0] - use) > tolerance(meter, use)
    }
    assert wrong == {}


def rolled_up(database: psycopg.Connection) -> bool:
    row = database.execute("SELECT EXISTS (SELECT FROM dirty_slot) OR EXISTS (SELECT FROM meter_change)").fetchone()
    return row == (False,)
