"""A full queue makes the network wait; it drops nothing and stays within its bounds."""

import threading

from services.ingest.mqtt.queue import MessageQueue, Received


def message(payload: bytes = b"x", packet_id: int = 1) -> Received:
    return Received("enermon/v1/GW1/readings", payload, packet_id, 0, 0.0)


def test_messages_come_out_in_the_order_they_went_in() -> None:
    queue = MessageQueue(most_messages=10, most_bytes=100)
    for i in range(3):
        queue.put(message(packet_id=i))
    assert [m.packet_id for m in queue.take(most=2, timeout_s=0)] == [0, 1]
    assert [m.packet_id for m in queue.take(most=2, timeout_s=0)] == [2]


def test_full_queue_waits_until_messages_are_committed_not_merely_taken() -> None:
    queue = MessageQueue(most_messages=1, most_bytes=100)
    queue.put(message(packet_id=1))
    taken = queue.take(most=1, timeout_s=0)
    waiting = threading.Thread(target=queue.put, args=(message(packet_id=2),))
    waiting.start()
    assert queue.take(most=1, timeout_s=0.05) == []
    queue.done(taken)
    assert [m.packet_id for m in queue.take(most=1, timeout_s=5)] == [2]
    waiting.join(5)
    assert not waiting.is_alive()


def test_bytes_are_bounded_but_one_message_always_fits() -> None:
    queue = MessageQueue(most_messages=100, most_bytes=10)
    queue.put(message(b"x" * 50))
    waiting = threading.Thread(target=queue.put, args=(message(b"y"),))
    waiting.start()
    taken = queue.take(most=2, timeout_s=0)
    assert [m.payload for m in taken] == [b"x" * 50]
    queue.done(taken)
    waiting.join(5)
    assert (waiting.is_alive(), len(queue)) == (False, 1)
    # the 50 were given back: beside the one byte there is room for the other nine
    filling = threading.Thread(target=queue.put, args=(message(b"z" * 9),), daemon=True)
    filling.start()
    filling.join(5)
    assert (filling.is_alive(), len(queue)) == (False, 2)


def test_closing_wakes_who_waits_and_takes_nothing_more() -> None:
    queue = MessageQueue(most_messages=1, most_bytes=100)
    queue.put(message())
    outcome: list[bool] = []
    waiting = threading.Thread(target=lambda: outcome.append(queue.put(message())))
    waiting.start()
    queue.close()
    waiting.join(5)
    assert outcome == [False]
