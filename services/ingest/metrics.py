"""What ingest counts, in Prometheus' form."""

import time
from collections.abc import Callable, Iterator, Sequence

from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from services.ingest.message import Answer
from services.ingest.mqtt.queue import MessageQueue
from services.ingest.rejected import Unreadable

OUTCOMES = ("stored", "duplicate", "rejected")
READINGS = Counter("enermon_ingest_readings_total", "Readings by what became of them, by any way in", ["outcome"])
for _outcome in OUTCOMES:
    READINGS.labels(_outcome)
REJECTED = Counter("enermon_ingest_rejected_total", "Rejected readings and messages by reason", ["code"])
TURNED_AWAY = Counter("enermon_ingest_turned_away_total", "Messages of flooding gateways, not taken and not answered")
DROPPED = Counter("enermon_ingest_dropped_total", "Rejected readings and messages no longer kept", ["kind", "reason"])
COMMIT_S = Histogram("enermon_ingest_commit_seconds", "Time to store one batch")

MOST_GATEWAYS = 10
"""So many gateways are told apart, those that wait longest: a name for each of thousands would burden who collects."""


class WaitingCollector(Collector):
    """What waits in the queue, how full it is, the gateways that wait longest; and whether the broker is there.

    Told by ingest alone: others that count readings have neither.
    """

    def __init__(self, queue: MessageQueue, *, connected: Callable[[], bool]) -> None:
        self._queue = queue
        self._connected = connected

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges, as they are now."""
        longest = GaugeMetricFamily(
            "enermon_ingest_waiting_seconds",
            f"How long the oldest message of a gateway has waited to be stored; the {MOST_GATEWAYS} longest",
            labels=["gateway"],
        )
        messages = GaugeMetricFamily(
            "enermon_ingest_waiting_messages", "Messages of the same gateways that wait", labels=["gateway"]
        )
        for waiting in self._queue.longest_waiting(MOST_GATEWAYS, now_s=time.monotonic()):
            gateway = waiting.sender.rpartition("/")[2][:64]
            longest.add_metric([gateway], waiting.longest_s)
            messages.add_metric([gateway], waiting.messages)
        yield longest
        yield messages
        yield GaugeMetricFamily(
            "enermon_ingest_queue_fullness_ratio",
            "What is taken and not yet committed, of the messages or the bytes there is room for, whichever is more",
            value=self._queue.fullness(),
        )
        yield GaugeMetricFamily(
            "enermon_ingest_connected",
            "1 while the broker has accepted this process and the connection stands",
            value=float(self._connected()),
        )


def tell_of(queue: MessageQueue, *, connected: Callable[[], bool]) -> None:
    """Let what waits in the queue of this process be collected, and whether it is at the broker."""
    REGISTRY.register(WaitingCollector(queue, connected=connected))


def count(answers: Sequence[Answer], unreadable: Sequence[Unreadable]) -> None:
    """Count what became of one committed batch."""
    READINGS.labels("stored").inc(sum(a.stored for a in answers))
    READINGS.labels("duplicate").inc(sum(a.duplicate for a in answers))
    for answer in answers:
        for rejection in answer.rejected:
            READINGS.labels("rejected").inc()
            REJECTED.labels(rejection["code"]).inc()
    for message in unreadable:
        REJECTED.labels(message.reason.code).inc()
