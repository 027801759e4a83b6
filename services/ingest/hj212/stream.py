"""Finds the frames in a stream of bytes. Pure.

A frame is `##`, four digits of length, the data segment, four hexadecimal digits of its checksum (HJ 212-2017, 6.3).
Monitors of the field put other bytes between frames, count the length in characters, and stop in the middle. So what
decides is the checksum: whatever ends first with the right one is a frame, at the length that it gives or at a `&&`.
How the bytes were cut into packets makes no difference.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.ingest.hj212.cipher import begins_plainly, decrypted, may_be_encrypted
from services.ingest.hj212.crc import START, crc

MOST_BYTES = 16_384
"""So far a frame is looked for from its beginning; no more is held."""
_HEAD_BYTES, _CHECKSUM_BYTES = 6, 4
_MOST_OPEN = 16
# Both are six bytes long, and none can overlap with another.
_TOKEN = re.compile(rb"##([0-9]{4})|&&[0-9A-Fa-f]{4}")
_HEX = re.compile(rb"[0-9A-Fa-f]{4}")
_SEGMENT = re.compile(rb"\s*[A-Za-z]{2,5}=")
# Numbers of a split message may stand behind the fields.
_BEHIND = re.compile(rb";?(?:[A-Za-z]{2,5}=[0-9]{0,9};?)*")
_OPENING, _CLOSES = b"CP=", b"&&"


@dataclass(slots=True)
class FrameCounts:
    """What was found in a stream so far."""

    frames: int = 0
    odd_length: int = 0
    """Of these frames, those whose length was another than the one they gave."""
    bad_crc: int = 0
    """Whole frames with a wrong checksum."""
    no_key: int = 0
    """Of these, those of the edition with encryption that may be encrypted."""
    unfinished: int = 0
    """Beginnings of frames that had no end."""
    noise_bytes: int = 0
    """Bytes that were in no frame, line ends aside."""


@dataclass(slots=True)
class _OpenFrame:
    """A beginning that has no end yet; positions are those in the stream."""

    start: int
    end: int
    """Where its data end if the length is right."""
    judged: bool = False
    """Whether the length was tried."""
    summed_to: int = field(init=False)
    register: int = START

    def __post_init__(self) -> None:
        self.summed_to = self.start + _HEAD_BYTES


class FrameReader:
    """Takes bytes as they come, gives the data segments of whole frames with the right checksum, decrypted.

    `keys`: SM4 keys by MN. It raises nothing, whatever comes, and holds MOST_BYTES and what it was fed at most.
    """

    def __init__(self, keys: Mapping[str, bytes] | None = None) -> None:
        self.counts = FrameCounts()
        self._keys = keys or {}
        self._buffer = bytearray()
        self._base = 0
        self._scanned = 0
        self._open: list[_OpenFrame] = []

    @property
    def held_bytes(self) -> int:
        """What is held of frames that are not whole."""
        return len(self._buffer)

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data segments that end in these bytes, in the order of their ends."""
        self._buffer += chunk
        have = self._base + len(self._buffer)
        found: list[bytes] = []
        while True:
            token = _TOKEN.search(self._buffer, self._scanned - self._base)
            due = min((each for each in self._open if not each.judged), key=_end, default=None)
            if due is not None and due.end + _CHECKSUM_BYTES > have:
                due = None
            if due is not None and (token is None or due.end + _CHECKSUM_BYTES <= self._base + token.end()):
                segment = self._by_length(due)
            elif token is not None:
                start, length = self._base + token.start(), token[1]
                self._scanned = self._base + token.end()
                segment = None
                if length is None:
                    segment = self._by_text(start)
                else:
                    self._begin(start, int(length))
            else:
                break
            if segment is not None:
                found.append(segment)
        self._scanned = max(self._scanned, have - _HEAD_BYTES + 1)
        self._forget(have)
        self._drop_noise(self._open[0].start if self._open else self._scanned)
        return found

    def close(self) -> None:
        """The stream has ended: what it still held is counted."""
        self.counts.unfinished += len(self._open)
        self._open.clear()
        self._drop_noise(self._base + len(self._buffer))

    def _begin(self, start: int, length: int) -> None:
        self._forget(start + _HEAD_BYTES)
        if len(self._open) == _MOST_OPEN:
            del self._open[0]
            self.counts.unfinished += 1
        self._open.append(_OpenFrame(start, start + _HEAD_BYTES + length))

    def _by_length(self, frame: _OpenFrame) -> bytes | None:
        """The frame if it ends where its length says."""
        frame.judged = True
        sum_at = frame.end - self._base
        checksum = bytes(self._buffer[sum_at : sum_at + _CHECKSUM_BYTES])
        if not _HEX.fullmatch(checksum) or not self._is_segment(frame):
            return None
        data = self._data(frame, frame.end)
        tail = data[data.rfind(_CLOSES) + len(_CLOSES) :]
        if data.count(_CLOSES) < 2 or not _BEHIND.fullmatch(tail):
            return None  # a frame that was cut off, or a wrong length: the checksum would be right by chance
        segment = self._checked(frame, frame.end, int(checksum, 16))
        if segment is not None:
            return self._take(frame, frame.end, segment)
        if not data.endswith(_CLOSES) or data.endswith(_OPENING + _CLOSES):
            return None  # its length may be that in characters
        if may_be_encrypted(data):
            segment = decrypted(data, int(checksum, 16), self._keys)
            if segment is not None:
                return self._take(frame, frame.end, segment)
            self.counts.no_key += 1
        self.counts.bad_crc += 1
        self._open.remove(frame)
        return None

    def _by_text(self, closes: int) -> bytes | None:
        """The frame if the last one that was begun ends behind this `&&`, whatever its length says."""
        self._forget(closes + _HEAD_BYTES)
        if not self._open:
            return None
        frame, end = self._open[-1], closes + 2
        begun, at = frame.start + _HEAD_BYTES, closes - self._base
        opening = self._buffer[max(at - len(_OPENING), 0) : at] == _OPENING
        if end <= begun or opening or not self._is_segment(frame):
            return None
        checksum = int(self._buffer[at + 2 : at + 2 + _CHECKSUM_BYTES], 16)
        segment = self._checked(frame, end, checksum)
        if segment is None:
            return None
        self.counts.odd_length += 1
        return self._take(frame, end, segment)

    def _checked(self, frame: _OpenFrame, end: int, checksum: int) -> bytes | None:
        """The data up to `end` if that is their checksum. What was summed once is not summed again."""
        part = self._buffer[frame.summed_to - self._base : end - self._base]
        frame.register, frame.summed_to = crc(part, frame.register), end
        if frame.register != checksum:
            return None
        data = self._data(frame, end)
        if self._keys and may_be_encrypted(data) and not begins_plainly(data):
            # Of encrypted fields one in 65 536 has the checksum of the plain ones.
            return decrypted(data, checksum, self._keys) or data
        return data

    def _data(self, frame: _OpenFrame, end: int) -> bytes:
        return bytes(self._buffer[frame.start + _HEAD_BYTES - self._base : end - self._base])

    def _is_segment(self, frame: _OpenFrame) -> bool:
        """Whether a field begins behind the length: it is no frame if not."""
        return _SEGMENT.match(self._buffer, frame.start + _HEAD_BYTES - self._base) is not None

    def _take(self, frame: _OpenFrame, end: int, segment: bytes) -> bytes:
        self.counts.frames += 1
        self.counts.unfinished += sum(each.start < frame.start for each in self._open)
        self._open.clear()
        self._drop_noise(frame.start)
        taken = end + _CHECKSUM_BYTES
        del self._buffer[: taken - self._base]
        self._base = taken
        self._scanned = max(self._scanned, taken)
        return segment

    def _forget(self, upto: int) -> None:
        """Leave beginnings that have had no end within MOST_BYTES of `upto`."""
        while self._open and upto - self._open[0].start > MOST_BYTES:
            del self._open[0]
            self.counts.unfinished += 1

    def _drop_noise(self, upto: int) -> None:
        dropped = bytes(self._buffer[: upto - self._base])
        if dropped:
            self.counts.noise_bytes += len(dropped.translate(None, b"\r\n"))
            del self._buffer[: upto - self._base]
            self._base = upto


def _end(frame: _OpenFrame) -> tuple[int, int]:
    """What ends first; of two that end together the one that began later: the other was cut off."""
    return frame.end, -frame.start
