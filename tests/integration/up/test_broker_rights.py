"""What a gateway may do at the broker, and what it may not whatever it tries: on the real mosquitto."""

import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.ingest.broker_rights import CONTROL_TOPIC, RESPONSE_TOPIC
from services.ingest.broker_users import CONTROL_USER, INGEST_USER, BrokerUser, Holder, HolderKind, ingest_user
from services.ingest.gateway_access import Access
from services.ingest.topics import READINGS, SHARE_GROUP, shared
from services.up.mosquitto import PrivateMosquitto
from services.up.stack import native_broker
from tests.integration.connecting import ANSWER_S, Messages, connected, granted, published, subscribe
from tests.integration.let_in import let_in, url_of, user_of
from tests.integration.ports import home_in

pytestmark = pytest.mark.store

NOT_AUTHORIZED = 0x87
ENTERPRISE = "91150622MA0N0000XF"


@pytest.fixture
def broker(store: str, tmp_path: Path) -> Iterator[PrivateMosquitto]:
    """mosquitto, running, with two gateways and an enterprise."""
    if store != "native":
        pytest.skip("the embedded broker has no users and no rights")
    private = native_broker(home_in(tmp_path))
    let_in(private, ["GW-1", "GW-2", ENTERPRISE])
    private.start()
    yield private
    private.stop()


@pytest.mark.parametrize(
    "topic",
    [
        "#",
        "+/#",
        "enermon/v1/#",
        "enermon/v1/+/ack",
        "enermon/v1/GW-1/#",
        "enermon/v1/GW-1/readings",
        "enermon/v1/GW-2/ack",
        "enermon/v1/+/readings",
        f"enermon/v1/enterprises/{ENTERPRISE}/alerts",
        f"$share/{SHARE_GROUP}/enermon/v1/+/readings",
        "$share/mine/#",
        "$share/mine/enermon/v1/GW-1/ack",
        "$SYS/#",
        "$CONTROL/#",
        RESPONSE_TOPIC,
    ],
)
def test_gateway_subscribes_to_its_own_answers_and_nothing_else(broker: PrivateMosquitto, topic: str) -> None:
    with connected(url_of(broker, "GW-1"), "GW-1", mqtt5=True) as gateway:
        assert granted(gateway, topic) == NOT_AUTHORIZED
        assert granted(gateway, "enermon/v1/GW-1/ack") == 1


@pytest.mark.parametrize("retain", [False, True])
@pytest.mark.parametrize(
    "topic",
    [
        "enermon/v1/GW-2/readings",
        "enermon/v1/GW-2/readings/enermon",
        "enermon/v1/GW-2/status",
        "enermon/v1/GW-1/ack",
        "enermon/v1/GW-2/ack",
        "enermon/v1/GW-1/readings/enermon/more",
        "enermon/v1/GW-1",
        "enermon/v1/enterprises/91150622MA0N0000XF/alerts",
        "$SYS/broker/version",
        CONTROL_TOPIC,
        "elsewhere",
    ],
)
def test_gateway_writes_its_readings_and_its_status_and_nothing_else(
    broker: PrivateMosquitto, topic: str, retain: bool
) -> None:
    with connected(url_of(broker, "GW-1"), "GW-1", mqtt5=True) as gateway:
        assert published(gateway, topic, "{}", retain=retain) == NOT_AUTHORIZED
        for own in ("readings", "readings/enermon", "status"):
            assert published(gateway, f"enermon/v1/GW-1/{own}", "{}") in (0, 0x10)


def test_idle_connections_in_the_group_of_ingest_swallow_no_message(broker: PrivateMosquitto) -> None:
    swallowed: Messages = queue.Queue()
    codes = ["GW-1", *(f"GW-{number}" for number in range(10, 19))]
    let_in(broker, codes)
    idle = [connected(url_of(broker, code), code, mqtt5=True, messages=swallowed) for code in codes[1:]]
    clients = [each.__enter__() for each in idle]
    try:
        for client in clients:
            for topic in READINGS:
                assert granted(client, shared(topic)) == NOT_AUTHORIZED
        with connected(broker.url(), "any", mqtt5=True) as ingest, connected(url_of(broker, "GW-1"), "any") as gateway:
            at_ingest = subscribe(ingest, shared(READINGS[0]))
            for number in range(40):
                gateway.publish("enermon/v1/GW-1/readings", str(number), qos=1)
            heard = [at_ingest.get(timeout=ANSWER_S)[1] for _ in range(40)]
        assert heard == [str(number).encode() for number in range(40)]
        assert swallowed.empty()
    finally:
        for each in idle:
            each.__exit__(None, None, None)


def test_one_gateway_has_one_session_whatever_client_ids_it_gives(broker: PrivateMosquitto) -> None:
    ended: queue.Queue[bool] = queue.Queue()
    with connected(url_of(broker, "GW-1"), "one", mqtt5=True) as first:
        first.on_disconnect = lambda *_: ended.put(True)
        with connected(url_of(broker, "GW-1"), "another", mqtt5=True) as second:
            assert ended.get(timeout=ANSWER_S)
            assert granted(second, "enermon/v1/GW-1/ack") == 1


def test_client_id_of_a_service_or_of_another_gateway_gives_nothing_of_theirs(broker: PrivateMosquitto) -> None:
    lost: queue.Queue[bool] = queue.Queue()
    with (
        connected(broker.url(), "any", mqtt5=True) as ingest,
        connected(url_of(broker, "GW-2"), "any", mqtt5=True) as other,
    ):
        ingest.on_disconnect = other.on_disconnect = lambda *_: lost.put(True)
        at_ingest, at_other = subscribe(ingest, READINGS[0]), subscribe(other, "enermon/v1/GW-2/ack")
        for client_id in (INGEST_USER, ingest_user(1), CONTROL_USER, "GW-2"):
            with connected(url_of(broker, "GW-1"), client_id, mqtt5=True) as stranger:
                assert granted(stranger, "enermon/v1/GW-2/ack") == NOT_AUTHORIZED
        assert published(other, "enermon/v1/GW-2/readings", "{}") == 0
        assert at_ingest.get(timeout=ANSWER_S) == ("enermon/v1/GW-2/readings", b"{}")
        assert published(ingest, "enermon/v1/GW-2/ack", "[]") == 0
        assert at_other.get(timeout=ANSWER_S) == ("enermon/v1/GW-2/ack", b"[]")
        assert lost.empty()


def test_gateway_with_the_code_of_an_enterprise_would_be_of_another_kind_and_get_no_alerts(
    broker: PrivateMosquitto,
) -> None:
    # Such a code is refused; where it stood in the database, the kind would still keep them apart.
    user = user_of("GW-1")
    impostor = BrokerUser(user.name, Holder(HolderKind.GATEWAY, ENTERPRISE), user.password_hash)
    broker.let_in(Access((impostor,)))
    with connected(url_of(broker, "GW-1"), "any", mqtt5=True) as client:
        assert granted(client, f"enermon/v1/enterprises/{ENTERPRISE}/alerts") == NOT_AUTHORIZED


def test_two_credentials_of_a_gateway_work_side_by_side_with_its_rights_alone(broker: PrivateMosquitto) -> None:
    before, after = user_of("GW-1"), user_of("GW-1", generation=2)
    assert after.name == "GW-1@2"
    broker.let_in(Access((before, after)))
    with (
        connected(url_of(broker, before.name), "any", mqtt5=True) as old,
        connected(url_of(broker, after.name), "any", mqtt5=True) as new,
    ):
        for client in (old, new):
            assert granted(client, "enermon/v1/GW-1/ack") == 1
            assert published(client, "enermon/v1/GW-1/readings", "{}") in (0, 0x10)
            assert published(client, "enermon/v1/GW-1@2/readings", "{}") == NOT_AUTHORIZED
            assert published(client, "enermon/v1/GW-2/readings", "{}") == NOT_AUTHORIZED


def test_revoked_user_is_cut_off_at_once_and_not_let_in_again(broker: PrivateMosquitto) -> None:
    ended: queue.Queue[bool] = queue.Queue()
    with (
        connected(url_of(broker, "GW-1"), "any", mqtt5=True) as revoked,
        connected(url_of(broker, "GW-2"), "any", mqtt5=True) as other,
    ):
        revoked.on_disconnect = lambda *_: ended.put(True)
        kept: queue.Queue[bool] = queue.Queue()
        other.on_disconnect = lambda *_: kept.put(True)
        let_in(broker, ["GW-2"])
        assert ended.get(timeout=ANSWER_S)
        assert published(other, "enermon/v1/GW-2/readings", "{}") in (0, 0x10)
        assert kept.empty()
    with pytest.raises(AssertionError), connected(url_of(broker, "GW-1"), "any"):
        pass


def test_rights_are_whole_again_after_the_broker_was_killed(broker: PrivateMosquitto) -> None:
    let_in(broker, ["GW-2", "GW-3"])
    broker.kill()
    broker.start()
    with connected(url_of(broker, "GW-3"), "any", mqtt5=True) as gateway:
        assert granted(gateway, "enermon/v1/GW-3/ack") == 1
        assert published(gateway, "enermon/v1/GW-1/readings", "{}") == NOT_AUTHORIZED
    with pytest.raises(AssertionError), connected(url_of(broker, "GW-1"), "any"):
        pass


def test_message_that_is_longer_than_any_may_be_ends_its_connection_and_disturbs_no_other(
    broker: PrivateMosquitto,
) -> None:
    ended: queue.Queue[bool] = queue.Queue()
    with (
        connected(url_of(broker, "GW-1"), "any") as flooding,
        connected(url_of(broker, "GW-2"), "any", mqtt5=True) as other,
    ):
        flooding.on_disconnect = lambda *_: ended.put(True)
        flooding.publish("enermon/v1/GW-1/readings", bytes(5_000_000), qos=1)
        assert ended.get(timeout=ANSWER_S)
        assert published(other, "enermon/v1/GW-2/readings", "{}") in (0, 0x10)
