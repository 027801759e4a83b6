"""Heads of the chain that are noted elsewhere: how one is written, and how they are read back."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.provenance.found import Head, shanghai_time

_NOTED = re.compile(r"(?:(?P<number>[1-9][0-9]{0,17}):)?(?P<chain>[0-9a-fA-F]{64})")
_HOW = "a head is NUMBER:DIGEST or DIGEST, with 64 hexadecimal digits, as GET /api/v1/seal gives them"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedHead:
    """A head as it was noted; of some the number of the seal was not."""

    seal_id: int | None
    chain: bytes


def head_text(head: Head) -> str:
    """The head as it is noted: NUMBER:DIGEST."""
    return f"{head.seal_id}:{head.chain.hex()}"


def noted_head(text: str) -> NotedHead:
    """Read one. Raises ValueError that says how it is written."""
    found = _NOTED.fullmatch(text.strip())
    if found is None:
        raise ValueError(_HOW)
    return NotedHead(seal_id=int(found["number"]) if found["number"] else None, chain=bytes.fromhex(found["chain"]))


def append_head(file: Path, head: Head) -> None:
    """Write the head at the end of a file, on the disk when this returns. Raises OSError."""
    with file.open("a", encoding="utf-8") as opened:
        opened.write(f"{head_text(head)} {shanghai_time(head.sealed_at)}\n")
        opened.flush()
        os.fsync(opened.fileno())


def heads_of(file: Path) -> Sequence[NotedHead]:
    """The heads of a file, one a line, whatever stands behind them. Raises OSError; ValueError with the line."""
    found = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
        if line.strip():
            try:
                found.append(noted_head(line.split()[0]))
            except ValueError as error:
                raise ValueError(f"{file}, line {number}: {error}") from None
    return found
