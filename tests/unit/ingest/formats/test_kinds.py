"""A topic names a gateway, and a format where it is not our own; what holds for every format is held for each."""

import logging

import pytest

from services.ingest.formats import enermon
from services.ingest.formats.contract import FormatKind
from services.ingest.formats.kinds import FORMATS, decode, format_of, gateway_of
from services.ingest.message import LARGEST_PAYLOAD_BYTES, MOST_READINGS, Decoded, UnreadableMessage


def test_gateway_and_format_are_levels_of_the_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    other = FormatKind(name="other", decode=enermon.decode)
    monkeypatch.setitem(FORMATS, "other", other)
    named = {"": enermon.KIND, "/enermon": enermon.KIND, "/other": other}
    for level, kind in named.items():
        topic = f"enermon/v1/GW1/readings{level}"
        assert (gateway_of(topic), format_of(topic)) == ("GW1", kind)


@pytest.mark.parametrize(
    "topic",
    [
        "enermon/v1//readings",
        "enermon/v1/a/b/readings",
        "enermon/v2/a/readings",
        "enermon/v1/a/readings/enermon/more",
        "x",
        "",
    ],
)
def test_topic_that_is_no_gateways_is_bad(topic: str) -> None:
    with pytest.raises(UnreadableMessage) as failed:
        gateway_of(topic)
    assert failed.value.code == "bad_topic"


@pytest.mark.parametrize("topic", ["enermon/v1/a/readings/", "enermon/v1/a/readings/unknown"])
def test_topic_without_a_format_that_there_is_still_names_its_gateway(topic: str) -> None:
    assert gateway_of(topic) == "a"
    with pytest.raises(UnreadableMessage, match="the formats are enermon") as failed:
        format_of(topic)
    assert failed.value.code == "bad_topic"


def test_bounds_hold_whatever_the_format() -> None:
    many = FormatKind(name="many", decode=lambda gateway, _: Decoded(gateway, 7, ["E01"] * (MOST_READINGS + 1), [], []))
    with pytest.raises(UnreadableMessage) as failed:
        decode(many, "GW1", b"")
    assert (failed.value.code, failed.value.seq) == ("too_large", 7)
    with pytest.raises(UnreadableMessage) as failed:
        decode(many, "GW1", bytes(LARGEST_PAYLOAD_BYTES + 1))
    assert failed.value.code == "too_large"


def test_decoder_that_fails_costs_its_message_and_says_so_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_gateway: str, _payload: bytes) -> Decoded:
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR), pytest.raises(UnreadableMessage) as failed:
        decode(FormatKind(name="faulty", decode=fail), "GW1", b"")
    assert failed.value.code == "undecodable"
    assert "message could not be read" in caplog.text
