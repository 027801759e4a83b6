"""Real measured series through the real broker into the real database: the sums are those of the files.

What is expected is computed here from the files themselves, without the reader of the simulator.
"""

import csv
import lzma
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from services.energy.check.asked import CheckAsked
from services.energy.check.report import report
from services.up.stack import Stack
from simulators.broker import broker_from_url
from simulators.publish import Options, publish
from simulators.registration import csv_of
from simulators.registry import Meter, Registry
from simulators.replay.feed import feeds_of
from simulators.replay.mapping import load_mapping, registry_of
from tests.integration.let_in import let_in
from tests.integration.running import environment_of, passwords_file, running, wait_until
from tests.integration.served import api

CHECKOUT = Path(__file__).parents[3]
DATA = Path(os.environ.get("ENERMON_SHARED", CHECKOUT.parent / "shared")) / "data"
SERIES = ("steel_15min", "estate_hourly", "multi_electricity_hourly")
KWH_IN_GJ = 0.0036
RELATIVE = 1e-6

pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason=f"SKIPPED, NOT CHECKED ON REAL INPUT: {DATA} is absent"),
    pytest.mark.timeout(600),
]

Amounts = Iterator[tuple[tuple[str, ...], datetime, float]]


def steel() -> Amounts:
    """kWh of each quarter of an hour by its start: stamps are the end, NSM 0 is midnight of the next day."""
    for row in _rows("steel_15min.csv.xz"):
        stamp = datetime.strptime(row["date"] + " +0900", "%d/%m/%Y %H:%M %z")
        day = timedelta(days=1 if row["NSM"] == "0" else 0)
        yield ("Usage_kWh",), stamp + day - timedelta(minutes=15), float(row["Usage_kWh"])


def estate() -> Amounts:
    """kWh of electricity; GJ of gas, which is printed in kWh."""
    for row in _rows("estate_hourly.csv.xz"):
        factor = 1.0 if row["medium"] == "electricity" else KWH_IN_GJ
        at = datetime.fromisoformat(row["utc"]).replace(tzinfo=UTC)
        yield (row["building"], row["medium"]), at, float(row["kwh"]) * factor


def multi() -> Amounts:
    """kWh of an hour of mean power in W."""
    for row in _rows("multi_electricity_hourly.csv.xz"):
        at = datetime.fromisoformat(row["utc"])
        for column, value in row.items():
            if column != "utc" and value:
                yield (column,), at, float(value) / 1000


def _rows(file: str) -> Iterator[dict[str, str]]:
    with lzma.open(DATA / file, "rt", encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


READERS = {"steel_15min": steel, "estate_hourly": estate, "multi_electricity_hourly": multi}

Sums = dict[tuple[str, str, datetime], float]


@dataclass(frozen=True)
class Replayed:
    """What was registered and what the files say: sums by (scope, carrier, start) for each bucket."""

    client: TestClient
    scopes: list[str]
    meters: dict[str, Meter]
    expected: dict[str, Sums]

    def by_scope(self, bucket: str) -> Mapping[str, Sums]:
        """What is expected, scope by scope."""
        found: dict[str, Sums] = defaultdict(dict)
        for key, amount in self.expected[bucket].items():
            found[key[0]][key] = amount
        return found


def start_of(bucket: str, at: datetime) -> datetime:
    local = at.astimezone(SHANGHAI)
    if bucket == "hour":
        return local.replace(minute=0)
    return local.replace(hour=0, minute=0, **({"day": 1} if bucket == "month" else {}))  # type: ignore[arg-type]


def expected_sums(series: str, registry: Registry, expected: dict[str, Sums]) -> None:
    mapping = load_mapping(series)
    by_key = {rule.key or (rule.column,): rule.code for rule in mapping.meter}
    scopes = {code: scopes_of(registry, registry.meter(code)) for code in by_key.values()}
    for key, at, amount in READERS[series]():
        meter = registry.meter(by_key[key])
        for bucket, sums in expected.items():
            start = start_of(bucket, at)
            for scope in scopes[meter.code]:
                sums[scope, meter.carrier, start] += amount


def scopes_of(registry: Registry, meter: Meter) -> list[str]:
    unit = next(u for u in registry.units if u.code == meter.unit_code)
    enterprise = next(e for e in registry.enterprises if e.credit_code == unit.credit_code)
    found = [f"meter:{meter.code}", f"enterprise:{enterprise.credit_code}", f"area:{enterprise.area_code}"]
    return [*found, f"park:{enterprise.park_code}"] if enterprise.park_code else found


@pytest.fixture(scope="module")
def replayed(stack: Stack, module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replayed]:
    """The three series, registered, replayed by MQTT, ingested and rolled up."""
    registries = {series: registry_of(load_mapping(series)) for series in SERIES}
    expected: dict[str, Sums] = {bucket: defaultdict(float) for bucket in ("hour", "day", "month")}
    with api(database_url=module_database_url) as client:
        for registry in registries.values():
            for kind, rows in registry.by_kind().items():
                if not rows:
                    continue
                answer = client.post(
                    f"/api/v1/import/{kind}", content=csv_of(rows).encode(), headers={"content-type": "text/csv"}
                )
                assert answer.status_code == 200, answer.text
        let_in(stack.broker, [g.code for registry in registries.values() for g in registry.gateways])
        environment = environment_of(stack, module_database_url)
        with running("ingest", **environment), running("rollup", **environment):
            for series in SERIES:
                replay(stack, series, tmp_path_factory.mktemp(series))
            with psycopg.connect(module_database_url, autocommit=True) as database:
                wait_until("everything rolled up", lambda: rolled_up(database), within_s=400)
        found = report(module_database_url, asked=CheckAsked())
        assert found.well, found.lines()
        for series, registry in registries.items():
            expected_sums(series, registry, expected)
        meters = {m.code: m for registry in registries.values() for m in registry.meters}
        scopes = sorted({scope for scope, _, _ in expected["month"]})
        yield Replayed(client, scopes, meters, expected)


def replay(stack: Stack, series: str, state: Path) -> None:
    mapping = load_mapping(series)
    broker = broker_from_url(
        stack.mqtt_url(None), passwords_file=passwords_file(stack, [g["code"] for g in mapping.gateway], state)
    )
    counts = publish(feeds_of(mapping, DATA), Options(broker=broker, state_dir=state))
    assert counts.rejected == 0


def rolled_up(database: psycopg.Connection) -> bool:
    row = database.execute(
        "SELECT EXISTS (SELECT FROM dirty_slot) OR EXISTS (SELECT FROM late_slot), EXISTS (SELECT FROM meter_change),"
        " count(*) FROM energy_month"
    ).fetchone()
    return row is not None and row[:2] == (False, False) and row[2] > 0


@pytest.mark.parametrize("bucket", ["hour", "day", "month"])
def test_sums_are_those_of_the_files(replayed: Replayed, bucket: str) -> None:
    by_scope = replayed.by_scope(bucket)
    answered: Sums = {}
    wanted: Sums = {}
    for scope, year in sorted({(scope, start.year) for scope, _, start in replayed.expected["month"]}):
        # Of 1.3 million hours those of each July; all others are held by the sums of the days.
        july = bucket == "hour"
        first, end = (date(year, 7, 1), date(year, 8, 1)) if july else (date(year, 1, 1), date(year + 1, 1, 1))
        wanted |= {key: amount for key, amount in by_scope[scope].items() if first <= key[2].date() < end}
        parameters: dict[str, Any] = {"scope": scope, "bucket": bucket, "limit": 10_000}
        parameters |= {"start": first.isoformat(), "end": end.isoformat()}
        for row in rows_of(replayed.client, parameters):
            if row["quantity"] is not None:
                answered[scope, row["carrier"], datetime.fromisoformat(row["start"])] = row["quantity"]
    assert len(wanted) > 1_000
    assert answered.keys() == wanted.keys()
    wrong = [key for key, amount in wanted.items() if abs(answered[key] - amount) > RELATIVE * amount]
    assert wrong == []


def rows_of(client: TestClient, parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    while True:
        answer = client.get("/api/v1/energy", params=parameters)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        yield from body["data"]
        if body["next"] is None:
            return
        parameters = parameters | {"cursor": body["next"]}
