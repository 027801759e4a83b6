"""A list as CSV: UTF-8 with the mark by which spreadsheets know it, lines ended as RFC 4180 has it."""

import csv
import hashlib
from collections.abc import Iterable, Sequence
from typing import IO

from services.api.export.cells import Cell, as_text

_MARK = b"\xef\xbb\xbf"


class _Bytes:
    """Writes text as UTF-8 and digests what it has written."""

    def __init__(self, file: IO[bytes] | None) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.put(_MARK)

    def put(self, written: bytes) -> None:
        self.digest.update(written)
        if self._file is not None:
            self._file.write(written)

    def write(self, text: str) -> int:
        # A lone surrogate, which UTF-8 cannot hold, becomes its escape.
        self.put(text.encode("utf-8", "backslashreplace"))
        return len(text)


class CsvLines:
    """Writes the rows into `file`, or only digests them as the file would be."""

    def __init__(self, file: IO[bytes] | None, headings: Sequence[str]) -> None:
        self._written = _Bytes(file)
        self._lines = csv.writer(self._written)
        self.add(headings)

    def add(self, cells: Iterable[Cell]) -> None:
        """Write a row."""
        self._lines.writerow([as_text(cell) for cell in cells])

    @property
    def digest(self) -> bytes:
        """SHA-256 of the file as far as it is written."""
        return self._written.digest.digest()
