"""A simulated region on the running services, once for all tests of this folder.

Four days of 19 enterprises through the real broker, with faults of wire and registers, into ingest, roll-up and API as
processes of their own.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psycopg
import pytest

from services.core.calendar import SHANGHAI
from services.up.stack import Stack
from simulators.broker import broker_from_url
from simulators.clock import FixedClock
from simulators.counts import Counts
from simulators.faults.plan import parse_plan
from simulators.faults.registers import Replacement
from simulators.fleet.feed import FleetFeed
from simulators.fleet.quantity import SimulatedMeter
from simulators.fleet.region import Region, build_region
from simulators.publish import Faults, Options, publish
from simulators.registration import RegistryApi
from simulators.registry import Statistic
from tests.conftest import copy_of
from tests.integration.let_in import let_in
from tests.integration.running import environment_of, passwords_file, running, running_api, wait_until
from tests.second_person import ConfirmedTransport
from tests.signed_in import ADMINISTRATOR_KEY, BY_ADMINISTRATOR

START = datetime(2026, 3, 2, tzinfo=SHANGHAI)
END = START + timedelta(days=4)
ENTERPRISES = 19
FAULTS = "duplicates=0.05,shuffle=0.2,late=0.1,lost_connection=0.01,reset=0.0005,rollover=0.5,swap=0.0005"
REGISTER_STEP = 1e-4
STEPS_LOST = 40
"""More register steps than a meter can lose to rounding at resets, swaps and rollovers in these days."""


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


@dataclass(frozen=True)
class Truth:
    """What the simulator says flowed, in the carrier's unit, and by how much rounding of readings can miss it."""

    amount: float
    error: float


@dataclass(frozen=True)
class RunningRegion:
    """The region, where the API answers for it, and the database behind it."""

    region: Region
    address: str
    api: httpx.Client
    database_url: str
    counts: Counts

    @property
    def meters(self) -> list[SimulatedMeter]:
        return [meter for mine in self.region.meters_by_gateway.values() for meter in mine]

    def truth(self, units: Iterable[str]) -> dict[tuple[str, str], Truth]:
        """Of these units together, by carrier and flow."""
        wanted = set(units)
        found: dict[tuple[str, str], Truth] = {}
        for each in self.meters:
            if each.meter.unit_code in wanted:
                use = true_use(each)
                before = found.get((each.meter.carrier, each.meter.flow), Truth(0.0, 0.0))
                both = Truth(before.amount + use, before.error + tolerance(each, use))
                found[each.meter.carrier, each.meter.flow] = both
        return found

    def units_of(self, credit_code: str) -> list[str]:
        """Codes of the units of an enterprise."""
        return [unit.code for unit in self.region.registry.units if unit.credit_code == credit_code]

    def reported(self, owner: str, kind: str, year: int) -> float:
        """What was reported of a year."""
        found = [s for s in self.region.registry.statistics if (s.owner, s.kind, s.period) == (owner, kind, str(year))]
        assert len(found) == 1, found
        statistic = found[0]
        assert isinstance(statistic, Statistic)
        return statistic.value

    def ask(self, path: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a question that is answered."""
        answer = self.api.get(f"/api/v1/{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


@pytest.fixture(scope="session")
def region(stack: Stack, server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegion]:
    """The region that all tests read."""
    with running_region(stack, server_url, tmp_path_factory.mktemp("region")) as region:
        yield region


@contextmanager
def running_region(stack: Stack, server_url: str, state: Path) -> Iterator[RunningRegion]:
    """The region after its four days were registered, sent, ingested and rolled up. Its meters end with them."""
    built = build_region(seed=11, enterprises=ENTERPRISES, valid_from=START.date().isoformat())
    meters = [replace(meter, valid_to=END.date().isoformat()) for meter in built.registry.meters]
    built = Region(replace(built.registry, meters=meters), built.meters_by_gateway)
    let_in(stack.broker, list(built.meters_by_gateway))
    with copy_of(server_url) as database_url:
        environment = environment_of(stack, database_url)
        with running_api(**environment) as address:
            registry = RegistryApi(address, key=ADMINISTRATOR_KEY, transport=ConfirmedTransport())
            registry.register(built.registry)
            # No longer than they are needed: ingest answers every gateway of the broker, those of later tests too.
            with running("ingest", **environment), running("rollup", **environment):
                counts = publish(feeds(built), options(stack, built, registry, state))
                with psycopg.connect(database_url, autocommit=True) as database:
                    wait_until("everything rolled up", lambda: rolled_up(database))
            registry.close()
            with httpx.Client(base_url=address, headers=BY_ADMINISTRATOR, timeout=30) as client:
                yield RunningRegion(built, address, client, database_url, counts)


def feeds(region: Region) -> list[FleetFeed]:
    start_ms, end_ms = int(START.timestamp() * 1000), int(END.timestamp() * 1000)
    return [FleetFeed(g, m, start_ms=start_ms, end_ms=end_ms) for g, m in region.meters_by_gateway.items()]


def options(stack: Stack, region: Region, registry: RegistryApi, state: Path) -> Options:
    def record(swap: Replacement) -> None:
        at = datetime.fromtimestamp(swap.ts / 1000, SHANGHAI).isoformat()
        registry.record_replacement(
            swap.meter, ts=at, final_value=swap.final_value, first_value=swap.first_value, note="swap"
        )

    passwords = passwords_file(stack, region.meters_by_gateway, state)
    return Options(
        broker=broker_from_url(stack.mqtt_url(None), passwords_file=passwords),
        state_dir=state,
        clock=FixedClock(int(END.timestamp() * 1000)),
        faults=Faults(parse_plan(FAULTS, seed=11), region.registry, record),
        resend_after_s=5.0,
    )


def rolled_up(database: psycopg.Connection) -> bool:
    queues = ("SELECT FROM dirty_slot", "SELECT FROM late_slot", "SELECT FROM meter_change")
    return not any(database.execute(f"{queue} LIMIT 1").fetchone() is not None for queue in queues)
