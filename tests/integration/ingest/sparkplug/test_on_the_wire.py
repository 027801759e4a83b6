"""What the host says on the wire, packet by packet."""

import itertools
import json

from services.core.mqtt_address import BrokerAddress
from services.ingest.sparkplug.broker import HostConnection
from services.ingest.sparkplug.inbox import Inbox, Joined
from tests.integration.ingest.sparkplug.tck import proves
from tests.integration.ingest.sparkplug.wiretap import (
    CONNECT,
    DISCONNECT,
    PUBLISH,
    SUBSCRIBE,
    Wiretap,
    connect_of,
)
from tests.integration.running import wait_until

STATE = "spBv1.0/STATE/enermon"
T0 = 1_795_132_800_000


@proves(
    "components-ph-state",
    "conformance-primary-host",
    "host-topic-phid-birth-payload",
    "host-topic-phid-birth-payload-timestamp",
    "host-topic-phid-birth-qos",
    "host-topic-phid-birth-required",
    "host-topic-phid-birth-retain",
    "host-topic-phid-birth-sub-required",
    "host-topic-phid-death-payload",
    "host-topic-phid-death-qos",
    "host-topic-phid-death-required",
    "host-topic-phid-death-retain",
    "host-topic-phid-death-topic",
    "intro-sparkplug-host-state",
    "message-flow-hid-sparkplug-state-message-delivered",
    "message-flow-phid-sparkplug-clean-session-311",
    "message-flow-phid-sparkplug-state-publish",
    "message-flow-phid-sparkplug-state-publish-payload",
    "message-flow-phid-sparkplug-state-publish-payload-timestamp",
    "message-flow-phid-sparkplug-subscription",
    "operational-behavior-host-application-connect-birth",
    "operational-behavior-host-application-connect-birth-payload",
    "operational-behavior-host-application-connect-birth-qos",
    "operational-behavior-host-application-connect-birth-retained",
    "operational-behavior-host-application-connect-birth-topic",
    "operational-behavior-host-application-connect-will",
    "operational-behavior-host-application-connect-will-payload",
    "operational-behavior-host-application-connect-will-qos",
    "operational-behavior-host-application-connect-will-retained",
    "operational-behavior-host-application-connect-will-topic",
    "payloads-state-birth",
    "payloads-state-birth-payload",
    "payloads-state-subscribe",
    "payloads-state-will-message-payload",
    "payloads-state-will-message-qos",
    "payloads-state-will-message-retain",
    "principles-birth-certificates-order",
)
def test_a_host_connects_subscribes_and_says_that_it_is_online_and_before_it_goes_that_it_is_not() -> None:
    clock = itertools.count(T0)  # It is asked for the Will, for the one message that comes, and for the death.
    tap, inbox = Wiretap(), Inbox()
    address = BrokerAddress(host="127.0.0.1", port=tap.port, tls=False)
    host = HostConnection(address, host="enermon", inbox=inbox, now_ms=lambda: next(clock))
    assert host.join()
    wait_until("it has said that it is online", lambda: len(tap.packets) == 3)
    connect, subscribe, birth = tap.packets
    assert [each.kind for each in tap.packets] == [CONNECT, SUBSCRIBE, PUBLISH]
    said = connect_of(connect)
    assert (said.level, said.clean, said.will_qos, said.will_retain, said.will_topic) == (4, True, 1, True, STATE)
    assert json.loads(said.will_payload) == {"online": False, "timestamp": T0}
    assert b"\x00\x09spBv1.0/#\x01" in subscribe.body
    assert STATE.encode() + b"\x01" in subscribe.body
    qos, retain = birth.flags >> 1 & 3, birth.flags & 1
    topic, payload = birth.published()
    assert (qos, retain, topic, json.loads(payload)) == (1, 1, STATE, {"online": True, "timestamp": T0})
    assert inbox.take(most=9, most_bytes=9, wait_s=0) == (Joined(first=True, unclean=False), [])
    tap.send("spBv1.0/G/NDATA/E", b"old", retained=True)
    tap.send("spBv1.0/G/NDATA/E", b"new")
    tap.send(STATE, b'{"online":false,"timestamp":1}')
    wait_until("it says that it is not offline", lambda: len(tap.packets) == 4)
    assert tap.packets[3].published() == birth.published()
    assert tap.packets[3].flags & 0b0111 == birth.flags & 0b0111
    _, came = inbox.take(most=9, most_bytes=9, wait_s=5)
    assert [(each.topic, each.raw) for each in came] == [("spBv1.0/G/NDATA/E", b"new")]
    host.leave("a test")
    wait_until("it has gone", lambda: tap.packets[-1].kind == DISCONNECT)
    *_, death, _ = tap.packets
    topic, payload = death.published()
    qos, retain = death.flags >> 1 & 3, death.flags & 1
    assert (qos, retain, topic, json.loads(payload)) == (1, 1, STATE, {"online": False, "timestamp": T0 + 2})
    assert not host.online
    tap.close()
