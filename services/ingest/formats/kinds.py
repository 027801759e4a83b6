"""The formats there are. A new one is its file, its entry here, its test and its part of docs/mqtt.md."""

from services.ingest.formats import enermon
from services.ingest.formats.contract import FormatKind
from services.ingest.message import UnreadableMessage

FORMATS: dict[str, FormatKind] = {kind.name: kind for kind in (enermon.KIND,)}

_SHOWN = 200
_WITHOUT_FORMAT, _WITH_FORMAT = 4, 5


def topic_parts(topic: str) -> tuple[str, FormatKind]:
    """The gateway and the format that a topic names: enermon/v1/{gateway}/readings, and /{format} for another format.

    Raises UnreadableMessage (bad_topic).
    """
    levels = topic.split("/")
    if (
        len(levels) not in (_WITHOUT_FORMAT, _WITH_FORMAT)
        or levels[:2] != ["enermon", "v1"]
        or not levels[2]
        or levels[3] != "readings"
    ):
        raise UnreadableMessage("bad_topic", f"{topic[:_SHOWN]!r} is not enermon/v1/{{gateway}}/readings")
    if len(levels) == _WITHOUT_FORMAT:
        return levels[2], enermon.KIND
    kind = FORMATS.get(levels[4])
    if kind is None:
        known = ", ".join(FORMATS)
        raise UnreadableMessage("bad_topic", f"{topic[:_SHOWN]!r} names no format of messages; the formats are {known}")
    return levels[2], kind
