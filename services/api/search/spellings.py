"""Names as they are spelled, each once: those that are new are read together, in a process of its own."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from subprocess import SubprocessError
from threading import Lock

from services.api.search.readings import Readings, read_apart
from services.api.search.spelling import Spelled, runs_to_read

log = logging.getLogger("enermon.api.search")

_NAMES_KEPT = 50_000
_AGAIN_S = 60.0
"""So long after a failure nothing is read."""


class Spellings:
    """Spells names. Where they cannot be read they are found by their letters alone, and read some time later."""

    def __init__(
        self, read: Callable[[Sequence[str]], Readings] = read_apart, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read, self._clock = read, clock
        self._kept: OrderedDict[str, Spelled] = OrderedDict()
        self._next_s = clock()
        # Those who search meanwhile wait for the same readings.
        self._lock = Lock()

    def of(self, names: Iterable[str]) -> dict[str, Spelled]:
        """By name how it is spelled."""
        with self._lock:
            found = {name: self._kept.get(name) for name in names}
            new = [name for name, spelled in found.items() if spelled is None]
            readings = self._readings(sorted(runs_to_read(new)))
            spelled = {name: known or Spelled.of(name, readings) for name, known in found.items()}
            for name, each in spelled.items():
                if not each.is_unread:
                    self._kept[name] = each
                    self._kept.move_to_end(name)
            while len(self._kept) > _NAMES_KEPT:
                self._kept.popitem(last=False)
        return spelled

    def _readings(self, runs: Sequence[str]) -> Readings:
        if not runs or self._clock() < self._next_s:
            return {}
        try:
            return self._read(runs)
        except (OSError, SubprocessError, ValueError) as error:
            self._next_s = self._clock() + _AGAIN_S
            said = str(getattr(error, "stderr", None) or "")[-500:]
            log.warning(
                "names are found by their letters alone, not by pinyin: they could not be read",
                exc_info=True,
                extra={"names": len(runs), "said": said},
            )
            return {}
