"""A cell on loopback: three etcd, three Patroni with a PostgreSQL each, as deploy/cluster sets them up.

Only the ports, the folders and the times are those of the test.
"""

import importlib.util
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from services.up.child import Child, Command, SystemUser
from services.up.embedded import reaching
from services.up.postgres import PostgresProgram
from tests.integration.ports import free_port
from tests.integration.running import wait_until

CONFIG = Path(__file__).parents[2] / "deploy/cluster/patroni.yml"
SECRET = "a password of the tests"
TIMES = {"ttl": 20, "loop_wait": 2, "retry_timeout": 5}
"""Seconds; the least that Patroni takes."""
_START_S = 120.0


def missing() -> str | None:
    """What is not installed here; None: all is."""
    if shutil.which("etcd") is None:
        return "etcd (Debian: etcd-server)"
    if importlib.util.find_spec("patroni") is None:
        return "Patroni (pip install 'patroni[etcd3,psycopg3]')"
    return None if PostgresProgram.with_timescaledb() else "PostgreSQL with TimescaleDB"


@dataclass
class Node:
    """A process of the cell, which can be killed with all it has started, and started again."""

    name: str
    command: Command
    server: Path | None = None
    """Where a PostgreSQL that it started writes its process id: it runs apart from it."""
    child: Child | None = None

    def start(self) -> None:
        """Start it, or start it again."""
        self.child = Child(self.command)

    def kill(self) -> None:
        """As a machine that loses its power: no process of it has time for anything."""
        assert self.child is not None
        for pid in (*_tree(self.child.pid), *self._server()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.child.kill()
        self.child = None

    def _server(self) -> list[int]:
        with suppress(OSError, IndexError):
            return _tree(int(Path(self.server or "").read_text().split()[0]))
        return []

    def last_lines(self) -> list[str]:
        """Of its log."""
        return self.child.last_lines(30) if self.child else []


@dataclass
class Cell:
    """Three of each, and how its services find the one that takes writes."""

    folder: Path
    account: SystemUser | None
    etcd: dict[str, Node] = field(default_factory=dict)
    patroni: dict[str, Node] = field(default_factory=dict)
    apis: dict[str, int] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    clients: dict[str, int] = field(default_factory=dict)

    def url(self, database: str = "enermon", *, user: str = "postgres") -> str:
        """All machines, of which one is written to."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports.values())
        return f"postgresql://{user}:{SECRET.replace(' ', '%20')}@{hosts}/{database}"

    def members(self) -> Mapping[str, Mapping[str, Any]]:
        """By name, as any Patroni that answers tells them; empty where none does."""
        for port in self.apis.values():
            with suppress(httpx.HTTPError, json.JSONDecodeError):
                told = httpx.get(f"http://127.0.0.1:{port}/cluster", timeout=2).json()
                return {each["name"]: each for each in told["members"]}
        return {}

    def with_role(self, *roles: str) -> list[str]:
        """Names of the members that have one of these roles, and work."""
        working = ("running", "streaming")
        return [name for name, each in self.members().items() if each["role"] in roles and each["state"] in working]

    def leader(self) -> str:
        """Name of the one that takes writes. Raises AssertionError where there is none within two minutes."""
        wait_until("there is a leader", lambda: len(self.with_role("leader")) == 1, said=self._said)
        return self.with_role("leader")[0]

    def etcd_leader(self) -> str:
        """Name of the etcd that leads."""
        for name, port in self.clients.items():
            with suppress(httpx.HTTPError, KeyError):
                told = httpx.post(f"http://127.0.0.1:{port}/v3/maintenance/status", json={}, timeout=2).json()
                if told["header"]["member_id"] == told["leader"]:
                    return name
        raise AssertionError("no etcd leads")

    def wait_until_whole(self) -> None:
        """Until one leads and a standby is synchronous."""
        wait_until("one leads, one is synchronous", self._is_whole, said=self._said)

    def _is_whole(self) -> bool:
        return len(self.with_role("leader")) == 1 and len(self.with_role("sync_standby")) == 1

    def _said(self) -> list[str]:
        return [f"{name}: {line}" for name, node in self.patroni.items() for line in node.last_lines()[-5:]]


@contextmanager
def cell(folder: Path) -> Iterator[Cell]:
    """Start it, and end it with all its processes."""
    made = Cell(folder, SystemUser.named("postgres"))
    _plan_etcd(made)
    _plan_patroni(made)
    try:
        for node in (*made.etcd.values(), *made.patroni.values()):
            node.start()
        made.wait_until_whole()
        yield made
    finally:
        for node in (*made.patroni.values(), *made.etcd.values()):
            if node.child is not None:
                node.kill()


def _plan_etcd(made: Cell) -> None:
    names = ["etcd-1", "etcd-2", "etcd-3"]
    peers = {name: free_port() for name in names}
    made.clients = {name: free_port() for name in names}
    cluster = ",".join(f"{name}=http://127.0.0.1:{port}" for name, port in peers.items())
    for name in names:
        peer, client = f"http://127.0.0.1:{peers[name]}", f"http://127.0.0.1:{made.clients[name]}"
        argv = ["etcd", "--name", name, "--data-dir", str(made.folder / name), "--logger", "zap"]
        argv += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
        argv += ["--listen-client-urls", client, "--advertise-client-urls", client]
        argv += ["--initial-cluster", cluster, "--initial-cluster-token", made.folder.name]
        made.etcd[name] = Node(name, Command(argv, made.folder / f"{name}.log", dict(os.environ)))


def _plan_patroni(made: Cell) -> None:
    program = PostgresProgram.with_timescaledb()
    assert program is not None
    config = yaml.safe_load(CONFIG.read_text("utf-8"))
    config["bootstrap"]["dcs"] |= TIMES
    launcher = reaching(Path(sys.executable).resolve().parent, made.account)
    file = made.folder / "patroni.yml"
    file.write_text(yaml.safe_dump(config))
    for number in (1, 2, 3):
        name = f"db-{number}"
        made.ports[name], made.apis[name] = free_port(), free_port()
        place = made.folder / name
        place.mkdir(mode=0o700)
        if made.account is not None:
            os.chown(place, made.account.uid, made.account.gid)
        own = {
            "NAME": name,
            "POSTGRESQL_DATA_DIR": str(place / "data"),
            "POSTGRESQL_BIN_DIR": str(program.bin),
            "POSTGRESQL_PGPASS": str(place / "pgpass"),
            "POSTGRESQL_LISTEN": f"127.0.0.1:{made.ports[name]}",
            "POSTGRESQL_CONNECT_ADDRESS": f"127.0.0.1:{made.ports[name]}",
            "RESTAPI_LISTEN": f"127.0.0.1:{made.apis[name]}",
            "RESTAPI_CONNECT_ADDRESS": f"127.0.0.1:{made.apis[name]}",
            "ETCD3_HOSTS": ",".join(f"127.0.0.1:{port}" for port in made.clients.values()),
            "SUPERUSER_PASSWORD": SECRET,
            "REPLICATION_PASSWORD": SECRET,
            "REWIND_PASSWORD": SECRET,
        }
        environment = {**os.environ, **{f"PATRONI_{key}": value for key, value in own.items()}, "LC_ALL": "C.UTF-8"}
        made.patroni[name] = Node(
            name,
            Command(
                argv=[*launcher, sys.executable, "-m", "patroni", str(file)],
                log=made.folder / f"{name}.log",
                env=environment,
                cwd=place,
                account=None if launcher else made.account,
            ),
            server=place / "data/postmaster.pid",
        )


def _tree(pid: int) -> list[int]:
    """A process and all that it has started, also what left its group."""
    found = [pid]
    with suppress(FileNotFoundError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += _tree(int(child))
    return found
