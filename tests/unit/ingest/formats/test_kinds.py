"""A topic names a gateway, and a format where it is not our own."""

import pytest

from services.ingest.formats import enermon
from services.ingest.formats.contract import FormatKind
from services.ingest.formats.kinds import FORMATS, topic_parts
from services.ingest.message import UnreadableMessage


def test_gateway_and_format_are_levels_of_the_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    other = FormatKind(name="other", decode=enermon.decode)
    monkeypatch.setitem(FORMATS, "other", other)
    assert topic_parts("enermon/v1/GW1/readings") == ("GW1", enermon.KIND)
    assert topic_parts("enermon/v1/GW1/readings/enermon") == ("GW1", enermon.KIND)
    assert topic_parts("enermon/v1/GW1/readings/other") == ("GW1", other)


@pytest.mark.parametrize(
    "topic",
    [
        "enermon/v1//readings",
        "enermon/v1/a/b/readings",
        "enermon/v2/a/readings",
        "enermon/v1/a/readings/",
        "enermon/v1/a/readings/unknown",
        "enermon/v1/a/readings/enermon/more",
        "x",
        "",
    ],
)
def test_other_topics_are_bad(topic: str) -> None:
    with pytest.raises(UnreadableMessage) as failed:
        topic_parts(topic)
    assert failed.value.code == "bad_topic"
