"""A plant with an edge node, and the host on the real broker and database."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from services.ingest.broker_users import SPARKPLUG_USER, BrokerUser, Holder, HolderKind, new_hash
from services.up.stack import Stack
from tests.integration.ingest.sparkplug.hand_edge import DEVICE, ENERGY, GROUP
from tests.integration.let_in import let_in_users, password_of, url_of
from tests.integration.registered import Registered
from tests.integration.running import Process, running


@dataclass(frozen=True)
class EdgePlant:
    """A gateway that is an edge node, and the counter of its device."""

    gateway: str
    edge: str
    meter: str
    enterprise: str
    url: str


@pytest.fixture
def plant(stack: Stack, store: str, registered: Registered, database: psycopg.Connection) -> EdgePlant:
    """Registered, let in at the broker, and its point mapped."""
    if store == "embedded":
        pytest.skip("the embedded broker keeps no will")
    enterprise = registered.enterprise()
    gateway = registered.gateway(enterprise, code="GW-EDGE", edge_node=f"{GROUP}/Boiler-house-7")
    meter = registered.meter(gateway_code=gateway, unit_code=registered.unit(enterprise))
    map_point(database, gateway, f"{DEVICE}/{ENERGY}", meter)
    user = BrokerUser(
        gateway, Holder(HolderKind.GATEWAY, gateway), new_hash(password_of(gateway)), f"{GROUP}/Boiler-house-7"
    )
    let_in_users(stack.broker, (user,))
    return EdgePlant(gateway, "Boiler-house-7", meter, enterprise, url_of(stack, gateway))


def map_point(database: psycopg.Connection, gateway: str, name: str, meter: str) -> None:
    """Say that a point is a meter, as the registry does."""
    database.execute(
        "INSERT INTO point (gateway_code, name, meter_id) SELECT %s, %s, meter_id FROM meter WHERE code = %s",
        [gateway, name, meter],
    )
    database.execute("UPDATE registry_revision SET revision = revision + 1")


@pytest.fixture
def environment(stack: Stack, database_url: str) -> dict[str, str]:
    """What the host is told."""
    return {
        "ENERMON_DATABASE_URL": database_url,
        "ENERMON_SPARKPLUG_MQTT_URL": stack.mqtt_url(SPARKPLUG_USER),
        "ENERMON_SPARKPLUG_REORDER_S": "1",
        "ENERMON_SPARKPLUG_PATIENCE_S": "2",
    }


@pytest.fixture
def host(environment: dict[str, str], plant: EdgePlant) -> Iterator[Process]:
    """A host that is online."""
    with running("sparkplug", **environment) as process:
        yield process


def stored(database: psycopg.Connection, meter: str) -> list[float]:
    """The values stored of a meter, in the order of their times."""
    rows = database.execute(
        "SELECT value FROM reading JOIN meter USING (meter_id) WHERE code = %s ORDER BY ts", [meter]
    )
    return [value for (value,) in rows]
