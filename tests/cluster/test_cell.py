"""A cell loses its leader, etcd's, and its standbys, while gateways send: what was answered is there once."""

import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from services.cli import app
from services.core.database_address import database_address
from services.core.db.migrate import upgrade
from services.ingest.broker_users import ingest_user
from services.up.stack import Broker, native_broker
from tests.cluster.cell import Cell, cell, missing
from tests.cluster.senders import Sender
from tests.integration.let_in import let_in
from tests.integration.ports import home_in
from tests.integration.registered import Registered
from tests.integration.running import running, wait_until
from tests.integration.served import api
from tests.signed_in import add_administrators

pytestmark = pytest.mark.cluster

GATEWAYS = 5
LEADER_WITHIN_S = 60.0
STANDBY_WITHIN_S = 15.0


@pytest.fixture
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    """A cell; loudly left out where its programs are not installed."""
    if (lacks := missing()) is not None:
        warnings.warn(f"NOT CHECKED: {lacks} is not installed here", stacklevel=1)
        pytest.skip(f"NOT CHECKED: {lacks} is not installed here")
    with cell(tmp_path_factory.mktemp("cell")) as found:
        with psycopg.connect(database_address(found.url("postgres")), autocommit=True) as connection:
            connection.execute("CREATE DATABASE enermon")
        yield found


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """The broker of the cell."""
    started = native_broker(home_in(tmp_path / "broker"))
    started.start()
    yield started
    started.stop()


@pytest.mark.timeout(300)
def test_what_was_answered_is_there_once_whoever_dies(made: Cell, broker: Broker) -> None:
    url = database_address(made.url())
    upgrade(url)
    add_administrators(url)
    stopping = threading.Event()
    senders = _registered(url, broker, stopping)
    environment = {"ENERMON_DATABASE_URL": made.url(), "ENERMON_MQTT_URL": broker.url(ingest_user(0))}
    with ExitStack() as started:
        started.enter_context(running("ingest", **environment))
        for _ in range(2):
            started.enter_context(running("rollup", **environment, ENERMON_ROLLUP_WORKERS="1"))
        threads = [sender.start() for sender in senders]
        try:
            wait_until("all are answered", lambda: all(sender.answers_at for sender in senders))
            _lose_etcds_leader(made, senders)
            _lose_the_standby(made, senders)
            _lose_the_leader(made, senders)
            _lose_all_standbys(made, senders)
        finally:
            stopping.set()
            for thread in threads:
                thread.join()
        wait_until("all is booked", lambda: not _waits(url))
    assert [sender.wrong for sender in senders] == [[]] * GATEWAYS
    assert _stored(url) == {(sender.meter, ts): value for sender in senders for ts, value in sender.answered.items()}
    for command in ("check", "verify"):
        found = CliRunner().invoke(app, [command], env={"ENERMON_DATABASE_URL": made.url()})
        assert found.exit_code == 0, found.output


def _registered(url: str, broker: Broker, stopping: threading.Event) -> list[Sender]:
    with api(database_url=url) as client:
        registered = Registered(client)
        owner = registered.enterprise()
        gateways = [registered.gateway(owner) for _ in range(GATEWAYS)]
        meters = [registered.meter(owner, gateway_code=gateway) for gateway in gateways]
    let_in(broker, gateways)
    return [Sender(broker, gateway, meter, stopping) for gateway, meter in zip(gateways, meters, strict=True)]


def _lose_etcds_leader(made: Cell, senders: list[Sender]) -> None:
    name = made.etcd_leader()
    _goes_on(senders, made.etcd[name].kill, within_s=STANDBY_WITHIN_S)
    made.etcd[name].start()


def _lose_the_standby(made: Cell, senders: list[Sender]) -> None:
    made.wait_until_whole()
    (name,) = made.with_role("sync_standby")
    _goes_on(senders, made.patroni[name].kill, within_s=STANDBY_WITHIN_S)
    made.patroni[name].start()


def _lose_the_leader(made: Cell, senders: list[Sender]) -> None:
    wait_until("all three are there", lambda: len(made.with_role("leader", "sync_standby", "replica")) == 3)
    name = made.leader()
    _goes_on(senders, made.patroni[name].kill, within_s=LEADER_WITHIN_S)
    assert made.leader() != name
    made.patroni[name].start()


def _lose_all_standbys(made: Cell, senders: list[Sender]) -> None:
    """Nothing is answered while one machine alone would have it; all is when another is back."""
    wait_until("all three are there", lambda: len(made.with_role("leader", "sync_standby", "replica")) == 3)
    standbys = made.with_role("sync_standby", "replica")
    for name in standbys:
        made.patroni[name].kill()
    time.sleep(3.0)  # what was on its way is answered or not
    answered = [len(sender.answers_at) for sender in senders]
    time.sleep(5.0)
    assert [len(sender.answers_at) for sender in senders] == answered

    def bring_back() -> None:
        for name in standbys:
            made.patroni[name].start()

    _goes_on(senders, bring_back, within_s=LEADER_WITHIN_S)


def _goes_on(senders: list[Sender], act: Callable[[], object], *, within_s: float) -> None:
    """Each gateway is answered again soon after the act, several times."""
    began = time.monotonic()
    act()
    wait_until(
        "all are answered again",
        lambda: all(sum(at > began + 1.0 for at in sender.answers_at) > 10 for sender in senders),
        within_s=within_s + 10.0,
    )
    pauses = [sender.pause_s(began) for sender in senders]
    print(f"{within_s:.0f} s at most, it was {max(pauses):.1f} s")
    assert max(pauses) < within_s


def _waits(url: str) -> bool:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT EXISTS (TABLE dirty_slot) OR EXISTS (TABLE late_slot)").fetchone()
    return bool(row and row[0])


def _stored(url: str) -> dict[tuple[str, int], float]:
    """By meter and time (epoch ms). Raises AssertionError where a reading is there twice."""
    question = "SELECT code, (extract(epoch FROM ts) * 1000)::bigint, value FROM reading JOIN meter USING (meter_id)"
    with psycopg.connect(url) as connection:
        rows = connection.execute(question).fetchall()
    found = {(code, ts): value for code, ts, value in rows}
    assert len(found) == len(rows)
    return found
