"""Which gateways wait longest is told of a few, whoever sends."""

from prometheus_client import CollectorRegistry

from services.ingest.metrics import MOST_GATEWAYS, WaitingCollector
from services.ingest.mqtt.queue import MessageQueue, Received, Waiting


def queue_of(*sent: tuple[str, float]) -> MessageQueue:
    queue = MessageQueue(most_messages=1000, most_bytes=1_000_000)
    for number, (gateway, at_s) in enumerate(sent):
        queue.put(Received(f"enermon/v1/{gateway}/readings", b"{}", number, 1, at_s))
    return queue


def test_the_oldest_message_of_each_gateway_counts() -> None:
    queue = queue_of(("G-1", 5.0), ("G-2", 3.0), ("G-1", 6.0), ("G-3", 8.0))
    assert queue.longest_waiting(2, now_s=10.0) == [
        Waiting("enermon/v1/G-2", 1, 7.0),
        Waiting("enermon/v1/G-1", 2, 5.0),
    ]
    taken = queue.take(most=10, timeout_s=0)
    assert len(taken) == 4
    assert queue.longest_waiting(2, now_s=10.0) == []


def test_no_more_gateways_are_named_than_a_few() -> None:
    registry = CollectorRegistry()
    queue = queue_of(*((f"G-{number}", float(number)) for number in range(200)))
    registry.register(WaitingCollector(queue, connected=lambda: True))
    longest, messages, *_ = registry.collect()
    assert [sample.labels["gateway"] for sample in longest.samples] == [
        f"G-{number}" for number in range(MOST_GATEWAYS)
    ]
    assert [sample.value for sample in messages.samples] == [1.0] * MOST_GATEWAYS


def test_fullness_is_that_of_messages_or_of_bytes_whichever_is_more() -> None:
    queue = queue_of(("G-1", 1.0))
    assert queue.fullness() == 0.001
    queue.put(Received("enermon/v1/G-1/readings", b" " * 249_998, 2, 1, 2.0))
    assert queue.fullness() == 0.25
    queue.done(queue.take(most=10, timeout_s=0))
    assert queue.fullness() == 0.0
