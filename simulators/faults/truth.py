"""The truth log: one JSON line for each fault that was injected."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO


class TruthLog:
    """Appends to the file at path; without a path it only counts. Lines are flushed as they are written."""

    def __init__(self, path: Path | None = None) -> None:
        self.injected: Counter[str] = Counter()
        self._path = path
        self._file: TextIO | None = None

    def earlier(self) -> Iterator[dict[str, Any]]:
        """What earlier runs on this file have injected."""
        if self._path is None or not self._path.exists():
            return
        with self._path.open(encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):  # a kill may have cut the last one
                    yield json.loads(line)

    def write(self, fault: str, **facts: Any) -> None:
        self.injected[fault] += 1
        if self._path is None:
            return
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a", encoding="utf-8")
        self._file.write(json.dumps({"fault": fault, **facts}, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
