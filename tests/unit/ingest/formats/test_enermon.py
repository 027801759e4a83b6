"""Both payload forms are read; what is wrong is named, and costs no more than it must."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.core.calendar import to_us
from services.ingest.formats.enermon import decode
from services.ingest.message import MOST_READINGS, Decoded, UnreadableMessage

AT = "2026-01-01T00:15:00+08:00"
AT_US = to_us(datetime(2025, 12, 31, 16, 15, tzinfo=UTC))


def read(message: Any) -> Decoded:
    return decode("GW1", message if isinstance(message, bytes) else json.dumps(message).encode())


def reading(**changed: Any) -> dict[str, Any]:
    return {"meter": "E01", "ts": AT, "value": 81233.4} | changed


def codes(decoded: Decoded) -> list[str]:
    return [r.code for r in decoded.rejected]


def test_list_of_readings_is_read() -> None:
    decoded = read({"seq": 41, "readings": [reading(), reading(meter="G01", ts=1767197700000, value=5)]})
    assert decoded == Decoded("GW1", 41, ["E01", "G01"], [AT_US, AT_US], [81233.4, 5.0], [])


def test_values_at_one_time_are_read() -> None:
    decoded = read({"seq": 42, "ts": 1767197700000, "values": {"E01": 81233.4, "G01": 512}})
    assert decoded == Decoded("GW1", 42, ["E01", "G01"], [AT_US, AT_US], [81233.4, 512.0], ())


def test_times_of_different_offsets_are_the_same_moment() -> None:
    times = ["2026-01-01T00:15:00+08:00", "2025-12-31T16:15:00Z", "2025-12-31T18:15:00.000000+02:00", 1767197700000.0]
    assert read({"readings": [reading(ts=ts) for ts in times]}).times_us == [AT_US] * 4


def test_time_without_offset_is_rejected_and_not_guessed() -> None:
    decoded = read({"readings": [reading(ts="2026-01-01T00:15:00"), reading()]})
    assert codes(decoded) == ["ts_without_offset"]
    assert decoded.times_us == [AT_US]


@pytest.mark.parametrize("ts", ["yesterday", "", None, True, [], 1.5, -1, 10**18, "2026-13-01T00:00:00Z"])
def test_unreadable_time_costs_its_reading_only(ts: Any) -> None:
    decoded = read({"readings": [reading(ts=ts), reading()]})
    assert codes(decoded) == ["ts_unreadable"]
    assert decoded.meters == ["E01"]


@pytest.mark.parametrize("ts", ["9999-12-31T23:59:59.000001-08:00", "0001-01-01T00:00:00.000001+08:00"])
def test_time_that_utc_cannot_say_costs_its_reading_only(ts: str) -> None:
    decoded = read({"readings": [reading(ts=ts), reading()]})
    assert codes(decoded) == ["ts_unreadable"]
    assert codes(read({"ts": ts, "values": {"A": 1}})) == ["ts_unreadable"]
    assert decoded.meters == ["E01"]


@pytest.mark.parametrize("value", ["81233.4", None, True, [], {}])
def test_value_that_is_no_number_costs_its_reading_only(value: Any) -> None:
    decoded = read({"readings": [reading(value=value), reading()]})
    assert codes(decoded) == ["not_a_number"]
    assert decoded.values == [81233.4]


def test_nan_and_infinity_are_kept_for_the_validation_to_name() -> None:
    decoded = read(b'{"ts": 1767197700000, "values": {"A": NaN, "B": Infinity, "C": 1e999, "D": 1}}')
    assert [str(v) for v in decoded.values] == ["nan", "inf", "inf", "1.0"]


def test_one_bad_time_of_the_values_form_rejects_each_of_them() -> None:
    assert codes(read({"ts": "noon", "values": {"A": 1, "B": 2}})) == ["ts_unreadable", "ts_unreadable"]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"garbage",
        b"\xff\xfe",
        b'{"seq": 1, "readings": [{"meter": "\x83", "ts": 0, "value": 1}]}',
        b"[]",
        b"null",
        b"{}",
        b'{"seq": 1}',
        b'{"readings": [], "values": {}}',
        b'{"readings": {}}',
        b'{"values": []}',
        b'{"seq": -1, "readings": []}',
        b'{"seq": "one", "readings": []}',
        b'{"seq": true, "readings": []}',
        b'{"seq": 9223372036854775808, "readings": []}',
        b"[" * 100_000,
        b'{"readings":' * 50_000,
    ],
)
def test_what_is_no_message_is_undecodable(payload: bytes) -> None:
    with pytest.raises(UnreadableMessage) as failed:
        read(payload)
    assert failed.value.code == "undecodable"


def test_too_many_readings_are_too_large() -> None:
    with pytest.raises(UnreadableMessage) as failed:
        read({"seq": 7, "readings": [reading()] * (MOST_READINGS + 1)})
    assert (failed.value.code, failed.value.seq) == ("too_large", 7)


def test_sequence_number_is_told_where_it_could_be_read() -> None:
    with pytest.raises(UnreadableMessage) as failed:
        read({"seq": 9})
    assert failed.value.seq == 9


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["seq", "readings", "ts", "values", "meter", "value"]) | st.text(max_size=3), inner
        )
    ),
    max_leaves=12,
)


def damaged(changes: list[tuple[int, int]]) -> bytes:
    """A good message with some bytes changed."""
    payload = bytearray(json.dumps({"seq": 1, "readings": [reading(), reading(meter="G01", ts=5)]}).encode())
    for position, byte in changes:
        payload[position % len(payload)] = byte
    return bytes(payload)


DAMAGED = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4).map(damaged)


@settings(max_examples=1000)
@given(payload=st.binary(max_size=200) | DAMAGED | JSON.map(lambda j: json.dumps(j).encode("utf-8", "surrogatepass")))
def test_any_payload_is_read_or_rejected_with_a_code(payload: bytes) -> None:
    try:
        decoded = decode("GW1", payload)
    except UnreadableMessage as rejected:
        code = rejected.code
    else:
        code = "undecodable"
        assert len(decoded.meters) == len(decoded.times_us) == len(decoded.values)
        assert all(isinstance(r.code, str) and len(r.value) <= 200 for r in decoded.rejected)
    assert code in {"undecodable", "too_large"}
