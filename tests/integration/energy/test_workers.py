"""Several workers end where one would, whatever comes between; and none waits for another in a circle."""

import random
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from services.core.db import leading, sharing
from services.energy.rollup.ranges import Bounds
from services.energy.rollup.service import RollUp
from tests.integration.energy.crew import Batches, erase_energy, kept, working
from tests.integration.line import QUARTER, Line, assert_every_sum_agrees, rolling_up
from tests.integration.registered import ALWAYS, DALAD, SAIHAN, Registered

pytestmark = pytest.mark.store

START = datetime(2026, 3, 1, 8, 0, tzinfo=SHANGHAI)
KINDS: tuple[dict[str, Any], ...] = (
    {"kind": "counter", "rated_per_hour": 90_000.0},
    {"kind": "counter", "register_size": 5_100.0},
    {"kind": "interval", "negative_flow": "output"},
    {"kind": "gauge", "unit_of_measure": "kW"},
    {"kind": "interval", "flow": "renewable"},
)
METERS = 40
SMALL = Bounds(dirty=60, slots=60_000, readings=300, meter_readings=60)
Readings = list[tuple[str, datetime, float]]


@pytest.fixture(autouse=True)
def _divided_often(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (leading, sharing):
        monkeypatch.setattr(module, "AGAIN_S", 0.05)


class Town:
    """Three enterprises in two banners, one of them in a park, with meters of every kind."""

    def __init__(self, client: TestClient, registered: Registered) -> None:
        self.client = client
        park = registered.park()
        self.owners = [
            registered.enterprise(park_code=park),
            registered.enterprise(),
            registered.enterprise(area_code=SAIHAN),
        ]
        self.gateways = [registered.gateway(owner) for owner in self.owners]
        units = [[registered.unit(owner) for _ in range(2)] for owner in self.owners]
        self.meters: dict[str, str] = {}
        for i in range(METERS):
            place = i % len(self.owners)
            code = registered.meter(
                unit_code=units[place][i % 2], gateway_code=self.gateways[place], **KINDS[i % len(KINDS)]
            )
            self.meters[code] = self.gateways[place]
        self.kinds = dict(zip(self.meters, (KINDS[i % len(KINDS)] for i in range(METERS)), strict=True))

    def readings(self, draw: random.Random, quarters: int) -> Readings:
        """Of each meter, with gaps and faults, in no order."""
        found: Readings = []
        for code, kind in self.kinds.items():
            shown = 5_000.0
            for i in range(quarters):
                shown = round(shown + draw.choice([0.0, 0.5, 1.25, 4.0]), 2)
                value = shown if kind["kind"] == "counter" else round(draw.uniform(-9, 30), 1)
                chance = draw.random()
                if chance > 0.04:
                    found.append((code, START + i * QUARTER, 0.0 if chance > 0.98 else value))
        draw.shuffle(found)
        return found

    def send(self, line: Line, readings: Readings) -> None:
        for gateway in self.gateways:
            line.send(gateway, [each for each in readings if self.meters[each[0]] == gateway])

    def change(self, draw: random.Random, day: int) -> None:
        """People change what readings mean, and to whom they belong; or correct one."""
        meter = draw.choice(list(self.meters))
        at = START + draw.randrange(200) * QUARTER
        owner = draw.choice(self.owners)
        choices: list[tuple[str, str, dict[str, Any]]] = [
            ("PATCH", f"meters/{meter}", {"multiplier": draw.choice([2, 10, 80])} | ALWAYS),
            ("POST", f"meters/{meter}/terms", {"valid_from": at.isoformat(), "multiplier": 5, "reason": "工单"}),
            ("POST", f"meters/{meter}/corrections", {"ts": at.isoformat(), "kind": "supply", "value": 7.5}),
            (
                "POST",
                f"enterprises/{owner}/memberships",
                {"valid_from": f"{START + timedelta(days=day):%Y-%m-%d}", "area_code": DALAD},
            ),
        ]
        method, path, body = draw.choice(choices)
        body |= {"reason": "typing error"} if path.endswith("corrections") else {}
        answer = self.client.request(method, f"/api/v1/{path}", json=body)
        assert answer.status_code in (200, 201, 409), (path, body, answer.text)


@pytest.fixture
def town(client: TestClient, registered: Registered) -> Town:
    return Town(client, registered)


def by_one(database: psycopg.Connection, database_url: str) -> dict[str, list[tuple[Any, ...]]]:
    """What one worker makes of the same readings and registry, from the beginning."""
    erase_energy(database)
    with rolling_up(database_url) as rollup:
        while rollup.once():
            pass
    return kept(database)


@pytest.mark.parametrize("seed", range(3))
def test_workers_that_are_killed_amid_changes_and_late_readings_end_where_one_ends(
    town: Town, line: Line, database: psycopg.Connection, database_url: str, seed: int
) -> None:
    draw = random.Random(seed)
    readings = town.readings(draw, 120)
    day = killed = 0
    with working(database, database_url, 4, SMALL) as crew:
        while readings:
            size = draw.randrange(50, 400)
            now, readings = readings[:size], readings[size:]
            town.send(line, now + draw.sample(now, len(now) // 10))
            if draw.random() < 0.5:
                day += 1
                town.change(draw, day)
            if draw.random() < 0.3 and (at_work := crew.pids()):
                crew.kill(draw.choice(at_work))
                killed += 1
        crew.wait()
    assert killed > 2
    assert_every_sum_agrees(database)
    of_several = kept(database)
    assert all(of_several.values()), {name: len(rows) for name, rows in of_several.items()}
    assert of_several == by_one(database, database_url)


def test_two_hundred_batches_of_eight_workers_on_the_same_places_without_a_deadlock(
    town: Town,
    line: Line,
    database: psycopg.Connection,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    town.send(line, town.readings(random.Random(7), 150))
    batches = Batches()
    monkeypatch.setattr(RollUp, "once", batches.watch(RollUp.once))
    with working(database, database_url, 8, Bounds(dirty=16, slots=900, readings=300)) as crew:
        crew.wait()
    monkeypatch.undo()
    assert batches.number >= 200
    assert batches.met == []
    assert [record.message for record in caplog.records if record.levelname != "INFO"] == []
    assert database.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone() == (
        0,
    )
    of_several = kept(database)
    assert of_several == by_one(database, database_url)
