"""A list as CSV: UTF-8 with the mark by which spreadsheets know it, lines ended as RFC 4180 has it."""

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from typing import IO

from services.api.export.cells import Cell, as_texts

_MARK = b"\xef\xbb\xbf"


class CsvLines:
    """Writes the rows into `file`, or only digests them as the file would be."""

    def __init__(self, file: IO[bytes] | None, headings: Sequence[str]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._put(_MARK)
        self._write([as_texts(headings)])

    def add(self, columns: Sequence[Sequence[Cell]]) -> None:
        """Write rows, given as their columns."""
        self._write(zip(*map(as_texts, columns), strict=True))

    @property
    def digest(self) -> bytes:
        """SHA-256 of the file as far as it is written."""
        return self._digest.digest()

    def _write(self, rows: Iterable[Iterable[Cell]]) -> None:
        lines = io.StringIO(newline="")
        csv.writer(lines).writerows(rows)
        # A lone surrogate, which UTF-8 cannot hold, becomes its escape.
        self._put(lines.getvalue().encode("utf-8", "backslashreplace"))

    def _put(self, written: bytes) -> None:
        self._digest.update(written)
        if self._file is not None:
            self._file.write(written)
