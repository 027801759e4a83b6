"""A database with readings around the moment from which on they are kept, and what is done with it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from services.core.calendar import SHANGHAI, Grain, floor, months_before
from services.core.clock import utc_now
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.energy.rollup.adapt import adapt
from services.provenance.sealing import Sealing
from services.retention.retain import DueDrop, Retained, retain
from tests.integration.line import Line
from tests.integration.registered import Registered
from tests.integration.served import api

MONTHS = 36
EDGE = months_before(floor(utc_now(), Grain.MONTH), MONTHS)
HOUR = timedelta(hours=1)
Reading = tuple[str, datetime, float]
TABLES = (
    "energy_quarters",
    "energy_day",
    "energy_month",
    "ledger_hour",
    "ledger_day",
    "ledger_month",
    "reading_mark",
)
_NOT_COMPARED = {"booked_by", "changed_at"}


def name_of(url: str) -> str:
    """The name of the database."""
    return str(make_url(url).database)


def hours(first: int, last: int, step: int = 1) -> list[datetime]:
    """Moments so many hours before (below zero) and after the edge."""
    return [EDGE + i * HOUR for i in range(first, last, step)]


@dataclass
class Estate:
    """Meters of several kinds behind one gateway; what is sent before readings are dropped, and what after."""

    gateway: str = ""
    early: list[Reading] = field(default_factory=list)
    late: list[Reading] = field(default_factory=list)
    meters: list[str] = field(default_factory=list)

    def add(self, meter: str, series: list[tuple[datetime, float]], draw: random.Random) -> None:
        """Some of what is after the edge comes late."""
        self.meters.append(meter)
        for at, value in series:
            is_late = at >= EDGE and draw.random() < 0.3
            (self.late if is_late else self.early).append((meter, at, value))


def estate(url: str, seed: int) -> Estate:
    """Registered and sent, but for what comes late; rolled up and sealed."""
    draw = random.Random(seed)
    found = Estate()
    with api(database_url=url) as client:
        registered = Registered(client)
        owner = registered.enterprise(valid_from=str((EDGE - timedelta(days=400)).date()))
        found.gateway = registered.gateway(owner, keeps_days=2000)
        given: dict[str, Any] = {"gateway_code": found.gateway, "unit_code": registered.unit(owner)}

        def meter(**more: Any) -> str:
            return registered.meter(None, interval_s=3600, **given, **more)

        found.add(meter(), _steady(draw), draw)
        found.add(meter(rated_per_hour=50), _swapped(draw), draw)
        found.add(meter(), _silent_across(draw), draw)
        found.add(meter(), _sparse(draw), draw)
        found.add(meter(kind="gauge", unit_of_measure="kW"), _levels(draw), draw)
        found.add(meter(kind="interval"), _levels(draw), draw)
        line = Line(client, url)
        for part in parts(found.early, 5_000):
            answer = line.send(found.gateway, part)
            assert answer["stored"] == len(part), answer["rejected"][:3]
        line.roll_up()
    seal(url)
    return found


def parts(readings: list[Reading], size: int) -> Iterator[list[Reading]]:
    """So many at a time."""
    for first in range(0, len(readings), size):
        yield readings[first : first + size]


def _counted(draw: random.Random, times: list[datetime]) -> list[tuple[datetime, float]]:
    value, found = draw.uniform(0, 1e5), []
    for at in times:
        value += draw.choice([0.0, 0.0, draw.uniform(0, 20)])
        found.append((at, round(value, 3)))
    return found


def _steady(draw: random.Random) -> list[tuple[datetime, float]]:
    """Each hour, with flickers and resets near the edge."""
    found = _counted(draw, hours(-24 * 60, 24 * 12))
    for _ in range(12):
        place = draw.randrange(24 * 50, len(found) - 5)
        at, value = found[place]
        found[place] = (at, draw.choice([0.0, value * 3, value + 500.0]))
    reset = draw.randrange(24 * 55, 24 * 64)
    low = found[reset][1]
    return [(at, value if i < reset else round(max(0.0, value - low), 3)) for i, (at, value) in enumerate(found)]


def _swapped(draw: random.Random) -> list[tuple[datetime, float]]:
    """A register that begins anew some hours around the edge."""
    begin = draw.randrange(-30, 30)
    old, new = _counted(draw, hours(-24 * 45, begin)), _counted(draw, hours(begin, 24 * 10))
    return old + new


def _silent_across(draw: random.Random) -> list[tuple[datetime, float]]:
    """Nothing for months before the edge, and on from then."""
    found = _counted(draw, hours(-24 * 100, 24 * 12))
    return [each for each in found if not -24 * 70 * HOUR <= each[0] - EDGE < draw.choice([5, 30]) * HOUR]


def _sparse(draw: random.Random) -> list[tuple[datetime, float]]:
    """Every other day."""
    return _counted(draw, hours(-24 * 300, 24 * 12, 47))


def _levels(draw: random.Random) -> list[tuple[datetime, float]]:
    return [(at, round(draw.uniform(0, 30), 2)) for at in hours(-24 * 60, 24 * 10) if draw.random() < 0.95]


def send_late(url: str, found: Estate, seed: int) -> None:
    """What comes after, in any order, some of it twice, and corrections; rolled up."""
    draw = random.Random(seed)
    late = [*found.late, *draw.sample(found.late, 20)]
    draw.shuffle(late)
    with api(database_url=url) as client:
        line = Line(client, url)
        for part in parts(late, 400):
            answer = line.send(found.gateway, part)
            assert not answer["rejected"], answer["rejected"][:3]
            line.roll_up()
        for meter in found.meters[:2]:
            withdrawn = {"ts": (EDGE + 2 * HOUR).isoformat(), "kind": "withdraw", "reason": "现场核实"}
            supplied = {"ts": (EDGE + 1.5 * HOUR).isoformat(), "kind": "supply", "value": 5.0, "reason": "现场核实"}
            for correction in (withdrawn, supplied):
                answered = client.post(f"/api/v1/meters/{meter}/corrections", json=correction)
                assert answered.status_code == 201, answered.text
        line.roll_up()


def seal(url: str) -> None:
    """As the roll-up seals."""
    with connect(url, role=DatabaseRole.ROLLUP, application_name="test-seal") as connection:
        adapt(connection)
        Sealing(connection).when_due()


def quality_done(url: str) -> None:
    """As if every day that waits had been looked at."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM quality_due")


def drop(url: str, *, dry_run: bool = False, months: int = MONTHS) -> DueDrop | Retained | None:
    """As `enermon retain` does."""
    return retain(url, months=months, now=utc_now(), wait_s=0, dry_run=dry_run, progress=lambda _done, _all: None)


def kept(url: str) -> dict[str, list[str]]:
    """All that is booked, as text, by table."""
    found = {}
    with psycopg.connect(url, autocommit=True) as connection:
        for table in TABLES:
            columns = {str(column.name) for column in connection.execute(f"TABLE {table} LIMIT 0").description or ()}
            names = ", ".join(sorted(columns - _NOT_COMPARED))
            rows = connection.execute(f"SELECT ROW({names})::text FROM {table} ORDER BY 1").fetchall()
            found[table] = [row[0] for row in rows]
    return found


def booked_before(url: str, moment: datetime) -> list[tuple[Any, ...]]:
    """Energy of meters by days that ended before then."""
    with psycopg.connect(url) as connection:
        asked = "SELECT meter_id, day, quantity_pico, measured_s FROM energy_day WHERE day < %s ORDER BY 1, 2"
        return connection.execute(asked, [moment]).fetchall()


def readings_before(url: str, moment: datetime) -> int:
    """How many there are."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM reading WHERE ts < %s", [moment]).fetchone()
        assert row is not None
        return int(row[0])


def shanghai(moment: datetime) -> str:
    """As answers have it."""
    return moment.astimezone(SHANGHAI).isoformat()
