"""From a credential in the database to a connection at the broker, and its end: with the real ones."""

import queue
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from services.ingest.broker_users import Holder, HolderKind, derived_password
from services.ingest.credentials import Issued, issue_password, revoke
from services.ingest.gateway_access import Access, AccessWatch
from services.up.broker_answer import refusal
from services.up.gateways import GatewayWatch, adopt_derived_passwords
from services.up.ports import LOOPBACK
from services.up.stack import Broker, Stack
from tests.integration.connecting import connected, granted
from tests.integration.ports import home_in
from tests.integration.registered import Registered
from tests.integration.running import wait_until

pytestmark = pytest.mark.store


@pytest.fixture
def broker(stack: Stack, store: str) -> Broker:
    if store == "embedded":
        pytest.skip("the embedded broker has no users")
    return stack.broker


@pytest.fixture
def watch(broker: Broker, database_url: str) -> Iterator[GatewayWatch]:
    watch = GatewayWatch(database_url=database_url, broker=broker)
    watch.look()
    yield watch
    watch.close()


@pytest.fixture
def gateway(registered: Registered) -> Holder:
    return Holder(HolderKind.GATEWAY, registered.gateway(registered.enterprise()))


Looks = Callable[[str, Callable[[], bool]], None]


@pytest.fixture
def looks(watch: GatewayWatch) -> Looks:
    """Let the watch look, as `enermon up` does ten times a second, until something is so."""

    def until(what: str, so: Callable[[], bool]) -> None:
        def looked() -> bool:
            watch.look()
            return so()

        wait_until(what, looked)

    return until


def is_let_in(broker: Broker, issued: Issued) -> bool:
    assert broker.port is not None
    return refusal(host=LOOPBACK, port=broker.port, user=issued.user_name, password=issued.password or "") is None


def address_of(broker: Broker, issued: Issued) -> str:
    return str(broker.url(None)).replace("://", f"://{quote(issued.user_name)}:{issued.password}@")


def given(database: psycopg.Connection, holder: Holder, *, overlap: timedelta = timedelta(hours=1)) -> Issued:
    return issue_password(database, holder, author="tests", now=datetime.now(UTC), overlap=overlap)


def test_gateway_comes_in_with_its_credential_with_both_while_rotating_and_is_cut_off_when_revoked(
    broker: Broker, database: psycopg.Connection, gateway: Holder, looks: Looks
) -> None:
    first = given(database, gateway)
    looks("the first is let in", lambda: is_let_in(broker, first))
    second = given(database, gateway)
    looks("the second is let in", lambda: is_let_in(broker, second))
    ended: queue.Queue[bool] = queue.Queue()
    with (
        connected(address_of(broker, first), "any", mqtt5=True) as old,
        connected(address_of(broker, second), "any", mqtt5=True) as new,
    ):
        old.on_disconnect = lambda *_: ended.put(True)
        assert granted(old, f"enermon/v1/{gateway.code}/ack") == 1
        revoke(database, gateway, generation=1, author="tests", now=datetime.now(UTC))
        looks("the first is cut off", lambda: not ended.empty())
        looks("the first is out", lambda: not is_let_in(broker, first))
        assert granted(new, f"enermon/v1/{gateway.code}/ack") == 1


def test_credential_ends_with_its_overlap_though_nobody_changes_anything(
    broker: Broker, database: psycopg.Connection, gateway: Holder, looks: Looks
) -> None:
    first = given(database, gateway)
    looks("the first is let in", lambda: is_let_in(broker, first))
    second = given(database, gateway, overlap=timedelta(seconds=3))
    looks("the second is let in", lambda: is_let_in(broker, second))
    looks("the first has ended", lambda: not is_let_in(broker, first))
    assert is_let_in(broker, second)


def test_removed_gateway_is_out(broker: Broker, database: psycopg.Connection, gateway: Holder, looks: Looks) -> None:
    issued = given(database, gateway)
    looks("it is let in", lambda: is_let_in(broker, issued))
    database.execute("DELETE FROM gateway WHERE code = %s", [gateway.code])
    looks("it is out", lambda: not is_let_in(broker, issued))
    assert not is_let_in(broker, issued)


def test_password_that_was_derived_from_the_key_of_earlier_versions_goes_on_and_the_key_is_removed(
    broker: Broker, database: psycopg.Connection, database_url: str, gateway: Holder, looks: Looks, tmp_path: Path
) -> None:
    home = home_in(tmp_path)
    home.former_gateway_key_file.write_bytes(b"key")
    home.former_gateway_passwords_file.write_text(f"gateway,password\n{gateway.code},...\n")
    adopt_derived_passwords(home, database_url)
    adopt_derived_passwords(home, database_url)
    old = derived_password(b"key", gateway.code)
    assert broker.port is not None
    port = broker.port
    looks(
        "the old password is let in",
        lambda: refusal(host=LOOPBACK, port=port, user=gateway.code, password=old) is None,
    )
    assert not home.former_gateway_key_file.exists()
    assert not home.former_gateway_passwords_file.exists()
    assert given(database, gateway).generation == 2


def test_broker_is_told_once_of_what_has_not_changed(
    database: psycopg.Connection, database_url: str, gateway: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.ingest.gateway_access._ASK_EVERY_S", 0.0)
    watch = AccessWatch(database_url, application_name="tests")
    given(database, gateway)
    first = watch.look()
    assert first is not None
    assert [user.name for user in first.users] == [gateway.code]
    assert [watch.look() for _ in range(3)] == [None, None, None]
    watch.look_again()
    assert watch.look() == first
    revoke(database, gateway, generation=None, author="tests", now=datetime.now(UTC))
    assert watch.look() == Access()
    watch.close()
