import json

import pytest

from simulators.wire import Reading, Rejection, decode_answers, decode_readings, encode


def test_readings_of_one_time_are_sent_in_form_b() -> None:
    payload = encode(
        seq=42, readings=[Reading("E01", 1_767_197_700_000, 81233.4), Reading("G01", 1_767_197_700_000, 512.0)]
    )
    assert json.loads(payload) == {"seq": 42, "ts": 1_767_197_700_000, "values": {"E01": 81233.4, "G01": 512.0}}


def test_readings_of_several_times_are_sent_in_form_a() -> None:
    payload = encode(seq=41, readings=[Reading("E01", 1_000, 1.5), Reading("E01", 2_000, 2.5)])
    assert json.loads(payload) == {
        "seq": 41,
        "readings": [{"meter": "E01", "ts": 1_000, "value": 1.5}, {"meter": "E01", "ts": 2_000, "value": 2.5}],
    }


def test_a_meter_twice_at_one_time_is_not_lost_in_form_b() -> None:
    readings = [Reading("E01", 1_000, 1.0), Reading("E01", 1_000, 2.0)]
    assert decode_readings(encode(seq=1, readings=readings)) == readings


@pytest.mark.parametrize("value", [0.0, 0.1 + 0.2, 1e-300, 157.421, 123456789.0123])
def test_a_value_arrives_to_the_last_digit(value: float) -> None:
    payload = encode(seq=1, readings=[Reading("E01", 1, value), Reading("E02", 2, value)])
    assert [reading["value"] for reading in json.loads(payload)["readings"]] == [value, value]


def test_more_than_10_000_readings_are_no_message() -> None:
    with pytest.raises(ValueError, match="over the limit"):
        encode(seq=1, readings=[Reading("E01", ts, 1.0) for ts in range(10_001)])


def test_answers_as_the_contract_prints_them() -> None:
    payload = b"""[{"seq": 41, "stored": 2, "duplicate": 0, "rejected": []},
        {"seq": 42, "stored": 1, "duplicate": 0, "rejected": [
            {"meter": "G01", "ts": 1767197700000, "code": "unknown_meter", "detail": "no meter has this code"}]},
        {"seq": null, "stored": 0, "duplicate": 0, "rejected": [{"code": "undecodable", "detail": "not JSON"}]}]"""
    answers = decode_answers(payload)
    assert [answer.seq for answer in answers] == [41, 42, None]
    assert answers[1].rejected == [Rejection("unknown_meter", "no meter has this code", "G01", 1_767_197_700_000)]
    assert answers[2].rejected[0].meter is None
