"""Messages as gateways really send them: taken where plain, else refused with number and what to mend."""

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.core.calendar import to_us
from services.ingest.formats.enermon import KIND, decode
from services.ingest.formats.kinds import decode as decode_bounded
from services.ingest.formats.payload_text import seq_in
from services.ingest.message import Decoded, UnreadableMessage

AT = "2026-10-05T10:00:00+08:00"
AT_US = to_us(datetime(2026, 10, 5, 2, tzinfo=UTC))
GOOD = json.dumps({"seq": 41, "readings": [{"meter": "E01", "ts": AT, "value": 1.0}]})
TAKEN = Decoded("GW1", 41, ["E01"], [AT_US], [1.0], [])


def refused(payload: str | bytes) -> UnreadableMessage:
    with pytest.raises(UnreadableMessage) as failed:
        decode_bounded(KIND, "GW1", payload.encode() if isinstance(payload, str) else payload)
    return failed.value


def only_rejection(**reading: Any) -> tuple[str, str]:
    [rejection] = decode("GW1", json.dumps({"seq": 1, "readings": [reading]}).encode()).rejected
    return rejection.code, rejection.detail


@pytest.mark.parametrize(
    "payload",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.encode() + b"\x00",
        GOOD.encode() + b"\n\x00\x00\x00",
        GOOD.encode("utf-16"),
        b"\xfe\xff" + GOOD.encode("utf-16-be"),
        GOOD.encode("utf-16-le"),
        GOOD.encode("utf-16-be"),
        GOOD.encode("utf-16-le") + b"\x00\x00",
        GOOD.encode("utf-32"),
        f"\n {GOOD}".encode("utf-16-le"),
        f"\r\n{GOOD}".encode("utf-16-be"),
    ],
    ids=[
        "BOM",
        "NUL",
        "newline and NULs",
        "UTF-16",
        "UTF-16BE",
        "LE no BOM",
        "BE no BOM",
        "LE and NUL",
        "UTF-32",
        "LE and newline",
        "BE and newline",
    ],
)
def test_message_with_a_mark_a_nul_or_in_another_unicode_is_taken(payload: bytes) -> None:
    assert decode("GW1", payload) == TAKEN


@pytest.mark.parametrize("site", ["一号配电室", "昞", "站"])
def test_gbk_in_a_field_that_nobody_reads_is_taken(site: str) -> None:
    assert decode("GW1", GOOD.replace("41,", f'41, "site": "{site}",').encode("gbk")) == TAKEN


@pytest.mark.parametrize(
    "payload", [GOOD.replace("E01", "电表"), '{"seq": 41, "ts": 1791166500000, "values": {"电表": 1}}']
)
def test_gbk_in_a_meter_is_refused_with_the_encoding_and_the_number(payload: str) -> None:
    failed = refused(payload.encode("gbk"))
    assert (failed.seq, failed.detail) == (41, "a meter or a time is not UTF-8 (it looks like GBK; send UTF-8)")
    assert decode("GW1", payload.encode()).meters == ["电表"]


def test_broken_utf_16_is_refused_with_the_encoding_and_the_number() -> None:
    failed = refused(GOOD[:-1].encode("utf-16"))
    assert (failed.seq, "it looks like UTF-16LE; send UTF-8" in failed.detail) == (41, True)
    assert refused(GOOD.encode("utf-16-le") + b"\x00").detail.startswith("not UTF-16LE at byte ")


@pytest.mark.parametrize("seq", ['"41"', "41.0", "41", '"0041"', "4.1e1"])
def test_number_of_a_message_as_text_or_with_a_point_is_answered_as_the_number(seq: str) -> None:
    assert decode("GW1", GOOD.replace("41", seq).encode()) == TAKEN


@pytest.mark.parametrize("seq", ["41.5", '"x41"', '" 41"', "true", "[]", "-1", '"9223372036854775808"', "1e300", "NaN"])
def test_what_is_no_number_of_a_message_is_refused(seq: str) -> None:
    assert refused(GOOD.replace("41", seq)).seq is None


@pytest.mark.parametrize(
    "payload",
    [
        GOOD.replace("1.0", "12,5"),
        GOOD.replace("41", '"41"').replace("1.0", "12,5"),
        GOOD[:-2],
        GOOD.replace("E01", "E\x0001"),
        GOOD.encode().replace(b"E01", b"E01\xff"),
        f"[{GOOD}]",
        '{"readings": [{"meter": "E01", "seq": 7, "value": 12,5}], "seq": 41}',
        '{"seq": 41, "readings": ' + " " * 1_000_000,
        '{"seq": 41}',
    ],
    ids=["12,5", "seq in quotes", "cut off", "NUL within", "no encoding", "list", "seq last", "over 1 MB", "no form"],
)
def test_message_that_cannot_be_taken_is_answered_with_its_number(payload: str | bytes) -> None:
    assert refused(payload).seq == 41


@pytest.mark.parametrize(
    ("payload", "detail"),
    [
        (GOOD + " " * 1_000_000, "bytes; at most 1000000 are taken"),
        (json.dumps(GOOD), "JSON within a text of JSON; send the object itself"),
        (str(json.loads(GOOD)), "write names and texts in double quotes"),
        (GOOD.replace('"seq"', "seq"), "write names and texts in double quotes"),
        (gzip.compress(GOOD.encode()), "compressed with gzip; send the JSON as it is"),
        (gzip.compress(GOOD.encode())[:-9], "compressed with gzip; send the JSON as it is"),
        (GOOD.replace('"seq": 41', '"seq": 41, "seq": 41'), "seq is given twice"),
        (GOOD.replace("41,", '41, "readings": [],'), "readings is given twice"),
        (GOOD.replace("1.0", "12,5"), "a number has a comma (12,5): write a point (12.5)"),
        (GOOD.replace("1.0", "[" * 100_000), "not JSON"),
        (GOOD.replace("}]}", "},]}"), "not JSON"),
        (GOOD.replace("1.0", "01.0"), "not JSON"),
        (json.dumps({"seq": 41, "readings": [{}] * 10_001}), "10001 readings; at most 10000 a message"),
    ],
    ids=[
        "over 1 MB",
        "JSON in JSON",
        "single quotes",
        "no quotes",
        "gzip",
        "gzip cut off",
        "seq twice",
        "readings twice",
        "decimal comma",
        "deep",
        "trailing comma",
        "leading zero",
        "too many",
    ],
)
def test_message_that_cannot_be_taken_is_told_its_number_and_what_to_mend(payload: str | bytes, detail: str) -> None:
    failed = refused(payload)
    assert (failed.seq, detail in failed.detail) == (41, True), failed.detail


def test_compressed_message_unpacks_no_further_than_its_number_is_looked_for() -> None:
    bomb = gzip.compress(b'{"seq": 41, "x": "' + b"0" * 50_000_000)
    assert refused(bomb).seq == 41
    assert refused(b"\x1f\x8bno gzip").seq is None


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        ("12.5", "value must be a number: give 12.5 without quotes"),
        ("12,5", "value must be a number: give 12.5 without quotes"),
        (" 12 ", "value must be a number: give 12 without quotes"),
        ("12 kWh", "value must be a number"),
        (None, "value must be a number"),
    ],
)
def test_number_in_quotes_is_refused_with_the_number_to_give(value: Any, detail: str) -> None:
    assert only_rejection(meter="E01", ts=AT, value=value) == ("not_a_number", detail)


@pytest.mark.parametrize(
    "text",
    [
        "{'note': 'seq: 7, ', 'seq': 8}",
        "{'a': {'seq': 7}}",
        "{sequence: 7}",
        '{"x": {"seq": 7}, "value": 12,5}',
        '{"readings": [{"seq": 7, "value": 12,5}]}',
        '{"seq": 1, "seq": 2, 12,5}',
        '{"note": "\\"seq\\": 7, ", 12,5}',
        '{"seq": 4',
        '{"seq": 12,5x, "seq": }',
        '{"seq": -7, 12,5}',
        '"seq": 7, ',
        '{"seq": 7, ' + "{}" * 500_000 + '"seq": 7}',
    ],
)
def test_number_that_may_be_of_another_message_ends_none(text: str) -> None:
    assert seq_in(text) is None


@pytest.mark.parametrize(
    ("reading", "detail"),
    [
        ({"code": "E01", "time": AT, "val": 1}, 'a reading has no field "meter"; it has code, time, val'),
        ({"meter": "E01", "time": AT, "value": 1}, 'a reading has no field "ts"; it has meter, time, value'),
        ({"meter": "E01", "ts": AT, "val": 1}, 'a reading has no field "value"; it has meter, ts, val'),
        ({"meter": "E01", "ts": AT, "\ud800": 1}, 'a reading has no field "value"; it has meter, ts, \\ud800'),
        ({"meter": None, "ts": AT, "value": 1}, "meter must be a text"),
        ({}, 'a reading has no field "meter"; it has none'),
    ],
)
def test_field_of_another_name_is_missing_and_the_expected_one_is_told(reading: dict[str, Any], detail: str) -> None:
    assert only_rejection(**reading) == ("missing_field", detail)


def test_reading_that_lacks_a_field_is_kept_as_it_came_and_names_no_meter_null() -> None:
    [rejection] = decode("GW1", json.dumps({"readings": [{"code": "E01", "time": AT, "val": 1.5}]}).encode()).rejected
    assert (rejection.meter, rejection.ts) == ("", "")
    assert json.loads(rejection.value) == {"code": "E01", "time": AT, "val": 1.5}


def test_values_without_a_time_are_told_the_field_and_keep_their_number() -> None:
    decoded = decode("GW1", json.dumps({"seq": 41, "time": AT, "values": {"E01": 1, "G01": 2}}).encode())
    told = ("missing_field", 'the message has no field "ts"; it has seq, time, values')
    assert (decoded.seq, [(r.meter, r.code, r.detail) for r in decoded.rejected]) == (
        41,
        [("E01", *told), ("G01", *told)],
    )


def test_message_of_other_names_is_told_the_expected_ones() -> None:
    failed = refused(json.dumps({"seq": 41, "data": []}))
    assert (failed.seq, failed.detail) == (41, "give either readings, or ts and values; the message has seq, data")


@pytest.mark.parametrize(
    ("ts", "looks"),
    [
        (1791166500, "seconds since 1970; give milliseconds"),
        (1791166500.25, "seconds since 1970; give milliseconds"),
        (1791166500000000, "microseconds since 1970; give milliseconds"),
        (1791166500000000000, "nanoseconds since 1970; give milliseconds"),
        ("1791166500000", "milliseconds since 1970 in quotes; give without quotes"),
        ("1710110500000", "milliseconds since 1970 in quotes; give without quotes"),
        ("1791166500", "seconds since 1970 in quotes; give milliseconds, without quotes"),
        ("1791166500.5", "seconds since 1970 in quotes; give milliseconds, without quotes"),
        ("1791166500000000", "microseconds since 1970 in quotes; give milliseconds, without quotes"),
    ],
)
def test_time_in_another_unit_is_refused_with_the_unit_that_it_looks_like(ts: Any, looks: str) -> None:
    assert only_rejection(meter="E01", ts=ts, value=1) == ("ts_unreadable", f"ts looks like {looks}")


@pytest.mark.parametrize(
    ("ts", "second"),
    [
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2017-01-01T07:59:60+08:00", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2016-12-31T23:59:60+08:00", datetime(2016, 12, 31, 16, tzinfo=UTC)),
        ("2016-12-31T23:59:60.250Z", datetime(2017, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC)),
    ],
)
def test_leap_second_is_the_second_that_follows_it(ts: str, second: datetime) -> None:
    assert decode("GW1", GOOD.replace(AT, ts).encode()).times_us == [to_us(second)]


@pytest.mark.parametrize("ts", ["2016-12-31T12:00:60Z", "2016-12-31T23:59:61Z", "2016-02-30T23:59:60Z"])
def test_other_sixtieth_seconds_are_unreadable(ts: str) -> None:
    assert only_rejection(meter="E01", ts=ts, value=1)[0] == "ts_unreadable"


def test_leap_second_without_offset_and_after_the_last_year_is_refused() -> None:
    assert only_rejection(meter="E01", ts="2016-12-31T23:59:60", value=1)[0] in {"ts_unreadable", "ts_without_offset"}
    assert only_rejection(meter="E01", ts="9999-12-31T23:59:60Z", value=1)[0] == "ts_unreadable"


@settings(max_examples=1000)
@given(
    seq=st.integers(0, 2**63 - 1),
    as_sent=st.sampled_from(["{}", '"{}"']),
    rest=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("gb18030", "replace")),
    cut=st.integers(0, 80),
)
def test_number_that_can_be_read_is_kept_whatever_follows(seq: int, as_sent: str, rest: bytes, cut: int) -> None:
    head = f'{{"seq": {as_sent.format(seq)}, "readings": [{{"meter": "E01", "ts": "{AT}", "value": 1}}'.encode()
    payload = head[: max(len(head) - cut, head.index(b",") + 1)] + rest
    try:
        kept = decode("GW1", payload).seq
    except UnreadableMessage as failed:
        kept = failed.seq
    assert kept == seq
