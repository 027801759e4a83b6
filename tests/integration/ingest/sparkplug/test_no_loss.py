"""A simulated edge node with store and forward: whatever is stopped or killed meanwhile, each value arrives once."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from services.up.stack import Stack
from tests.integration.ingest.sparkplug.conftest import EdgePlant, map_point
from tests.integration.ingest.sparkplug.hand_edge import DEVICE, ENERGY, GROUP
from tests.integration.registered import Registered
from tests.integration.running import running, wait_until


@contextmanager
def simulated(stack: Stack, plant: EdgePlant, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """`enermon-sim sparkplug`, killed at the end; its disk and the truth stay in the folder."""
    passwords = folder / "passwords.csv"
    passwords.write_text(f"gateway,password\n{plant.gateway},password of {plant.gateway}\n", "utf-8")
    options = {"mqtt": stack.mqtt_url(None), "group": GROUP, "edge": plant.edge, "user": plant.gateway}
    options |= {"device": DEVICE, "every-s": "0.05", "state": str(folder / "state"), "truth": str(folder / "truth")}
    argv = [sys.executable, "-m", "simulators.cli", "sparkplug", "--passwords", str(passwords)]
    argv += [part for name, value in options.items() for part in (f"--{name}", value)]
    process = subprocess.Popen(argv, env=os.environ | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def truth(folder: Path) -> list[tuple[int, float]]:
    """Time in ms and value of each reading of the counter that was taken; a line that is not whole was not."""
    lines = (folder / "truth").read_text("utf-8").splitlines(keepends=True)
    taken = [json.loads(line) for line in lines if line.endswith("\n")]
    return [(at_ms, value) for _, metric, at_ms, value in taken if metric == ENERGY]


def stored_at(database_url: str, meter: str) -> list[tuple[int, float]]:
    with psycopg.connect(database_url, autocommit=True) as database:
        rows = database.execute(
            "SELECT (extract(epoch FROM ts) * 1000)::bigint, value FROM reading JOIN meter USING (meter_id)"
            " WHERE code = %s ORDER BY ts",
            [meter],
        )
        return list(rows)


@pytest.fixture
def second_meter(plant: EdgePlant, registered: Registered, database: psycopg.Connection) -> str:
    """The power of the device, as a gauge."""
    unit = registered.unit(plant.enterprise)
    meter = registered.meter(gateway_code=plant.gateway, unit_code=unit, kind="gauge", unit_of_measure="kW")
    map_point(database, plant.gateway, f"{DEVICE}/Power", meter)
    return meter


def test_over_ends_of_host_broker_database_and_edge_node_each_value_is_stored_once(
    environment: dict[str, str],
    plant: EdgePlant,
    second_meter: str,
    stack: Stack,
    database_url: str,
    tmp_path: Path,
) -> None:
    def goes_on(what: str, seconds: float = 2.0) -> None:
        """Let it run a while, and see that what was taken until now has come."""
        time.sleep(seconds)
        last = truth(tmp_path)[-1]
        wait_until(f"{what}: stored up to {last}", lambda: stored_at(database_url, plant.meter)[-1:] >= [last])

    with running("sparkplug", **environment) as host, simulated(stack, plant, tmp_path) as edge:
        wait_until("the first values", lambda: (tmp_path / "truth").exists() and len(truth(tmp_path)) > 20)
        goes_on("at first")
        host.kill()
        time.sleep(2)
        with running("sparkplug", **environment) as second:
            goes_on("after the host was killed")
            assert second.stop() == 0
        time.sleep(2)
        with running("sparkplug", **environment):
            goes_on("after the host was stopped")
            stack.broker.kill()
            time.sleep(1)
            stack.broker.start()
            goes_on("after the broker was killed")
            stack.database.kill()
            time.sleep(5)
            stack.database.start()
            goes_on("after the database was away")
            edge.kill()
            edge.wait()
            with simulated(stack, plant, tmp_path) as again:
                goes_on("after the edge node was killed")
                again.terminate()
                again.wait(30)
            taken = truth(tmp_path)
            wait_until("all is stored", lambda: stored_at(database_url, plant.meter) == taken)
    assert len(taken) > 100
    assert [value for _, value in stored_at(database_url, second_meter)] == [100.0] * len(taken)
    with psycopg.connect(database_url) as database:
        assert database.execute("SELECT count(*) FROM rejected_reading").fetchone() == (0,)
        kinds = {kind for (kind,) in database.execute("SELECT kind FROM edge_incident")}
    assert kinds == {"host_away"}
