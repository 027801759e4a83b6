"""Everything at work: private database and broker, the services as processes of their own behind proxies, and gateways
that send. What dies is started again; that is all the help there is.
"""

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import msgspec
import psycopg

from services.core.db.migrate import upgrade
from services.energy.check.asked import CheckAsked
from services.energy.check.report import report
from services.ingest.broker_users import SPARKPLUG_USER, ingest_user
from services.provenance.verify import verify
from services.up.stack import Stack, embedded_stack, native_stack
from simulators.registration import RegistryApi
from simulators.registry import Meter, Registry
from tests.chaos.compare import answer_differences, differences
from tests.chaos.keeper import Kept
from tests.chaos.others import Others, takers
from tests.chaos.proxy import Proxies, Proxy
from tests.chaos.sender import Spec, State
from tests.chaos.truth import Batch, Truth, batch_of
from tests.chaos.volume import Volume, small_disk
from tests.chaos.world import NEW_GATEWAY, Move, Swap, World
from tests.integration.ports import free_port
from tests.integration.running import passwords_file, wait_until
from tests.second_person import ConfirmedTransport
from tests.signed_in import ADMINISTRATOR_KEY, BY_ADMINISTRATOR, add_administrators

NORMAL = "normal"
LOOK_S = 0.3
_SOME_DUE = "(SELECT meter_id, slot FROM dirty_slot LIMIT 20) UNION (SELECT meter_id, slot FROM late_slot LIMIT 20)"
_BUSY = """
SELECT
    application_name, state, wait_event, now() - xact_start AS open_for, pg_blocking_pids(pid) AS waits_for, pid,
    left(query, 200) AS statement
FROM pg_stat_activity
WHERE state <> 'idle' AND pid <> pg_backend_pid()
"""
_STILL_DUE = """
SELECT
FROM (SELECT meter_id, slot FROM dirty_slot UNION ALL SELECT meter_id, slot FROM late_slot) AS due
JOIN unnest(%s ::integer[], %s ::timestamptz[]) AS wanted (meter_id, slot) USING (meter_id, slot)
LIMIT 1
"""
STARTS_WITHIN_S = 300.0
RECOVERS_WITHIN_S = 180.0


class Stage:
    """The parts, by name. `swaps` and `moves` are what the registry was told since the beginning."""

    def __init__(self, store: str, stack: Stack, folder: Path, world: World, volume: Volume) -> None:
        self.store = store
        self.stack = stack
        self.volume = volume
        self.folder = folder
        self.world = world
        self.swaps: list[Swap] = []
        self.moves: list[Move] = []
        self.journals: list[Path] = []
        self.taken_in = 0
        self.senders: dict[str, Kept] = {}
        self.specs: dict[str, Spec] = {}
        ports = {name: free_port() for name in ("api", "monitors", "end_devices")}
        self.proxies = Proxies.of(
            broker=lambda: stack.broker.port or 0, database=lambda: stack.database.port or 0, ports=ports
        )
        self._kept: list[Kept] = []
        ingests = 2 if store == "native" else 1
        self.ingests = [self._ingest(n, shared=ingests > 1) for n in range(ingests)]
        self.rollups = [self._rollup(n) for n in range(2)]
        self.api_url = f"http://127.0.0.1:{ports['api']}"
        api_database_url = _through(stack.database_url, stack.database.port, self.proxies.api_database)
        self.api_process = self._keep(
            "api", {"ENERMON_DATABASE_URL": api_database_url, "ENERMON_API_PORT": str(ports["api"])}
        )
        database_url = _through(stack.database_url, stack.database.port, self.proxies.ingest_database)
        sparkplug_url = _through(stack.mqtt_url(SPARKPLUG_USER), stack.broker.port, self.proxies.ingest_broker)
        told = takers(self.proxies, ports, sparkplug_url=sparkplug_url if store == "native" else "")
        self.takers = [
            self._keep(name, {"ENERMON_DATABASE_URL": database_url, **given}) for name, given in told.items()
        ]
        self.others = Others(stack, folder, world, with_edge=store == "native")
        self.api = RegistryApi(self.api_url, key=ADMINISTRATOR_KEY, transport=ConfirmedTransport())
        self.api.wait_until_ready(STARTS_WITHIN_S)

    def _ingest(self, number: int, *, shared: bool) -> Kept:
        url = self.stack.mqtt_url(ingest_user(number))
        environment = {
            "ENERMON_DATABASE_URL": _through(
                self.stack.database_url, self.stack.database.port, self.proxies.ingest_database
            ),
            "ENERMON_MQTT_URL": _through(url, self.stack.broker.port, self.proxies.ingest_broker),
            "ENERMON_INGEST_INSTANCE": str(number),
            "ENERMON_INGEST_SHARE": str(shared).lower(),
        }
        return self._keep("ingest", environment, name=f"ingest-{number}")

    def _rollup(self, number: int) -> Kept:
        url = _through(self.stack.database_url, self.stack.database.port, self.proxies.rollup_database)
        environment = {"ENERMON_DATABASE_URL": url, "ENERMON_ROLLUP_WORKERS": "1"}
        return self._keep("rollup", environment, name=f"rollup-{number}")

    def _keep(self, command: str, environment: dict[str, str], *, name: str = "") -> Kept:
        name = name or command
        kept = Kept(name, ["-m", "services.cli", command], environment, self.folder / f"{name}.log")
        self._kept.append(kept)
        return kept

    # -- the registry

    def register(self, registry: Registry) -> None:
        """Register, and let the gateways in."""
        self.api.register(registry)
        self.others.register(self.api_url)

    def register_late(self, meters: Sequence[Meter]) -> None:
        """Register meters whose readings were refused, and ask for what was kept of them, twice: that does no harm."""
        self.api.register(Registry(meters=meters))
        for _ in range(2):
            while self._take_in():
                pass

    def _take_in(self) -> bool:
        """Whether there may be more. What the API answers with 503 is asked again, and who stood in the way is told."""
        url, by_s = f"{self.api_url}/api/v1/rejected-readings/retry", time.monotonic() + 120
        while True:
            answer = httpx.post(url, headers=BY_ADMINISTRATOR, timeout=60)
            if answer.status_code == httpx.codes.OK:
                self.taken_in += answer.json()["stored"]
                return bool(answer.json()["more"])
            with self.database() as connection:
                busy = connection.execute(_BUSY).fetchall()
            print(f"{answer.text}; the database was at: {busy}", file=sys.stderr)
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
            assert time.monotonic() < by_s, f"{answer.text}; the database is at: {busy}"

    def record(self, swap: Swap) -> None:
        """A person records a change of meter."""
        at = _iso(swap.ts_ms)
        self.api.record_replacement(
            swap.meter, ts=at, final_value=swap.final_value, first_value=swap.first_value, note="chaos"
        )
        self.swaps.append(swap)

    def move(self, move: Move) -> None:
        """An enterprise moves to another place."""
        body = {"area_code": move.area_code, "park_code": move.park_code, "valid_from": move.valid_from.isoformat()}
        with httpx.Client(headers=BY_ADMINISTRATOR, timeout=30, transport=ConfirmedTransport()) as client:
            answer = client.post(f"{self.api_url}/api/v1/enterprises/{move.credit_code}/memberships", json=body)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        self.moves.append(move)

    # -- the gateways

    def send(self, name: str, gateways: list[str], **given: object) -> None:
        """Start a process of gateways."""
        folder = self.folder / name
        folder.mkdir(parents=True)
        passwords = passwords_file(self.stack, gateways, folder)
        facts: dict[str, object] = {
            "seed": self.world.seed,
            "world_began_ms": self.world.began_ms,
            "enterprises": self.world.enterprises,
            "new_meters": self.world.new_meters,
            "gateways": gateways,
            "mqtt_url": f"mqtt://127.0.0.1:{self.proxies.gateways.port}",
            "passwords_file": str(passwords) if passwords else None,
            "folder": str(folder),
            "began_ms": int(time.time() * 1000),
        }
        spec = msgspec.convert(facts | given, Spec)
        (folder / "spec.json").write_bytes(msgspec.json.encode(spec))
        argv = ["-m", "tests.chaos.sender", str(folder / "spec.json")]
        self.specs[name] = spec
        self.senders[name] = Kept(name, argv, {}, self.folder / f"{name}.log", ends=True)

    def state(self, name: str) -> State:
        """How a process of gateways is doing."""
        with suppress(FileNotFoundError):
            return msgspec.json.decode(self.specs[name].state.read_bytes(), type=State)
        return State()

    def _drained(self, name: str) -> bool:
        return self.state(name).drained

    def wait_for_answers(self, more: int, *, within_s: float = RECOVERS_WITHIN_S) -> None:
        """Wait until so many readings more of the normal gateways are answered than now."""
        wanted = self.state(NORMAL).answered + more

        def come() -> bool:
            assert not self.senders[NORMAL].died, self.senders[NORMAL].last_lines()
            return self.state(NORMAL).answered >= wanted

        wait_until(f"{more} more readings answered", come, within_s=within_s)

    def finish(self, name: str, *, within_s: float) -> None:
        """Let these gateways draw nothing new, and wait until everything of theirs is answered."""
        self.specs[name].finish.touch()
        wait_until(f"{name}: everything answered", partial(self._drained, name), within_s=within_s)
        assert self.senders[name].wait(30) == 0, self.senders[name].last_lines()

    # -- the database

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection]:
        """A look into the database, past the proxies."""
        with psycopg.connect(self.stack.database_url, autocommit=True, connect_timeout=5) as connection:
            yield connection

    def wait_for_roll_up(self, *, within_s: float = RECOVERS_WITHIN_S) -> None:
        """Wait until the roll-up has dealt with some of what was due when this was called: it works again."""
        some: list[tuple[int, datetime]] = []

        def taken() -> bool:
            threading.Event().wait(LOOK_S)
            with suppress(psycopg.OperationalError), self.database() as connection:
                if not some:
                    some.extend(connection.execute(_SOME_DUE).fetchall())
                left = connection.execute(_STILL_DUE, [[m for m, _ in some], [at for _, at in some]])
                return left.fetchone() is None
            return False

        wait_until("the roll-up works again", taken, within_s=within_s)

    def rolled_up(self) -> bool:
        """Whether nothing waits for the roll-up."""
        with suppress(psycopg.OperationalError), self.database() as connection:
            queues = "SELECT (SELECT count(*) FROM meter_change), (SELECT count(*) FROM dirty_slot)"
            return connection.execute(f"{queues}, (SELECT count(*) FROM late_slot)").fetchone() == (0, 0, 0)
        return False

    # -- the end

    def judge(self) -> tuple[Truth, Batch, list[str]]:
        """The truth, its batch computation, and where the database or the API say something else."""
        truth = Truth()
        for spec in self.specs.values():
            late = NEW_GATEWAY in spec.gateways and self.taken_in
            truth.remember(spec.journal, taken_in=frozenset({"unknown_meter"} if late else ()))
        for journal in self.journals:
            truth.remember(journal)
        self.others.remember(truth)
        batch = batch_of(truth, self.world, swaps=self.swaps, moves=self.moves)
        with self.database() as connection:
            found = differences(connection, truth, batch) + self.others.differences(connection)
        found += answer_differences(self.api_url, batch, self.world)
        return truth, batch, found

    def check(self) -> list[str]:
        """What `enermon check` and `enermon verify` have against the database."""
        url = self.stack.database_url
        wait_until("everything sealed", lambda: not verify(url).waiting, within_s=RECOVERS_WITHIN_S)
        found, verified = report(url, asked=CheckAsked()), verify(url)
        lines = [] if found.well else found.lines()
        return lines if verified.well else lines + verified.lines()

    def deaths(self) -> dict[str, list[int]]:
        """Exit codes of processes that ended though nobody had killed them."""
        return {k.name: k.died for k in (*self._kept, *self.senders.values(), *self.others.kept()) if k.died}

    def peaks(self) -> dict[str, int]:
        """The most memory each service ever held, in bytes."""
        return {k.name: k.peak_bytes for k in self._kept}

    def close(self) -> None:
        """End everything but database and broker."""
        for kept in (*self.senders.values(), *self.others.kept(), *self._kept):
            kept.stop()
        self.api.close()
        for proxy in self.proxies.all():
            proxy.close()


def _through(url: str, port: int | None, proxy: Proxy) -> str:
    """The address with the proxy's port in the place of the server's."""
    return url.replace(f":{port}", f":{proxy.port}")


def _iso(ts_ms: int) -> str:
    return datetime.fromtimestamp(ts_ms / 1000, UTC).isoformat()


@contextmanager
def staged(store: str, folder: Path, world: World, *, disk_mb: int, in_memory: bool) -> Iterator[Stage]:
    """A database on a small disk, a broker, and the services. store: native or embedded.

    The embedded broker speaks MQTT 3.1.1, so that there is one ingest.
    """
    with small_disk(folder, size_mb=disk_mb, in_memory=in_memory) as volume:
        home = volume.folder / "home"
        home.mkdir()
        volume.folder.chmod(0o755)
        for part in ("mosquitto", "logs"):  # the disk is the database's alone
            (folder / part).mkdir()
            (home / part).symlink_to(folder / part)
        run = native_stack if store == "native" else embedded_stack
        with run(home) as stack:
            upgrade(stack.database_url)
            add_administrators(stack.database_url)
            stage = Stage(store, stack, folder, world, volume)
            try:
                yield stage
            finally:
                stage.close()
