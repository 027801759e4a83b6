"""The run `alerts`: from the reading to the webhook, and how long a cycle over many rule instances takes."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from prometheus_client import REGISTRY
from rich.console import Console

from benchmarks import load, service
from benchmarks.alerts_told import Told, tell
from benchmarks.alerts_watched import COMPLETENESS, MAY_CALL_LOOPBACK, SILENCE, Office, coke_plant, register
from benchmarks.machine import Machine, OtherLoad, describe, this_machine
from benchmarks.rig import Rig, rig
from benchmarks.usage import Usage
from services.alerts.cycle import Cycle
from services.alerts.notify.messages import Notifier
from services.core.db.connections import connect, connect_to_ask
from services.core.db.roles import DatabaseRole
from services.core.settings import Settings
from services.judging.data.tables import load_tables

STEPS = ("webhook", "beside", "cycle", "storm")
CENTRES = 200
INSTANCES = 10_000
_REGION, _LEAGUE, _BANNER = "150000", "150600", "150622"
_SILENT, _INCOMPLETE = "bench_silent", "bench_incomplete"
_NEVER: Mapping[str, Mapping[str, Any]] = {
    _SILENT: {**SILENCE, "compare": {"op": ">=", "number": 1e12}},
    _INCOMPLETE: {**COMPLETENESS, "compare": {"op": "<", "number": -1}},
}
"""Rules that look at all and are never in breach."""
_AGAIN = 5


@dataclass(frozen=True)
class Cycled:
    """A cycle of the alert service by itself, in this process; `database_cpu_s`: of the whole server."""

    name: str
    instances: int
    fired: int
    messages: int
    seconds: float
    own_cpu_s: float
    database_cpu_s: float


@dataclass
class Alerting:
    """The run. A step that was not asked for left nothing."""

    at: datetime
    machine: Machine
    database: str
    load_before: float
    other_cores: float = 0.0
    told: list[Told] = field(default_factory=list)
    cycles: list[Cycled] = field(default_factory=list)
    storm: list[Cycled] = field(default_factory=list)


def run(folder: Path, *, steps: frozenset[str], centres: int, instances: int, console: Console) -> Alerting:
    """Make the chosen steps. Raises StartError, RegistrationError, psycopg.Error."""
    load_before = os.getloadavg()[0]
    console.print("starting database and broker")
    with rig(folder) as made:
        others = OtherLoad()
        found = Alerting(datetime.now(UTC), this_machine(), describe(made.database.url), load_before)
        if steps & {"webhook", "beside"}:
            found.told += tell(made, steps=steps, centres=centres, console=console)
        if steps & {"cycle", "storm"}:
            _judge(made, found, steps, instances, console)
        found.other_cores = others.cores()
        return found


def _judge(made: Rig, found: Alerting, steps: frozenset[str], instances: int, console: Console) -> None:
    """Half as many units and gateways as instances, none ever heard, and a rule on each; then one of them fires."""
    gateways = instances // 2
    with made.clone() as url:
        console.print(f"registering {gateways:,} gateways …")
        with service.api(url, made.folder, given=MAY_CALL_LOOPBACK) as api, closing(Office(api)) as office:
            register(api, [coke_plant(number) for number in range(gateways - load.GATEWAYS - 1)])
            for slug, body in _NEVER.items():
                office.rule(slug, body)
            _settle(url)
            if "cycle" in steps:
                with _cycle(made, url) as look:
                    found.cycles += [look("first"), *(look("following") for _ in range(_AGAIN))]
                console.print(f"  slowest of {1 + _AGAIN}: {max(each.seconds for each in found.cycles):.2f} s")
            if "storm" in steps:
                office.switch_off(_INCOMPLETE)
                office.rule(_SILENT, SILENCE)
                for area in (_BANNER, _LEAGUE, _REGION):
                    office.body(area, "http://127.0.0.1:9/", rules=[_SILENT])
                with _cycle(made, url) as look:
                    found.storm += [look("all fire"), look("the next")]
                console.print(f"  storm: {found.storm[0].fired:,} fire in {found.storm[0].seconds:.2f} s")


def _settle(url: str) -> None:
    """As autovacuum does in time."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


@contextmanager
def _cycle(made: Rig, url: str) -> Iterator[Callable[[str], Cycled]]:
    """The cycle of an alert service that has just started, without its clock and its sender."""
    settings = Settings()
    notifier = Notifier(window_s=settings.alerts_grouping_s, link=settings.alerts_link)
    with (
        closing(connect(url, role=DatabaseRole.ALERTS, application_name="enermon-alerts")) as connection,
        closing(connect_to_ask(url, role=DatabaseRole.ALERTS, application_name="enermon-alerts-reading")) as reading,
    ):
        connection.autocommit = True
        notifier.begin(connection)
        cycle = Cycle(connection, reading, load_tables(), notifier)

        def look(name: str) -> Cycled:
            firing = _firing(connection)
            usage = Usage(made.watched())
            cpu_s, began_s = time.process_time(), time.monotonic()
            active = cycle.rules()
            outcome = cycle.run(active, list(active), datetime.now(UTC))
            seconds, own_cpu_s = time.monotonic() - began_s, time.process_time() - cpu_s
            database_cpu_s = sum(used for part, used in usage.seconds().items() if part.startswith("database"))
            fired = _firing(connection) - firing
            instances = sum(_instances(slug) for slug in active)
            return Cycled(name, instances, fired, outcome.messages, seconds, own_cpu_s, database_cpu_s)

        yield look


def _firing(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT count(*) FROM alert").fetchone()
    return int(row[0]) if row else 0


def _instances(slug: str) -> int:
    return int(REGISTRY.get_sample_value("enermon_alerts_instances", {"rule": slug}) or 0)
