"""The formats there are. A new one is its file, its entry here, its test and its part of docs/mqtt.md."""

import logging

from services.ingest.formats import enermon
from services.ingest.formats.contract import FormatKind
from services.ingest.formats.payload_text import number_of
from services.ingest.message import LARGEST_PAYLOAD_BYTES, MOST_READINGS, Decoded, UnreadableMessage

log = logging.getLogger("ingest.formats")

FORMATS: dict[str, FormatKind] = {kind.name: kind for kind in (enermon.KIND,)}

_SHOWN = 200
_WITHOUT_FORMAT, _WITH_FORMAT = 4, 5


def gateway_of(topic: str) -> str:
    """The gateway that a topic of readings names. Raises UnreadableMessage (bad_topic)."""
    levels = topic.split("/", _WITH_FORMAT)
    if (
        len(levels) not in (_WITHOUT_FORMAT, _WITH_FORMAT)
        or levels[:2] != ["enermon", "v1"]
        or not levels[2]
        or levels[3] != "readings"
    ):
        raise UnreadableMessage("bad_topic", f"{topic[:_SHOWN]!r} is not enermon/v1/{{gateway}}/readings")
    return levels[2]


def format_of(topic: str) -> FormatKind:
    """The format of a topic that names a gateway: our own, or that of the level below.

    Raises UnreadableMessage (bad_topic).
    """
    levels = topic.split("/")
    kind = enermon.KIND if len(levels) == _WITHOUT_FORMAT else FORMATS.get(levels[-1])
    if kind is None:
        known = ", ".join(FORMATS)
        raise UnreadableMessage("bad_topic", f"{topic[:_SHOWN]!r} names no format of messages; the formats are {known}")
    return kind


def decode(kind: FormatKind, gateway: str, payload: bytes) -> Decoded:
    """The samples of a payload, within the bounds that hold for every format.

    Raises UnreadableMessage (too_large, undecodable), also where the decoder fails unforeseen, which is logged.
    """
    if len(payload) > LARGEST_PAYLOAD_BYTES:
        detail = f"{len(payload)} bytes; at most {LARGEST_PAYLOAD_BYTES} are taken"
        raise UnreadableMessage("too_large", detail, number_of(payload))
    try:
        decoded = kind.decode(gateway, payload)
    except UnreadableMessage:
        raise
    except Exception as error:
        # At the rim: one message that cannot be read does not hold up the others for ever.
        log.exception("message could not be read", extra={"format": kind.name, "gateway": gateway})
        detail = "could not be read; the log of the service says why"
        raise UnreadableMessage("undecodable", detail, number_of(payload)) from error
    readings = len(decoded.meters) + len(decoded.rejected)
    if readings > MOST_READINGS:
        raise UnreadableMessage("too_large", f"{readings} readings; at most {MOST_READINGS} a message", decoded.seq)
    return decoded
