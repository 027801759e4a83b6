"""What was not answered is kept and sent again: docs/mqtt.md, section 7."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from simulators.outbox import Message, Outbox, StateMismatchError
from simulators.station import Rules, Station
from simulators.wire import Answer, Draft, Rejection, decode_readings
from tests.unit.simulators.factories import LONG_AFTER_MS, feed_of, series_of, station_of


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    box = Outbox(tmp_path / "outbox.sqlite")
    yield box
    box.close()


def leaving(station: Station, monotonic_s: float = 0.0) -> list[Message]:
    return station.to_publish(now_ms=LONG_AFTER_MS, monotonic_s=monotonic_s)


def answered(message: Message) -> Answer:
    return Answer(seq=message.seq, stored=message.readings)


def test_messages_are_numbered_from_one_and_only_a_window_of_them_is_under_way(outbox: Outbox) -> None:
    station, _ = station_of(outbox, feed_of("GW", series_of("E01", 100)), rules=Rules(window=3))
    assert [message.seq for message in leaving(station)] == [1, 2, 3]
    assert leaving(station) == []


def test_an_answer_makes_room_for_the_next_message(outbox: Outbox) -> None:
    station, counts = station_of(outbox, feed_of("GW", series_of("E01", 100)), rules=Rules(window=2))
    first, _ = leaving(station)
    station.take_answer(answered(first), monotonic_s=1.0)
    assert [message.seq for message in leaving(station)] == [3]
    assert (counts.messages_answered, counts.answered, counts.stored) == (1, 10, 10)


def test_after_a_lost_line_the_same_messages_leave_again_oldest_first(outbox: Outbox) -> None:
    station, _ = station_of(outbox, feed_of("GW", series_of("E01", 30)))
    sent = leaving(station)
    station.line_lost()
    again = leaving(station)
    assert [message.payload for message in again] == [message.payload for message in sent]
    assert [message.seq for message in again] == [1, 2, 3]


def test_a_message_without_answer_for_60_seconds_is_overdue_once_a_minute(outbox: Outbox) -> None:
    station, _ = station_of(outbox, feed_of("GW", series_of("E01", 10)))
    (message,) = leaving(station, monotonic_s=100.0)
    assert station.overdue(159.0) == []
    assert station.overdue(160.0) == [message]
    assert station.overdue(161.0) == []
    assert station.overdue(220.0) == [message]


def test_a_second_answer_counts_nothing_twice(outbox: Outbox) -> None:
    station, counts = station_of(outbox, feed_of("GW", series_of("E01", 10)))
    (message,) = leaving(station)
    station.take_answer(answered(message), monotonic_s=0.0)
    station.take_answer(answered(message), monotonic_s=0.0)
    assert (counts.answered, counts.answers_repeated) == (10, 1)
    assert station.drained


def test_an_answer_that_comes_while_the_message_waits_to_be_sent_again_ends_it(outbox: Outbox) -> None:
    station, counts = station_of(outbox, feed_of("GW", series_of("E01", 10)))
    (message,) = leaving(station)
    station.line_lost()
    station.take_answer(answered(message), monotonic_s=0.0)
    assert leaving(station) == []
    assert station.drained
    assert counts.answered == 10


def test_after_a_kill_the_unanswered_messages_leave_again_and_nothing_is_made_twice(tmp_path: Path) -> None:
    first_run = Outbox(tmp_path / "outbox.sqlite")
    station, _ = station_of(first_run, feed_of("GW", series_of("E01", 50)), rules=Rules(window=3))
    sent = leaving(station)
    first_run.commit()
    station.take_answer(answered(sent[1]), monotonic_s=0.0)
    first_run.commit()

    second_run = Outbox(tmp_path / "outbox.sqlite")  # the first was never closed
    resumed, _ = station_of(second_run, feed_of("GW", series_of("E01", 50)))
    again = leaving(resumed)
    assert [message.payload for message in again[:2]] == [sent[0].payload, sent[2].payload]
    assert [message.seq for message in again] == [1, 3, 4, 5]
    times = [reading.ts for message in [*again, sent[1]] for reading in decode_readings(message.payload)]
    assert len(times) == len(set(times)) == 50


def test_a_message_refused_whole_is_answered_and_not_sent_again(outbox: Outbox) -> None:
    station, counts = station_of(outbox, feed_of("GW", series_of("E01", 10)))
    (message,) = leaving(station)
    refusal = Answer(seq=message.seq, rejected=[Rejection("too_large", "over 1 MB")])
    station.take_answer(refusal, monotonic_s=0.0)
    assert station.drained
    assert (counts.messages_refused, counts.rejected, counts.by_code["too_large"]) == (1, 10, 1)


def test_a_refusal_without_seq_ends_no_message(outbox: Outbox) -> None:
    station, counts = station_of(outbox, feed_of("GW", series_of("E01", 10)))
    leaving(station)
    station.take_answer(Answer(seq=None, rejected=[Rejection("undecodable")]), monotonic_s=0.0)
    assert counts.messages_refused == 1
    assert not station.drained


def refusing(message: Message, meter: str, code: str) -> Answer:
    rejected = [Rejection(code, "", r.meter, r.ts) for r in decode_readings(message.payload) if r.meter == meter]
    return Answer(seq=message.seq, stored=message.readings - len(rejected), rejected=rejected)


def test_readings_of_an_unregistered_meter_are_sent_again_later_in_a_new_message(outbox: Outbox) -> None:
    feed = feed_of("GW", series_of("E01", 5), series_of("E02", 5))
    station, _ = station_of(outbox, feed, rules=Rules(registry_retry_s=30.0))
    (message,) = leaving(station)
    station.take_answer(refusing(message, "E02", "unknown_meter"), monotonic_s=10.0)
    assert leaving(station, monotonic_s=39.0) == []
    (again,) = leaving(station, monotonic_s=40.0)
    assert again.seq == 2
    assert {reading.meter for reading in decode_readings(again.payload)} == {"E02"}
    station.take_answer(answered(again), monotonic_s=41.0)
    assert station.drained


def test_readings_of_a_meter_that_never_gets_registered_are_given_up(outbox: Outbox) -> None:
    rules = Rules(registry_retry_s=30.0, registry_patience_s=60.0)
    station, counts = station_of(outbox, feed_of("GW", series_of("E01", 5)), rules=rules)
    for monotonic_s in (0.0, 30.0, 60.0):
        (message,) = leaving(station, monotonic_s)
        station.take_answer(refusing(message, "E01", "unknown_meter"), monotonic_s=monotonic_s)
    assert counts.given_up == 5
    assert station.drained


def test_a_conflict_is_not_sent_again(outbox: Outbox) -> None:
    station, counts = station_of(outbox, feed_of("GW", series_of("E01", 5)))
    (message,) = leaving(station)
    station.take_answer(refusing(message, "E01", "conflict"), monotonic_s=0.0)
    assert station.drained
    assert counts.rejected == 5


def holding_the_first(draft: Draft) -> list[Draft]:
    return [msgspec.structs.replace(draft, hold=2)] if draft.readings[0].value == 0.0 else [draft]


def test_a_held_message_leaves_after_so_many_later_ones(outbox: Outbox) -> None:
    station, _ = station_of(
        outbox, feed_of("GW", series_of("E01", 50)), faults=holding_the_first, rules=Rules(window=10)
    )
    assert [message.seq for message in leaving(station)] == [2, 3, 1, 4, 5]


def test_a_held_message_leaves_at_the_end_of_the_feed(outbox: Outbox) -> None:
    station, _ = station_of(outbox, feed_of("GW", series_of("E01", 10)), faults=holding_the_first)
    assert [message.seq for message in leaving(station)] == [1]


def test_a_message_after_which_the_line_is_cut_is_cut_off_only_once(outbox: Outbox) -> None:
    def cutting(draft: Draft) -> list[Draft]:
        return [msgspec.structs.replace(draft, cut_after_s=0.5, copies=2)]

    station, _ = station_of(outbox, feed_of("GW", series_of("E01", 10)), faults=cutting)
    (message,) = leaving(station)
    assert (message.cut_after_s, message.copies) == (0.5, 2)
    station.line_lost()
    (again,) = leaving(station)
    assert (again.cut_after_s, again.copies) == (0.0, 1)
    assert again.payload == message.payload


def test_a_state_of_other_options_is_refused_by_name(outbox: Outbox) -> None:
    outbox.bind({"seed": "1"})
    outbox.bind({"seed": "1"})
    with pytest.raises(StateMismatchError, match=r"seed=1.*seed=2"):
        outbox.bind({"seed": "2"})


def test_the_first_start_is_remembered(outbox: Outbox) -> None:
    assert outbox.remember("start_ms", "1000") == "1000"
    assert outbox.remember("start_ms", "2000") == "1000"
