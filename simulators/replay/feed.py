"""A series as what one gateway sends."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from simulators.replay.mapping import Mapping
from simulators.replay.series import Series, limited, read_series
from simulators.wire import Draft, Reading


class ReplayFeed:
    """The readings of a gateway's meters in the order in which they become known: a period's when it is over."""

    def __init__(
        self, gateway: str, series: Sequence[Series], periods_ms: Sequence[int], *, message_readings: int = 500
    ) -> None:
        """periods_ms: for each series the length of its periods, 0 if it is no interval meter."""
        self.gateway = gateway
        self._message_readings = message_readings
        self._codes = [each.meter_code for each in series]
        which = np.concatenate([np.full(len(each), index) for index, each in enumerate(series)] or [np.empty(0, int)])
        ts_ms = np.concatenate([each.ts_ms for each in series] or [np.empty(0, np.int64)])
        known_ms = ts_ms + np.array(periods_ms, dtype=np.int64)[which]
        order = np.lexsort((which, known_ms))
        self._which = which[order]
        self._ts_ms = ts_ms[order]
        self._known_ms = known_ms[order]
        self._values = np.concatenate([each.values for each in series] or [np.empty(0)])[order]
        self._next = 0

    @property
    def cursor(self) -> int:
        """Readings drawn."""
        return self._next

    @property
    def finished(self) -> bool:
        return self._next >= len(self._ts_ms)

    @property
    def first_ms(self) -> int:
        """When the first reading becomes known."""
        return int(self._known_ms[0])

    def seek(self, cursor: int) -> None:
        self._next = cursor

    def remaining(self, now_ms: int) -> int:
        return max(0, int(np.searchsorted(self._known_ms, now_ms, side="right")) - self._next)

    def next_draft(self, now_ms: int) -> Draft | None:
        if self.finished or self._known_ms[self._next] > now_ms:
            return None
        last = min(self._next + self._message_readings, self._next + self.remaining(now_ms))
        part = slice(self._next, last)
        columns = (self._which[part].tolist(), self._ts_ms[part].tolist(), self._values[part].tolist())
        readings = [Reading(self._codes[index], ts, value) for index, ts, value in zip(*columns, strict=True)]
        self._next = last
        return Draft(gateway=self.gateway, readings=readings)


def feeds_of(
    mapping: Mapping,
    data_dir: Path,
    *,
    from_ms: int | None = None,
    to_ms: int | None = None,
    message_readings: int = 500,
) -> list[ReplayFeed]:
    """One feed for each gateway of the mapping that has readings in [from_ms, to_ms). Raises MappingError."""
    series = limited(read_series(mapping, data_dir), from_ms=from_ms, to_ms=to_ms)
    feeds = []
    for gateway in mapping.gateway:
        own = [
            (each, (rule.interval_s or mapping.time.interval_s) * 1000 if rule.kind == "interval" else 0)
            for each, rule in zip(series, mapping.meter, strict=True)
            if rule.gateway_code == gateway["code"] and len(each)
        ]
        if own:
            parts, periods_ms = zip(*own, strict=True)
            feeds.append(ReplayFeed(gateway["code"], parts, periods_ms, message_readings=message_readings))
    return feeds
