"""A plant with a gateway and two meters."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import psycopg
import pytest

from services.core.calendar import to_us
from tests.integration.registered import Registered
from tests.integration.running import running_api


@dataclass(frozen=True)
class FieldPlant:
    """Codes of gateway and meters."""

    gateway: str
    meters: tuple[str, str]


@pytest.fixture
def plant(registered: Registered) -> FieldPlant:
    """As registered by the regulator."""
    enterprise = registered.enterprise()
    gateway, unit = registered.gateway(enterprise), registered.unit(enterprise)
    first, second = (registered.meter(unit_code=unit, gateway_code=gateway) for _ in range(2))
    return FieldPlant(gateway, (first, second))


@dataclass(frozen=True)
class Stored:
    """What is stored of meters."""

    database: psycopg.Connection

    def of(self, meter: str) -> list[tuple[int, float]]:
        """Times (epoch ms) and values."""
        rows: list[tuple[datetime, float]] = self.database.execute(
            "SELECT ts, value FROM reading JOIN meter USING (meter_id) WHERE code = %s ORDER BY ts", [meter]
        ).fetchall()
        return [(to_us(ts) // 1000, value) for ts, value in rows]


@pytest.fixture
def stored(database: psycopg.Connection) -> Stored:
    """The readings in the database."""
    return Stored(database)


@dataclass(frozen=True)
class Door:
    """Where the gateway posts, and its password."""

    address: str
    password: str


@pytest.fixture
def door(registered: Registered, plant: FieldPlant, database_url: str) -> Iterator[Door]:
    """The API as a process of its own, and a credential of the gateway."""
    given = registered.client.post(f"/api/v1/gateways/{plant.gateway}/credentials")
    assert given.status_code == 201, given.text
    with running_api(ENERMON_DATABASE_URL=database_url) as address:
        yield Door(address, given.json()["password"])
