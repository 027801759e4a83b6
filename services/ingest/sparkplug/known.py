"""What the births of an edge node have said of its metrics, and what a message says by it. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from services.ingest.foreign import Flag, Foreign
from services.ingest.formats.stamps import LARGEST_TS_MS
from services.ingest.message import ReadingCode, Rejection
from services.ingest.sparkplug.datatypes import ValueFault, is_number, number_of
from services.ingest.sparkplug.payload import SparkplugMetric, SparkplugPayload
from services.ingest.sparkplug.topics import EdgeTopic, point_of

BD_SEQ = "bdSeq"
_CONTROL = ("Node Control/", "Device Control/")
"""Metrics that begin so take commands, and are no quantities."""
_GOOD, _GOOD_TO = 192, 255
_STALE = 500


@dataclass(frozen=True, slots=True)
class EdgeMessage:
    """A message of an edge node as it came; `arrived_us` since 1970."""

    topic: EdgeTopic
    payload: SparkplugPayload
    raw: bytes
    arrived_us: int

    @property
    def at_us(self) -> int:
        """When it was sent, by the edge node's clock; of one without a time, or one of no year, when it came."""
        ms = self.payload.timestamp_ms
        return self.arrived_us if ms is None or ms > LARGEST_TS_MS else ms * 1000


@dataclass(frozen=True, slots=True)
class KnownMetric:
    """A metric as its birth has named it; `device` is empty for the edge node's own."""

    device: str
    name: str
    datatype: int
    unit: str = ""


@dataclass(slots=True)
class KnownMetrics:
    """The metrics of an edge node and of its devices, by name and by alias."""

    _of_name: dict[tuple[str, str], KnownMetric] = field(default_factory=dict)
    _of_alias: dict[int, KnownMetric] = field(default_factory=dict)

    def born(self, device: str, metrics: Iterable[SparkplugMetric]) -> None:
        """Take a birth for what there is of a device: what it had before is forgotten."""
        self._of_name = {key: known for key, known in self._of_name.items() if key[0] != device}
        self._of_alias = {alias: known for alias, known in self._of_alias.items() if known.device != device}
        for metric in metrics:
            if metric.name is None or metric.datatype is None:
                continue
            known = KnownMetric(device, metric.name, metric.datatype, metric.unit or "")
            self._of_name[device, metric.name] = known
            if metric.alias is not None:
                self._of_alias[metric.alias] = known

    @classmethod
    def of_birth(cls, message: EdgeMessage) -> "KnownMetrics":
        """What one birth says."""
        metrics = cls()
        metrics.born(message.topic.device, message.payload.metrics)
        return metrics

    def find(self, device: str, metric: SparkplugMetric) -> KnownMetric | None:
        """What a metric of a message of this device is. One of another device, or of two names, is none."""
        if metric.alias is None:
            return None if metric.name is None else self._of_name.get((device, metric.name))
        known = self._of_alias.get(metric.alias)
        if known is None and metric.name is not None:
            return self._of_name.get((device, metric.name))
        if known is None or known.device != device or metric.name not in (None, known.name):
            return None
        return known

    def points(self, device: str) -> list[str]:
        """The names of the points of a device."""
        return [point_of(device, name) for of, name in self._of_name if of == device]


def born_as(message: EdgeMessage) -> Callable[[SparkplugMetric], KnownMetric | None]:
    """Of a birth: each metric is what it says of itself."""
    device = message.topic.device

    def named(metric: SparkplugMetric) -> KnownMetric | None:
        if metric.name is None or metric.datatype is None:
            return None
        return KnownMetric(device, metric.name, metric.datatype, metric.unit or "")

    return named


def said(
    message: EdgeMessage, *, gateway: str, find: Callable[[SparkplugMetric], KnownMetric | None]
) -> tuple[Foreign, int]:
    """The values of a message, by what `find` knows of its metrics; and how many of them it does not know."""
    points: list[str] = []
    times_us: list[int] = []
    values: list[float] = []
    flags: list[str] = []
    units: list[str] = []
    rejected: list[Rejection] = []
    dropped: Counter[str] = Counter()
    device = message.topic.device
    for metric in message.payload.metrics:
        known = find(metric)
        if known is None:
            dropped["unknown_metric"] += 1
            continue
        if left_out := _left_out(metric, known):
            dropped[left_out] += 1
            continue
        point = point_of(device, known.name)
        ms = message.payload.timestamp_ms if metric.timestamp_ms is None else metric.timestamp_ms
        try:
            if not is_number(known.datatype):
                dropped["not_numeric"] += 1
                continue
            value = number_of(metric, known.datatype)
        except ValueFault as fault:
            rejected.append(_rejection(point, metric, ms, "not_a_number", str(fault)))
            continue
        if ms is not None and ms > LARGEST_TS_MS:
            rejected.append(_rejection(point, metric, ms, "ts_out_of_range", "the time is after the year 9999"))
            continue
        points.append(point)
        times_us.append(message.arrived_us if ms is None else ms * 1000)
        values.append(value)
        flags.append(_flag(metric, timed=ms is not None))
        units.append(metric.unit or known.unit)
    foreign = Foreign(
        gateway,
        None,
        points,
        times_us,
        values,
        flags if any(flags) else (),
        units if any(units) else (),
        rejected=rejected,
        dropped=dropped,
    )
    return foreign, dropped["unknown_metric"]


def _left_out(metric: SparkplugMetric, known: KnownMetric) -> str:
    """Why a metric is no value to be stored; empty if it is one."""
    if known.name == BD_SEQ or known.name.startswith(_CONTROL):
        return "control"
    if metric.null or (metric.value is None and not metric.form):
        return "null"
    return "transient" if metric.transient else ""


def _flag(metric: SparkplugMetric, *, timed: bool) -> Flag:
    quality = metric.quality
    if quality is not None and not _GOOD <= quality <= _GOOD_TO:
        return Flag.COMMUNICATION if quality == _STALE else Flag.BAD
    if not timed:
        return Flag.RECEIVED
    return Flag.HISTORICAL if metric.historical else Flag.GOOD


def _rejection(point: str, metric: SparkplugMetric, ms: int | None, code: ReadingCode, detail: str) -> Rejection:
    return Rejection(point, "" if ms is None else str(ms)[:40], repr(metric.value)[:200], code, detail)
