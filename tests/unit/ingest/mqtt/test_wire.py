"""Messages are cut out of whatever blocks the network gives, and acknowledgements leave whole and together."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from services.ingest.mqtt.wire import Publish, Wire, WiredClient, cut

TOPIC = "enermon/v1/GW1/readings"
PINGRESP = b"\xd0\x00"


def length(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def packet(message: Publish, *, properties: bytes | None) -> bytes:
    """A PUBLISH as a broker spells it; `properties` None: MQTT 3.1.1."""
    topic = message.topic.encode()
    body = len(topic).to_bytes(2, "big") + topic
    if message.packet_id:
        body += message.packet_id.to_bytes(2, "big")
    if properties is not None:
        body += length(len(properties)) + properties
    body += message.payload
    return bytes([0x30 | message.qos << 1 | message.retained]) + length(len(body)) + body


TOPICS = st.text(max_size=40).filter(lambda t: len(t.encode()) < 200)
PAYLOADS = st.binary(max_size=300)
MESSAGES = st.builds(Publish, TOPICS, PAYLOADS, st.integers(1, 65535), st.sampled_from([1, 2])) | st.builds(
    Publish, TOPICS, PAYLOADS, st.just(0), st.just(0)
)


@given(st.lists(MESSAGES | st.just(PINGRESP)), st.none() | st.binary(max_size=200), st.integers(1, 500))
def test_messages_come_out_as_they_went_in_however_the_network_cuts_them(
    sent: list[Publish | bytes], properties: bytes | None, block: int
) -> None:
    stream = b"".join(each if isinstance(each, bytes) else packet(each, properties=properties) for each in sent)
    messages, others, held = [], b"", b""
    for at in range(0, len(stream), block):
        found, other, held = cut(held + stream[at : at + block], properties=properties is not None)
        messages += found
        others += other
    assert (messages, held) == ([each for each in sent if isinstance(each, Publish)], b"")
    assert others == b"".join(each for each in sent if isinstance(each, bytes))


@given(st.binary(max_size=60), st.booleans())
def test_what_is_not_mqtt_ends_the_connection_and_nothing_else(noise: bytes, properties: bool) -> None:
    try:
        _messages, others, held = cut(noise, properties=properties)
    except ConnectionError:
        return
    assert len(others) + len(held) <= len(noise)


@pytest.mark.parametrize(
    "broken",
    [
        b"\x32\x03\x00\x09a",  # the topic is longer than the packet
        b"\x32\x04\x00\x01a\x00",  # half a packet id
        b"\x32\xff\xff\xff\xff\x01",  # a length of five bytes
    ],
)
def test_message_shorter_than_it_says_is_refused(broken: bytes) -> None:
    with pytest.raises(ConnectionError):
        cut(broken + bytes(8), properties=False)


class Line:
    """A wire with the broker's end of it."""

    def __init__(self) -> None:
        self.broker, ours = socket.socketpair()
        ours.setblocking(False)
        self.taken: list[Publish] = []
        self.wire = Wire(ours, number=1, properties=False, take=lambda _, messages: self.taken.extend(messages))


def test_library_sees_all_but_the_messages() -> None:
    line = Line()
    message = Publish(TOPIC, b"x" * 1000, 7, 1)
    line.broker.sendall(PINGRESP + packet(message, properties=None) + PINGRESP)
    assert line.wire.recv(1) == PINGRESP[:1]
    assert (line.taken, line.wire.pending()) == ([message], 3)
    assert line.wire.recv(100) == PINGRESP[1:] + PINGRESP
    with pytest.raises(BlockingIOError):
        line.wire.recv(1)
    line.broker.close()
    assert line.wire.recv(1) == b""


def test_acknowledgements_leave_together_and_messages_that_want_none_get_none() -> None:
    line = Line()
    line.wire.acknowledge([1, 0, 258])
    assert line.broker.recv(100) == b"\x40\x02\x00\x01\x40\x02\x01\x02"


def test_message_of_quality_of_service_2_gets_the_receipt_that_its_release_is_asked_by() -> None:
    line = Line()
    sent = [Publish(TOPIC, b"1", 1, 1), Publish(TOPIC, b"2", 2, 2), Publish(TOPIC, b"3", 3, 2)]
    line.broker.sendall(b"".join(packet(message, properties=None) for message in sent))
    with pytest.raises(BlockingIOError):
        line.wire.recv(1)
    line.wire.acknowledge([1, 2])
    assert line.broker.recv(100) == b"\x40\x02\x00\x01\x50\x02\x00\x02"
    # the id is free again once the broker has released it; then it may stand for a message of QoS 1
    line.broker.sendall(packet(Publish(TOPIC, b"4", 2, 1), properties=None))
    with pytest.raises(BlockingIOError):
        line.wire.recv(1)
    line.wire.acknowledge([2, 3])
    assert line.broker.recv(100) == b"\x40\x02\x00\x02\x50\x02\x00\x03"


def test_what_the_network_does_not_take_is_kept_and_leaves_in_order() -> None:
    line = Line()
    sent = b"".join(number.to_bytes(4, "big") for number in range(500_000))
    for at in range(0, len(sent), 100_000):
        line.wire.send(sent[at : at + 100_000])
    assert line.wire.unsent
    got = b""
    while len(got) < len(sent):
        got += line.broker.recv(1_000_000)
        line.wire.flush()
    assert (got == sent, line.wire.unsent) == (True, False)


def test_acknowledgement_on_an_ended_connection_is_left_out() -> None:
    line = Line()
    line.wire.close()
    line.wire.acknowledge([1])
    assert not line.wire.unsent


def test_library_writes_what_the_wire_has_kept() -> None:
    line = Line()
    client = WiredClient(CallbackAPIVersion.VERSION2, wired=lambda _: line.wire)
    assert not client.want_write()
    client.wire = line.wire
    line.wire.send(bytes(10_000_000))
    assert client.want_write()
    assert isinstance(client, Client)
