"""Reading what the parts report while they start: log lines and the fleet's progress lines."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FleetProgress:
    """One line of the simulated region: its phase, ``history`` or ``live``, and readings sent of a total."""

    phase: str
    sent: int = 0
    total: int = 0


def parse_fleet_progress(line: str) -> FleetProgress | None:
    """The progress in a line ``{"phase": …, "readings": …, "remaining": …}``, None when the line is something else."""
    fields = _json_object(line)
    phase, sent = fields.get("phase"), _count(fields.get("readings"))
    if phase not in ("history", "live"):
        return None
    return FleetProgress(str(phase), sent=sent, total=sent + _count(fields.get("remaining")))


def says_ready(line: str) -> bool:
    """True for a JSON log line with event=ready."""
    return _json_object(line).get("event") == "ready"


class NewLines:
    """The lines added to a file since the last look, whole lines only."""

    def __init__(self, path: Path, *, start: int = 0) -> None:
        self._path = path
        self._offset = start
        self._rest = b""

    def read(self) -> list[str]:
        """The lines that were finished since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                added = file.read()
        except FileNotFoundError:
            return []
        self._offset += len(added)
        *lines, self._rest = (self._rest + added).split(b"\n")
        return [line.decode(errors="replace") for line in lines]


def _json_object(line: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _count(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0
