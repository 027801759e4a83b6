"""What the host says: the command for a rebirth, and its STATE. Pure.

Sparkplug 3.0: a command has a time and no seq, and names its metric; STATE is JSON, and its time that of the Will.
"""

import json

from services.ingest.sparkplug.datatypes import BOOLEAN_TYPE

REBIRTH = "Node Control/Rebirth"


def rebirth_command(at_ms: int) -> bytes:
    """The payload by which an edge node is asked to send its births again; `at_ms` since 1970."""
    time = _varint(at_ms)
    name = REBIRTH.encode()
    metric = b"\x0a" + _varint(len(name)) + name + b"\x18" + time + b"\x20" + _varint(BOOLEAN_TYPE) + b"\x70\x01"
    return b"\x08" + time + b"\x12" + _varint(len(metric)) + metric


def state(*, online: bool, at_ms: int) -> bytes:
    """The payload of STATE."""
    return json.dumps({"online": online, "timestamp": at_ms}, separators=(",", ":")).encode()


def said_online(payload: bytes) -> bool | None:
    """What a STATE says; None where it says neither."""
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    online = said.get("online") if isinstance(said, dict) else None
    return online if isinstance(online, bool) else None


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    written.append(value)
    return bytes(written)
