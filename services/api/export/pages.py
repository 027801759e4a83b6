"""The pages of a list on their way into a file: kept on disk as they were answered, and read again one by one."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from services.api.errors import INVALID_PARAMETER, refused_fields
from services.api.reasons import Fault

_ROWS_AT_ONCE = 1000

Row = Mapping[str, Any]
Names = Mapping[str, Mapping[str, Mapping[str, str | None]]]
"""What codes are called, in both languages, by kind and code."""

_LINKS = ("data", "rows", "names", "next", "missing")
_COUNT = "total"


class ListPages:
    """What a list has answered, and what is to be known of all of it before the first row is written.

    `fields`: those that any row has, in their order. `sources`: rows of the data files that it stands on, each once.
    `missing`: coefficients that are in none. `about`: what the first page says beside its rows. `total`: rows of all
    pages, where the first says it; at most 100 000.
    """

    def __init__(self) -> None:
        self._kept = tempfile.TemporaryFile()  # noqa: SIM115 - open until closed
        self.fields: dict[str, None] = {}
        self.sources: dict[str, Row] = {}
        self.missing: dict[str, Row] = {}
        self.about: Row = {}
        self.rows = self.total = 0

    def take(self, body: bytes) -> str | None:
        """Keep a page, and give the cursor of the next one. Raises Refused where it is none."""
        page: Mapping[str, Any] = msgspec.json.decode(body)
        if "data" not in page:
            # An address that answers a list, or one thing where it is asked for one.
            raise refused_fields(INVALID_PARAMETER, [Fault("format", "literal_error", {"expected": "'json'"})])
        if not self._kept.tell():
            about = {name: value for name, value in page.items() if name not in _LINKS}
            if isinstance(about.get(_COUNT), int):
                self.total = about.pop(_COUNT)
            self.about = about
        self.rows += len(page["data"])
        for row in page["data"]:
            self.fields.update(dict.fromkeys(row))
            if "source" in row and "verified" in row:
                self._note(self.sources, row)
        for found, name in ((self.sources, "rows"), (self.missing, "missing")):
            for row in page.get(name) or ():
                self._note(found, row)
        self._kept.write(body.replace(b"\n", b" ") + b"\n")
        following: str | None = page.get("next")
        return following

    def each(self) -> Iterator[tuple[Sequence[Row], Names]]:
        """The rows, some at once, and the names of their page."""
        self._kept.seek(0)
        for body in self._kept:
            page = msgspec.json.decode(body)
            for first in range(0, len(page["data"]), _ROWS_AT_ONCE):
                yield page["data"][first : first + _ROWS_AT_ONCE], page.get("names") or {}

    def close(self) -> None:
        """Throw them away."""
        self._kept.close()

    @staticmethod
    def _note(found: dict[str, Row], row: Any) -> None:
        if isinstance(row, dict):
            found.setdefault(json.dumps(row, sort_keys=True), row)
