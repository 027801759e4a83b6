"""How far the story has been told, in a file of the state directory: nothing is told twice."""

import datetime as dt
from pathlib import Path

import msgspec

FILE = "story.json"


class _Told(msgspec.Struct, frozen=True):
    first_day: dt.date | None = None
    done: tuple[str, ...] = ()


class Kept:
    """The day on which the region was begun, and what has been done since."""

    def __init__(self, state: Path) -> None:
        self._path = state / FILE

    def begin(self, today: dt.date) -> dt.date:
        """The first day: the given one at the first time, that one ever after."""
        known = self._read().first_day
        if known is None:
            self._write(_Told(first_day=today))
        return known or today

    def first_day(self) -> dt.date:
        """The day on which the region was begun. Raises ValueError where it was not."""
        known = self._read().first_day
        if known is None:
            raise ValueError(f"{self._path} is missing: first start the region with `enermon-sim fleet --story`")
        return known

    def is_done(self, deed: str) -> bool:
        """Whether this was done already."""
        return deed in self._read().done

    def add(self, deed: str) -> None:
        """Keep that this was done."""
        known = self._read()
        self._write(msgspec.structs.replace(known, done=(*known.done, deed)))

    def _read(self) -> _Told:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Told)
        except FileNotFoundError:
            return _Told()

    def _write(self, told: _Told) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        draft.write_bytes(msgspec.json.encode(told))
        draft.replace(self._path)
