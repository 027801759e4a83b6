"""The memory of the gateways: each answered message with what was said of it. Lines go to the file before the gateway
forgets the message, so that a gateway that is killed remembers too.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from simulators.wire import Answer, Reading, decode_readings


class Entry(msgspec.Struct, frozen=True):
    """One answer. payload: of the message; empty where the gateway had forgotten it, because the answer is repeated.

    drawn_s, answered_s: when the message was made and answered, by time.time().
    """

    gateway: str
    answer: Answer
    payload: bytes
    drawn_s: float
    answered_s: float


class Journal:
    """Appends entries to a file, one a line."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        self._encode = msgspec.json.Encoder().encode

    def write(self, entries: list[Entry]) -> None:
        """Append; it is safe from a kill when this returns."""
        self._file.write(b"".join(self._encode(entry) + b"\n" for entry in entries))

    def close(self) -> None:
        self._file.close()


def entries_of(path: Path) -> Iterator[Entry]:
    """What a journal holds. A line that was cut short by a kill was never relied on."""
    decode = msgspec.json.Decoder(Entry).decode
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield decode(line)


def readings_of(entry: Entry, payload: bytes, *, taken_in: frozenset[str] = frozenset()) -> Iterator[Reading]:
    """The readings that the answer calls stored, now or before, and those refused with a code in `taken_in`.

    Raises ValueError where it does not add up.
    """
    refused: set[tuple[str | None, int | str | None]] = set()
    for rejection in entry.answer.rejected:
        if rejection.meter is None:
            raise ValueError(f"{entry.gateway}, message {entry.answer.seq}: {rejection.code}, {rejection.detail}")
        refused.add((rejection.meter, rejection.ts))
    later = {(r.meter, r.ts) for r in entry.answer.rejected if r.code in taken_in}
    stored = 0
    for reading in decode_readings(payload):
        key = (reading.meter, reading.ts)
        stored += key not in refused
        if key not in refused or key in later:
            yield reading
    if stored != entry.answer.stored + entry.answer.duplicate:
        raise ValueError(f"{entry.gateway}, message {entry.answer.seq}: the numbers of the answer do not add up")
