"""What is sealed: the bytes of readings, batches, corrections and the audit, and the chain over them. Pure.

Numbers are big-endian, times microseconds since 1970, texts UTF-8 with their length before them, so that no two records
have the same bytes.
"""

import hashlib
import struct
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

NO_CHAIN = bytes(32)
"""What stands before the first seal."""

_READING = np.dtype([("meter_id", ">i4"), ("ts_us", ">i8"), ("value", ">f8")])


def packed_readings(meter_id: NDArray[np.int64], ts_us: NDArray[np.int64], value: NDArray[np.float64]) -> bytes:
    """Readings as they are digested: 20 bytes each, in the order given."""
    packed = np.empty(len(meter_id), _READING)
    packed["meter_id"], packed["ts_us"], packed["value"] = meter_id, ts_us, value
    return packed.tobytes()


def readings_digest(meter_id: NDArray[np.int64], ts_us: NDArray[np.int64], value: NDArray[np.float64]) -> bytes:
    """SHA-256 of readings in order of meter and time."""
    return hashlib.sha256(packed_readings(meter_id, ts_us, value)).digest()


_REMAINDER = struct.Struct(">qi32s")


class RemaindersDigest:
    """SHA-256 of what a drop has left of batches, added one by one in the order of their numbers."""

    def __init__(self) -> None:
        self._found = hashlib.sha256()

    def add(self, batch_id: int, readings: int, digest: bytes) -> None:
        """One batch: its number, how many of its readings stay, and the digest of these."""
        self._found.update(_REMAINDER.pack(batch_id, readings, digest))

    def digest(self) -> bytes:
        """Of what was added, 32 bytes."""
        return self._found.digest()


def batch_digest(
    *, batch_id: int, received_us: int, writer: str, readings: int, digest: bytes, first_us: int, last_us: int
) -> bytes:
    """SHA-256 of all that a stored batch says, so that the time of receipt is sealed too."""
    return _digest([b"batch", _whole(batch_id, received_us, readings, first_us, last_us), writer.encode(), digest])


def correction_digest(
    *,
    correction_id: int,
    meter_id: int,
    ts_us: int,
    kind: str,
    original_value: float | None,
    value: float | None,
    author: str,
    reason: str,
    recorded_us: int,
) -> bytes:
    """SHA-256 of all that a correction says."""
    return _digest(
        [
            b"correction",
            _whole(correction_id, meter_id, ts_us, recorded_us),
            kind.encode(),
            _value(original_value),
            _value(value),
            author.encode(),
            reason.encode(),
        ]
    )


class AuditDigest:
    """SHA-256 of the entries of one transaction, added one by one in the order of their numbers."""

    def __init__(self, batch_id: int) -> None:
        self._found = hashlib.sha256()
        _take(self._found, [b"audit", _whole(batch_id)])

    def add(self, *, entry_id: int, at_us: int, said: Iterable[str | None]) -> None:
        """One entry: its number, its time, and each of its texts; one that is missing is none that is empty."""
        texts = [b"" if text is None else b"=" + text.encode() for text in said]
        _take(self._found, [_whole(entry_id, at_us, len(texts)), *texts])

    def digest(self) -> bytes:
        """Of what was added, 32 bytes."""
        return self._found.digest()


def next_chain(before: bytes, *, seal_id: int, kind: str, ref_id: int, digest: bytes, sealed_us: int) -> bytes:
    """The chain with one more seal, 32 bytes."""
    return _digest([before, _whole(seal_id, ref_id, sealed_us), kind.encode(), digest])


def _whole(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}q", *numbers)


def _value(value: float | None) -> bytes:
    return b"" if value is None else struct.pack(">d", value)


def _digest(parts: Iterable[bytes]) -> bytes:
    found = hashlib.sha256()
    _take(found, parts)
    return found.digest()


def _take(found: "hashlib._Hash", parts: Iterable[bytes]) -> None:
    for part in parts:
        found.update(struct.pack(">I", len(part)))
        found.update(part)
