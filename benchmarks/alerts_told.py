"""From the reading to the webhook: data centres in breach one after another, with all services as they run."""

import random
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from rich.console import Console

from benchmarks import load, service
from benchmarks.alerts_watched import MAY_CALL_LOOPBACK, PUE_HOUR, Inbox, Office, Plant, data_centre, register
from benchmarks.measure import percentile
from benchmarks.publisher import Order
from benchmarks.rig import Rig, publisher

BESIDE_PER_S = 1_000.0
LONGEST_PAUSE_S = 3.0
"""Longer than the time within which alerts for one recipient go into one message: some are the first, some follow."""
_REGION = "150000"
_RULE = "bench_pue_hour"
_HOLDING_BACK = ("completeness_unit", "completeness_banner", "gateway_silent", "gateway_silent_day")
_GIVE_UP_S = 60.0
_LONGEST_S = 8.0
"""As long as one data centre may take on average before the readings beside come to their end."""
_HOUR, _QUARTER, _MS = timedelta(hours=1), timedelta(minutes=15), timedelta(milliseconds=1)
_LEAST_LEFT = timedelta(seconds=15)


@dataclass(frozen=True)
class Told:
    """Data centres in breach one after another, each from sending its readings until its webhook came.

    `fired_ms`: until the cycle began in which the alert fired. `beside_per_s`: other readings that were stored.
    """

    beside_per_s: float
    told_ms: list[float]
    fired_ms: list[float]
    never: int
    strangers: int

    def percentile_ms(self, percent: int) -> float | None:
        """Of the time to the webhook; None where one never came, or none was sent."""
        return percentile(self.told_ms, percent) if self.told_ms and not self.never else None


def tell(made: Rig, *, steps: frozenset[str], centres: int, console: Console) -> Iterator[Told]:
    """Alone, and for half as many beside readings. The shipped rules are judged too, but those that hold others back.

    Raises StartError, RegistrationError, psycopg.Error.
    """
    plants = [data_centre(number) for number in range(centres + centres // 2)]
    with (
        made.clone() as url,
        Inbox().open() as inbox,
        service.api(url, made.folder, given=MAY_CALL_LOOPBACK) as api,
        made.ingest(url, number=0, shared=False),
        made.rollup(url),
        made.alerts(url, given=MAY_CALL_LOOPBACK),
        closing(Office(api)) as office,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        register(api, plants)
        for slug in _HOLDING_BACK:
            office.switch_off(slug)
        office.rule(_RULE, PUE_HOUR)
        inbox.trust(office.body(_REGION, inbox.url, rules=[_RULE]))
        line = _Line(office, inbox, connection, console)
        if "webhook" in steps:
            console.print(f"reading to webhook, {centres} data centres …")
            yield line.one_after_another(plants[:centres])
        if "beside" in steps:
            console.print(f"the same beside {BESIDE_PER_S:,.0f} readings/s, {centres // 2} data centres …")
            with _readings_beside(made, seconds=_LONGEST_S * (centres // 2)):
                yield line.one_after_another(plants[centres:])


@contextmanager
def _readings_beside(made: Rig, *, seconds: float) -> Iterator[None]:
    order = Order(
        port=made.broker.port or 0,
        passwords=made.passwords(),
        readings=max(load.METERS, int(BESIDE_PER_S * seconds)),
        per_message=100,
        rate=BESIDE_PER_S,
        timeout_s=seconds + _GIVE_UP_S,
    )
    with publisher(order) as publishing:
        publishing.begin()
        yield


class _Line:
    """Sends, and waits for what is told of it."""

    def __init__(self, office: Office, inbox: Inbox, connection: psycopg.Connection, console: Console) -> None:
        self._office = office
        self._inbox = inbox
        self._connection = connection
        self._console = console
        self._chance = random.Random(8)  # noqa: S311 - the same pauses in every run

    def one_after_another(self, plants: list[Plant]) -> Told:
        """The readings of each in breach, a pause after the webhook of the one before."""
        told_ms: list[float] = []
        sent_at: dict[str, datetime] = {}
        stored, began_s = self._stored_beside(), time.monotonic()
        for number, plant in enumerate(plants, start=1):
            time.sleep(self._chance.uniform(0.0, LONGEST_PAUSE_S))
            readings = breach(plant, _well_within_an_hour())
            sent_at[plant.unit], sent_s = datetime.now(UTC), time.monotonic()
            self._office.send(plant.gateway, readings)
            came_s = self._inbox.wait_for(plant.unit, _GIVE_UP_S)
            if came_s is not None:
                told_ms.append((came_s - sent_s) * 1000.0)
            if number % 25 == 0 or number == len(plants):
                self._console.print(
                    f"  {number}: median {percentile(told_ms or [0.0], 50):,.0f} ms, {number - len(told_ms)} never came"
                )
        beside_per_s = (self._stored_beside() - stored) / (time.monotonic() - began_s)
        fired_ms = [(at - sent_at[unit]) / _MS for unit, at in self._fired() if unit in sent_at]
        return Told(beside_per_s, told_ms, fired_ms, len(plants) - len(told_ms), self._inbox.strangers)

    def _fired(self) -> list[tuple[str, datetime]]:
        """Unit and time of every alert of the rule."""
        return self._connection.execute("SELECT subject_code, fired_at FROM alert WHERE rule = %s", [_RULE]).fetchall()

    def _stored_beside(self) -> int:
        """Readings that the publisher has sent: they are of the months in which its series begin."""
        begin = datetime.fromtimestamp(load.START_MS / 1000, UTC)
        row = self._connection.execute(
            "SELECT count(*) FROM reading WHERE ts >= %s AND ts < %s", [begin, begin + timedelta(days=90)]
        ).fetchone()
        return int(row[0]) if row else 0


def _well_within_an_hour() -> datetime:
    """Now; where another hour begins in a moment it is waited for: another hour is then the last complete one."""
    now = datetime.now(UTC)
    end = now.replace(minute=0, second=0, microsecond=0) + _HOUR
    if end - now >= _LEAST_LEFT:
        return now
    time.sleep((end - now).total_seconds() + 1.0)
    return datetime.now(UTC)


def breach(plant: Plant, now: datetime) -> list[tuple[str, datetime, float]]:
    """Readings of the last complete hour that make a PUE of 1.42."""
    end = now.replace(minute=0, second=0, microsecond=0)
    return [
        (plant.meter(flow), end - quarter * _QUARTER, value)
        for flow, value in (("input", 142.0), ("it_load", 100.0))
        for quarter in (4, 3, 2, 1)
    ]
