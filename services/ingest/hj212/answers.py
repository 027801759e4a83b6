"""What a monitor is answered (HJ 212-2017, 6.6). Pure."""

from services.ingest.hj212.crc import crc
from services.ingest.hj212.segment import DataSegment

HEARTBEAT = "9015"
NOTIFIES = frozenset({HEARTBEAT, "1013"})
"""Commands that are answered by 9013 and bring no data: a heartbeat, and the wish for the time."""
ANSWERS = frozenset({"9011", "9012", "9013", "9014"})
"""What a monitor answers us: answered once more it would never end."""
_SYSTEM = "91"
_FLAG = {"2005": 4, "2017": 4, "2025": 8}
"""Of an answer, by the edition of the monitor: the bits of the edition alone. 2005 has none of its own."""


def framed(segment: str) -> bytes:
    """A data segment as a frame, with length, checksum and line end."""
    data = segment.encode("latin-1")
    return b"##%04d%b%04X\r\n" % (len(data), data, crc(data))


def answer_to(sent: DataSegment) -> bytes | None:
    """The frame that ends a message of the monitor, to be sent when what it brought is stored; None if none is wanted.

    It has the number of the message; Flag 4, to a monitor of 2025 Flag 8. A heartbeat is answered always.
    """
    if sent.cn in ANSWERS or not (sent.wants_answer or sent.cn == HEARTBEAT):
        return None
    command = "9013" if sent.cn in NOTIFIES else "9014"
    number = f"QN={sent.qn};" if sent.qn else ""
    return framed(f"{number}ST={_SYSTEM};CN={command};PW={sent.pw};MN={sent.mn};Flag={_FLAG[sent.edition]};CP=&&&&")
