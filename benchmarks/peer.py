"""What a user would take instead: Node-RED 4, mqtt-in → batch → PostgreSQL, from the same queue into the same table.

Node-RED tells the broker that it has a message before it is stored, and answers no gateway.
"""

import json
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.load import Shape
from benchmarks.publisher import Order
from benchmarks.rig import Program, Rig, publisher
from benchmarks.usage import Usage, peak_memory_mb
from services.ingest.broker_users import INGEST_USER, write_private
from services.up.errors import StartError
from services.up.ports import choose_port

_PACKAGES = ("node-red@4", "pg@8")
_FLOW = Path(__file__).with_name("node_red")
_INSTALL_S = 600
_TIMEOUT_S = 120.0
_MOST_BATCH = 1000
_LOOK_S = 0.2
_TABLE = """
CREATE TABLE peer_reading (
    meter_id integer NOT NULL,
    ts timestamptz NOT NULL,
    value double precision NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (meter_id, ts)
)"""
_HYPERTABLE = """
SELECT create_hypertable(
    'peer_reading', 'ts', chunk_time_interval => interval '30 days', create_default_indexes => false
)
"""


@dataclass(frozen=True)
class Peer:
    """What it stored, and in what time. `stored` less than `readings`: it did not come to an end in time."""

    version: str
    shape: Shape
    readings: int
    stored: int
    seconds: float
    peak_mb: float
    cpu_s: dict[str, float]

    @property
    def readings_per_s(self) -> float:
        """Readings a second."""
        return self.stored / self.seconds


def node_red(folder: Path) -> Path | None:
    """Its `node_modules`, installed there from npm on first use; None without npm, or without a way to its packages."""
    modules = folder / "node_modules"
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return None
    if not (modules / "node-red").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), *_PACKAGES]
        if subprocess.run(command, check=False, timeout=_INSTALL_S, capture_output=True).returncode:  # noqa: S603
            return None
    return modules


def measure_peer(rig: Rig, modules: Path, *, shape: Shape, readings: int) -> Peer:
    """Let it work off a full queue. Raises StartError, psycopg.Error."""
    order = Order(
        port=rig.broker.port or 0,
        passwords=rig.passwords(),
        readings=readings,
        per_message=shape.per_message,
        scattered=shape.scattered,
        answers=False,
    )
    with rig.clone() as url, psycopg.connect(url, autocommit=True) as connection, publisher(order) as publishing:
        connection.execute(_TABLE)
        connection.execute(_HYPERTABLE)
        home = rig.folder / "node-red"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(_FLOW, home)
        login = {"bench-broker": {"user": INGEST_USER, "password": rig.broker.password(INGEST_USER)}}
        write_private(home / "flows_cred.json", json.dumps(login))
        argv = [shutil.which("node") or "node", str(modules / "node-red" / "red.js"), "-u", str(home)]
        batch = max(1, min(_MOST_BATCH, 20_000 // shape.per_message))
        heard = _sessions(rig)
        with rig.program("node-red", argv, _environment(rig, modules, url, batch=batch)) as program:
            _wait_until_subscribed(rig, program, heard=heard)
            program.pause()
            publishing.begin()
            publishing.wait_until_queued()
            usage = Usage(rig.watched(ingest=[program]))
            started_s = time.monotonic()
            program.resume()
            sent = publishing.result(queued=True).sent_readings
            stored, seconds = _wait_until_stored(connection, started_s, readings=sent)
            found = Peer(
                version=_version(modules),
                shape=shape,
                readings=sent,
                stored=stored,
                seconds=seconds,
                peak_mb=peak_memory_mb(program.pid),
                cpu_s=usage.seconds(),
            )
        rig.forget_session(INGEST_USER)
        return found


def _environment(rig: Rig, modules: Path, database_url: str, *, batch: int) -> Mapping[str, str]:
    return {
        "BENCH_HTTP_PORT": str(choose_port(fixed=None, remembered=None, preferred=18880, setting="")),
        "BENCH_MQTT_PORT": str(rig.broker.port),
        "BENCH_DATABASE_URL": database_url,
        "BENCH_BATCH": str(batch),
        "BENCH_MODULES": str(modules.resolve()),
    }


def _wait_until_stored(connection: psycopg.Connection, started_s: float, *, readings: int) -> tuple[int, float]:
    stored, since_s = 0, started_s
    while stored < readings and time.monotonic() - since_s < _TIMEOUT_S / 4:
        time.sleep(_LOOK_S)
        row = connection.execute("SELECT count(*) FROM peer_reading").fetchone()
        now = row[0] if row else 0
        if now > stored:
            stored, since_s = now, time.monotonic()
    if not stored:
        raise StartError("peer_stored_nothing", "Node-RED stored nothing; see logs/node-red.log in the run's folder")
    return stored, since_s - started_s


def _wait_until_subscribed(rig: Rig, program: Program, *, heard: int) -> None:
    """Until its session is at the broker, whose log names the client once more than it was `heard` of before."""
    deadline_s = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < deadline_s and program.child.wait(_LOOK_S) is None:
        if _sessions(rig) > heard:
            time.sleep(1.0)  # it subscribes at once after it has connected
            return
    raise StartError("peer_not_started", f"Node-RED did not connect; see {program.child.command.log}")


def _sessions(rig: Rig) -> int:
    assert rig.broker.child is not None
    return rig.broker.child.command.log.read_bytes().count(f"as {INGEST_USER}".encode())


def _version(modules: Path) -> str:
    found: str = json.loads((modules / "node-red" / "package.json").read_text(encoding="utf-8"))["version"]
    return f"Node-RED {found}"
