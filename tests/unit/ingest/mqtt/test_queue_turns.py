"""Gateways take turns, and one that floods is turned away before it takes the room of the others."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.mqtt.queue import ACTIVE_S, MESSAGE_BYTES, TURN_BYTES, MessageQueue, Received
from tests.growth import growth, is_linear


def message(gateway: str, packet_id: int = 1, *, payload: bytes = b"x", at_s: float = 0.0) -> Received:
    return Received(f"enermon/v1/{gateway}/readings", payload, packet_id, 0, at_s)


def gateways_of(messages: list[Received]) -> list[str]:
    return [m.topic.split("/")[2] for m in messages]


def scan(gateway: str, packet_id: int = 1) -> Received:
    """A message of about a hundred readings: with it a turn is over."""
    return message(gateway, packet_id, payload=bytes(TURN_BYTES))


def test_who_sends_little_does_not_wait_for_who_sends_much() -> None:
    queue = MessageQueue(most_messages=100, most_bytes=10**6)
    for i in range(50):
        queue.put(scan("flood", i))
    queue.put(message("quiet"))
    queue.put(message("other"))
    assert gateways_of(queue.take(most=4, timeout_s=0)) == ["flood", "quiet", "other", "flood"]


def test_who_sends_readings_one_by_one_does_not_wait_for_who_sends_a_hundred_in_each_message() -> None:
    queue = MessageQueue(most_messages=100, most_bytes=10**6)
    for i in range(20):
        queue.put(scan("backlog", i))
        queue.put(message("live", i))
    assert gateways_of(queue.take(most=10, timeout_s=0)) == ["backlog", *["live"] * 8, "backlog"]


def test_who_sends_ten_turns_in_a_message_sits_out_ten() -> None:
    queue = MessageQueue(most_messages=100, most_bytes=10**6)
    for i in range(3):
        queue.put(message("large", i, payload=bytes(10 * TURN_BYTES)))
    for i in range(20):
        queue.put(scan("other", i))
    assert gateways_of(queue.take(most=13, timeout_s=0)) == ["large", *["other"] * 9, "large", "other", "other"]


def test_others_with_one_message_come_before_the_second_turn_of_ten_thousand() -> None:
    queue = MessageQueue(most_messages=16_000, most_bytes=10**8)
    for i in range(10_000):
        queue.put(message("flood", i))
    for i in range(50):
        queue.put(message(f"quiet-{i}"))
    assert gateways_of(queue.take(most=58, timeout_s=0)) == [*["flood"] * 8, *(f"quiet-{i}" for i in range(50))]


@given(
    sent=st.lists(st.tuples(st.sampled_from("ABCDE"), st.integers(0, 3 * TURN_BYTES)), max_size=60),
    most=st.integers(1, 9),
)
def test_of_two_gateways_that_wait_none_has_more_than_a_turn_and_a_message_more(
    sent: list[tuple[str, int]], most: int
) -> None:
    queue = MessageQueue(most_messages=100, most_bytes=10**6)
    for i, (sender, size) in enumerate(sent):
        queue.put(message(sender, i, payload=bytes(size)))
    taken: list[Received] = []
    while more := queue.take(most=most, timeout_s=0):
        taken += more
    assert sorted(m.packet_id for m in taken) == [*range(len(sent))]
    left = Counter(sender for sender, _ in sent)
    cost: Counter[str] = Counter()
    for each in taken:
        (gateway,) = gateways_of([each])
        left[gateway] -= 1
        cost[gateway] += len(each.payload) + MESSAGE_BYTES
        waiting = [cost[sender] for sender in left if left[sender]]
        assert max(waiting, default=0) - min(waiting, default=0) <= 2 * TURN_BYTES + 3 * TURN_BYTES + MESSAGE_BYTES


def test_messages_of_a_gateway_keep_their_order() -> None:
    queue = MessageQueue(most_messages=100, most_bytes=10**6)
    for i in range(3):
        queue.put(scan("A", i))
        queue.put(scan("B", 10 + i))
    assert [m.packet_id for m in queue.take(most=6, timeout_s=0)] == [0, 10, 1, 11, 2, 12]


def test_take_stops_when_it_has_the_bytes_of_a_commit() -> None:
    queue = MessageQueue(most_messages=100, most_bytes=10_000)
    for i in range(10):
        queue.put(message("A", i, payload=b"x" * 10))
    assert len(queue.take(most=100, timeout_s=0, most_bytes=25)) == 3


def fill(queue: MessageQueue, gateway: str, *, at_s: float = 0.0) -> int:
    """Send until turned away or full; how many were taken."""
    taken = 0
    while len(queue) < 4000 and not queue.beyond_share(message(gateway, at_s=at_s)):
        queue.put(message(gateway, at_s=at_s))
        taken += 1
    return taken


def test_gateway_that_is_alone_may_fill_the_queue() -> None:
    assert fill(MessageQueue(most_messages=4000, most_bytes=10**6), "A") == 4000


def test_flooding_gateway_is_turned_away_beyond_half_as_much_again_as_its_share() -> None:
    queue = MessageQueue(most_messages=4000, most_bytes=10**6)
    for i in range(10):
        assert not queue.beyond_share(message(f"quiet-{i}"))
    assert fill(queue, "flood") == 546  # 1.5 × 4000 / 11
    assert not queue.beyond_share(message("quiet-1"))


def test_gateway_that_keeps_to_the_contract_is_never_turned_away() -> None:
    queue = MessageQueue(most_messages=4000, most_bytes=10**6)
    for i in range(1000):
        assert not queue.beyond_share(message(f"quiet-{i}"))
    assert fill(queue, "in bursts") == 400


def test_share_is_of_bytes_too() -> None:
    queue = MessageQueue(most_messages=4000, most_bytes=48_000_000)
    assert not queue.beyond_share(message("quiet"))
    large, taken = message("flood", payload=bytes(1_000_000)), 0
    while not queue.beyond_share(large):
        queue.put(large)
        taken += 1
    assert taken == 36


def test_gateways_not_heard_of_for_a_minute_need_no_room() -> None:
    queue = MessageQueue(most_messages=4000, most_bytes=10**6)
    queue.beyond_share(message("gone"))
    assert fill(queue, "A", at_s=ACTIVE_S + 1) == 4000


def test_what_is_stored_makes_room_for_its_gateway() -> None:
    queue = MessageQueue(most_messages=4000, most_bytes=10**6)
    queue.beyond_share(message("quiet"))
    assert fill(queue, "flood") == 3000
    queue.done(queue.take(most=1, timeout_s=0))
    assert not queue.beyond_share(message("flood"))


def test_block_of_messages_is_put_as_one_and_those_of_a_flood_come_back() -> None:
    queue = MessageQueue(most_messages=4000, most_bytes=10**6)
    block = [message("quiet"), message("other"), *(message("flood", i) for i in range(2100)), message("quiet")]
    assert [m.packet_id for m in queue.put_fairly(block)] == list(range(2000, 2100))  # 1.5 × 4000 / 3
    assert len(queue) == 2003


def test_block_waits_for_room_within_itself() -> None:
    queue = MessageQueue(most_messages=2, most_bytes=10**6)
    putting = threading.Thread(target=queue.put_fairly, args=([message("A", i) for i in range(6)],))
    putting.start()
    got: list[int] = []
    while len(got) < 6:
        taken = queue.take(most=2, timeout_s=5)
        got += [m.packet_id for m in taken]
        queue.done(taken)
    putting.join(5)
    assert got == [0, 1, 2, 3, 4, 5]


def test_runs_of_a_backlog_are_no_flood() -> None:
    queue = MessageQueue(most_messages=16_000, most_bytes=10**8)
    run = [[message(f"G-{gateway}", i) for i in range(1500)] for gateway in range(10)]
    assert queue.put_fairly([message(f"G-{gateway}") for gateway in range(50)]) == []
    assert [queue.put_fairly(each) for each in run] == [[]] * 10


@pytest.mark.parametrize("gateways", ["one", "many"])
def test_messages_pass_the_queue_in_the_same_time_each_however_many_wait(gateways: str) -> None:
    def passing(size: int) -> Callable[[], object]:
        messages = [message("one" if gateways == "one" else f"G{i}", i, at_s=float(i)) for i in range(size)]

        def pass_through() -> None:
            queue = MessageQueue(most_messages=size, most_bytes=size * size)
            assert queue.put_fairly(messages) == []
            while taken := queue.take(most=100, timeout_s=0):
                queue.done(taken)

        return pass_through

    assert is_linear(growth(passing, 1_000))
