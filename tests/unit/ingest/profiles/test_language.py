"""A profile is checked before it is kept, and what is wrong is told with its place; what it reads, it reads exactly."""

import gzip
import json
import zlib
from typing import Any

import pytest

from services.ingest.message import UnreadableMessage
from services.ingest.profiles.access import ProfileError
from services.ingest.profiles.decode import Came, ProfileRead, read_message
from services.ingest.profiles.language import compiled

NOW = 1_795_200_000_000_000
AT_MS = 1_795_132_800_000
BASE: dict[str, Any] = {
    "topics": ["x/{gateway}/data"],
    "emit": [{"point": "p", "value": "/v"}],
    "time": {"at": "/t", "format": "epoch_ms"},
}


def read(message: Any, *, topic: str | None = None, retained: bool = False, **changed: Any) -> ProfileRead:
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return read_message(compiled(BASE | changed), "GW1", payload, Came(NOW, topic, retained))


def value_of(value: Any, **how: Any) -> list[float]:
    return list(read({"t": AT_MS, "v": value}, value=how).foreign.values)


def time_of(sent: Any, **time: Any) -> int:
    return read({"t": sent, "v": 1}, time={"at": "/t", **time}).foreign.times_us[0]


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"each": "/values[", "emit": []}, "each"),
        ({"emit": []}, "emit"),
        ({"emit": [{"point": "p", "value": ".v", "vlaue": 1}]}, "emit[0].vlaue"),
        ({"emit": [{"point": "{/a", "value": ".v"}]}, "emit[0].point"),
        ({"emit": [{"point": "{nobody}", "value": ".v"}]}, "emit[0].point"),
        ({"emit": [{"point": "p", "value": "v"}]}, "emit[0].value"),
        ({"emit": [{"point": "p", "value": "^/v"}]}, "emit[0].value"),
        ({"emit": [{"point": "p", "value": [".v", "/a~2"]}]}, "emit[0].value[1]"),
        ({"topic": []}, "topic"),
        ({"topics": []}, "topics"),
        ({"topics": ["a/{b...}/c"]}, "topics[0]"),
        ({"topics": ["a/{b}{c}"]}, "topics[0]"),
        ({"topics": ["a/#"]}, "topics[0]"),
        ({"topics": ["a/{b}"], "each": "[b]"}, "each"),
        ({"codec": "xml"}, "codec"),
        ({"where": {"/m": "x"}}, "where./m"),
        ({"where": {".m": [None]}}, "where..m"),
        ({"good": {"in": [1]}}, "good.at"),
        ({"good": {"at": ".q", "in": [1], "missing": "no"}}, "good.missing"),
        ({"time": {}}, "time"),
        ({"time": {"at": "/t"}}, "time.format"),
        ({"time": {"at": "/t", "format": "epoch"}}, "time.format"),
        ({"time": {"at": "/t", "format": "%Y-%m-%d %H:%M:%S"}}, "time.zone"),
        ({"time": {"at": "/t", "format": "%d.%m.%y", "zone": "Z"}}, "time.format"),
        ({"time": {"at": "/t", "format": "rfc3339", "zone": "Asia/Shanghai"}}, "time.zone"),
        ({"time": {"missing": "guess"}}, "time.missing"),
        ({"time": {"missing": "received", "zone": "Z"}}, "time.at"),
        ({"time": {"at": "/t", "format": "rfc3339", "stands_for": "middle"}}, "time.stands_for"),
        ({"value": {"none": [[]]}}, "value.none"),
        ({"skip": "(a+)+$"}, "skip"),
        ({"skip": "("}, "skip"),
        ({"skip": "a*b*c*"}, "skip"),
        ({"ack": {"topic": "server/x", "payload": "1"}}, "ack.topic"),
        ({"limits": {"rows": 10_001}}, "limits.rows"),
        ({"limits": {"bytes": True}}, "limits.bytes"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(changed: dict[str, Any], place: str) -> None:
    with pytest.raises(ProfileError) as refused:
        compiled(BASE | changed)
    assert refused.value.place == place
    assert not refused.value.problem.zh.isascii()


@pytest.mark.parametrize(
    ("sent", "value"), [(" 81233 ", 81233.0), ("-1.5e3", -1500.0), (7, 7.0), (2**70, float(2**70))]
)
def test_numbers_and_texts_of_numbers_are_values(sent: Any, value: float) -> None:
    assert value_of(sent) == [value]


@pytest.mark.parametrize("sent", ["55,5", "12 kWh", "0x1F", "007", "+1", "NaN", "", [1], {}, True])
def test_nothing_else_is(sent: Any) -> None:
    (refused,) = read({"t": AT_MS, "v": sent}).foreign.rejected
    assert (refused.meter, refused.code) == ("p", "not_a_number")


def test_signs_for_nothing_are_counted() -> None:
    for sent, none in ((9999.9999, [9999.9999]), ("off", ["off"]), (-1, [-1]), (True, [True])):
        found = read({"t": AT_MS, "v": sent}, value={"none": none})
        assert (found.foreign.points, found.foreign.dropped, found.nothing) == ([], {"none_marker": 1}, "none_marker")
    assert value_of(1, none=[True]) == [1.0]
    assert value_of(True, bool=True) == [1.0]


@pytest.mark.parametrize(
    ("sent", "how", "at_us"),
    [
        (AT_MS, {"format": "epoch_ms"}, AT_MS * 1000),
        ("1795132800", {"format": "epoch_s"}, AT_MS * 1000),
        (1795132800.25, {"format": "epoch_s"}, AT_MS * 1000 + 250_000),
        (1795132800000000000, {"format": "epoch_ns"}, AT_MS * 1000),
        ("2026-11-20T00:00:00.123456789Z", {"format": "rfc3339"}, AT_MS * 1000 + 123_456),
        ("2026-11-20 08:00:00", {"format": "rfc3339", "zone": "+08:00"}, AT_MS * 1000),
        ("2026-11-20 8:00:00", {"format": "%Y-%m-%d %H:%M:%S", "zone": "+08:00"}, AT_MS * 1000),
        ("20261120080000105", {"format": "%Y%m%d%H%M%S%f", "zone": "+08:00"}, AT_MS * 1000 + 105_000),
        ("2026-11-20T00:00:00Z", {"format": ["epoch_ms", "rfc3339"]}, AT_MS * 1000),
    ],
)
def test_times_are_read_as_the_profile_says(sent: Any, how: dict[str, Any], at_us: int) -> None:
    assert time_of(sent, **how) == at_us


@pytest.mark.parametrize(
    ("sent", "format_", "code"),
    [
        ("2026-11-20T00:00:00", "rfc3339", "ts_without_offset"),
        ("20.11.2026", "rfc3339", "ts_unreadable"),
        (AT_MS * 1000, "epoch_ms", "ts_unreadable"),
        (float("nan"), "epoch_ms", "ts_unreadable"),
        ([AT_MS], "epoch_ms", "ts_unreadable"),
        (None, "epoch_ms", "missing_field"),
    ],
)
def test_times_are_never_guessed(sent: Any, format_: str, code: str) -> None:
    (refused,) = read({"t": sent, "v": 1}, time={"at": "/t", "format": format_}).foreign.rejected
    assert refused.code == code


def test_message_without_time_has_that_of_its_arrival_and_a_retained_one_none() -> None:
    found = read({"v": 1}, time={"missing": "received"})
    assert (found.foreign.times_us, found.foreign.flags) == ([NOW], ["received"])
    kept = read({"v": 1}, time={"missing": "received"}, retained=True)
    assert (kept.foreign.points, kept.nothing) == ([], "retained")
    assert read({"t": AT_MS, "v": 1}, retained=True).foreign.values == [1.0]


def test_name_given_twice_is_rejected_as_ambiguous_and_costs_no_other() -> None:
    found = read(
        b'{"t": 1795132800000, "d": {"a": 1, "b": 2, "a": 3}}',
        each="/d{tag}",
        emit=[{"point": "{tag}", "value": "."}],
    )
    assert (found.foreign.points, found.foreign.values) == (["b"], [2.0])
    assert [(each.meter, each.code) for each in found.foreign.rejected] == [("a", "ambiguous")]


@pytest.mark.parametrize(
    ("changed", "nothing"),
    [
        ({"where": {"/kind": ["data"]}}, "where"),
        ({"each": "/rows[]"}, "no_rows"),
        ({"good": {"at": "/q", "in": [192]}}, "not_good"),
        ({"emit": [{"point": "{/name}", "value": "/v"}]}, "no_point"),
        ({"emit": [{"point": "p", "value": "/w"}]}, "no_value"),
        ({"skip": "^p"}, "skipped"),
    ],
)
def test_message_that_yields_nothing_says_why(changed: dict[str, Any], nothing: str) -> None:
    assert read({"t": AT_MS, "v": 1}, **changed).nothing == nothing


def test_topic_that_is_none_of_the_profile_says_so() -> None:
    assert read({"t": AT_MS, "v": 1}, topic="x/GW1/status").nothing == "topic"
    assert read({"t": AT_MS, "v": 1}, topic="x/GW1/data").nothing == ""


def test_true_is_not_one() -> None:
    good = {"at": "/q", "in": [1]}
    assert read({"t": AT_MS, "v": 1, "q": True}, good=good).nothing == "not_good"
    assert read({"t": AT_MS, "v": 1, "q": 1.0}, good=good).nothing == ""


def test_answer_is_written_from_the_message() -> None:
    ack = {"topic": "y/{gateway}/down/{/sn}", "payload": '{{"sn": {/sn}, "result": 1}}'}
    found = read({"t": AT_MS, "v": 1, "sn": 'a"1'}, ack=ack)
    assert found.ack is not None
    topic, payload = found.ack
    assert (topic, json.loads(payload)) == ('y/GW1/down/a"1', {"sn": 'a"1', "result": 1})
    assert read({"t": AT_MS, "v": 1, "sn": "#"}, ack=ack).ack is None


@pytest.mark.parametrize(("codec", "pack"), [("json+zlib", zlib.compress), ("json+gzip", gzip.compress)])
def test_packed_messages_are_bounded_when_unpacked(codec: str, pack: Any) -> None:
    assert read(pack(json.dumps({"t": AT_MS, "v": 1}).encode()), codec=codec).foreign.values == [1.0]
    bomb = pack(b"[" + b"0," * 3_000_000 + b"0]")
    assert len(bomb) < 10_000
    for payload, code in ((bomb, "too_large"), (pack(b"{}")[:-3], "undecodable"), (b"{}", "undecodable")):
        with pytest.raises(UnreadableMessage) as refused:
            read(payload, codec=codec)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"{", "not JSON"),
        (b'"\xd5\xfd\xcf\xf2": 1', "GBK"),
        (b"[" * 5000, "nested deeper"),
        (b"", "not JSON"),
    ],
)
def test_what_is_no_message_says_why(payload: bytes, why: str) -> None:
    with pytest.raises(UnreadableMessage, match=why):
        read(payload)


def test_rows_are_bounded() -> None:
    rows = {"t": AT_MS, "d": [1] * 11}
    row: dict[str, Any] = {"each": "/d[n]", "emit": [{"point": "{n}", "value": "."}]}
    with pytest.raises(UnreadableMessage, match="more than 10 rows"):
        read(rows, **row, limits={"rows": 10})
    assert len(read(rows, **row).foreign.points) == 11
