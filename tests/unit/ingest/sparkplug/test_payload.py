"""The decoder against the samples of the specification, against what its types mean, and against anything at all."""

import csv
import math
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.sparkplug.commands import rebirth_command, said_online, state
from services.ingest.sparkplug.datatypes import ValueFault, is_number, number_of
from services.ingest.sparkplug.payload import LARGEST_BYTES, PayloadFault, SparkplugMetric, read_payload
from services.ingest.sparkplug.topics import EdgeAddress, SparkplugVerb, command_topic, edge_topic, state_topic
from tests.unit.ingest.sparkplug.written import metric, payload, properties, sized, varint, whole

SAMPLES = list(csv.DictReader(Path(__file__).with_name("samples.csv").open(encoding="utf-8")))
T8 = 1_795_132_800_000
"""2026-11-20T08:00+08:00 in ms."""
MINUTES_15 = 900_000


def sample(verb: str, seq: int | None = None) -> bytes:
    return next(
        bytes.fromhex(row["payload_hex"])
        for row in SAMPLES
        if f"/{verb}/" in row["topic"] and read_payload(bytes.fromhex(row["payload_hex"])).seq == seq
    )


def of(raw: bytes) -> list[tuple[str | None, int | None, object]]:
    return [(each.name, each.alias, each.value) for each in read_payload(raw).metrics]


def test_samples_are_six_and_their_topics_name_what_they_are() -> None:
    topics = [edge_topic(row["topic"]) for row in SAMPLES]
    assert [(each.verb, each.device) if each else None for each in topics] == [
        (SparkplugVerb.NDEATH, ""),
        (SparkplugVerb.NBIRTH, ""),
        (SparkplugVerb.DBIRTH, "E01"),
        (SparkplugVerb.DDATA, "E01"),
        (SparkplugVerb.DDATA, "E01"),
        None,
    ]
    assert {each.address for each in topics if each} == {EdgeAddress("Ordos", "GW-150622-0007")}


def test_death_and_birth_of_a_node() -> None:
    assert of(sample("NDEATH")) == [("bdSeq", None, 3)]
    assert of(sample("NBIRTH", 0)) == [("bdSeq", None, 3), ("Node Control/Rebirth", None, False)]


def test_birth_of_a_device() -> None:
    read = read_payload(sample("DBIRTH", 1))
    assert read.timestamp_ms == T8
    assert [(m.name, m.alias, m.datatype, m.timestamp_ms) for m in read.metrics] == [
        ("Energy/Import", 10, 10, T8),
        ("Power", 11, 9, T8),
    ]
    assert [number_of(m, m.datatype or 0) for m in read.metrics] == [81233.4, 55.5]


def test_data_by_alias() -> None:
    [read] = read_payload(sample("DDATA", 2)).metrics
    assert (read.alias, read.name, read.timestamp_ms, number_of(read, 10)) == (10, None, T8 + MINUTES_15, 81240.9)


def test_historical_and_null() -> None:
    energy, power = read_payload(sample("DDATA", 3)).metrics
    assert (energy.historical, energy.timestamp_ms, number_of(energy, 10)) == (True, T8 - MINUTES_15, 81226.0)
    assert (power.alias, power.null, power.value) == (11, True, None)


def test_command_for_a_rebirth_is_the_sample_to_the_byte() -> None:
    row = SAMPLES[-1]
    assert rebirth_command(T8).hex() == row["payload_hex"]
    assert command_topic(EdgeAddress("Ordos", "GW-150622-0007")) == row["topic"]
    assert read_payload(rebirth_command(T8)).seq is None


def test_state_is_said_and_read() -> None:
    assert state(online=False, at_ms=T8) == b'{"online":false,"timestamp":1795132800000}'
    assert [said_online(state(online=each, at_ms=1)) for each in (True, False)] == [True, False]
    assert [said_online(each) for each in (b"", b"OFFLINE", b"[]", b'{"online":1}', b"[" * 9999)] == [None] * 5
    assert state_topic("enermon") == "spBv1.0/STATE/enermon"


@pytest.mark.parametrize(
    "topic",
    [
        "spBv1.0/G/NBIRTH/E/D",
        "spBv1.0/G/DDATA/E",
        "spBv1.0/G/NCMD/E",
        "spBv1.0/STATE/enermon",
        "spAv1.0/G/NDATA/E",
        "spBv1.0//NDATA/E",
        "spBv1.0/G/NDATA/",
        "spBv1.0/G/DDATA/E/",
        "spBv1.0/G/ndata/E",
        "spBv1.0/G/DDATA/E/D/X",
    ],
)
def test_other_topics_are_none_of_an_edge_node(topic: str) -> None:
    assert edge_topic(topic) is None


@pytest.mark.parametrize(
    ("datatype", "form", "sent", "meant"),
    [
        (1, "int", 0xFB, -5),
        (1, "int", 0xFFFF_FFFB, -5),
        (1, "long", 0xFFFF_FFFF_FFFF_FFFB, -5),
        (1, "int", 127, 127),
        (2, "int", 0x8000, -32768),
        (3, "int", 0xFFFF_FFFF, -1),
        (3, "int", 0xFFFF_FFFF_FFFF_FFFF, -1),
        (3, "long", 0xFFFF_FFFF, -1),
        (4, "long", 0xFFFF_FFFF_FFFF_FFFE, -2),
        (4, "long", 2**53, 2**53),
        (5, "int", 255, 255),
        (6, "int", 65535, 65535),
        (7, "int", 2**32 - 1, 2**32 - 1),
        (7, "long", 2**32 - 1, 2**32 - 1),
        (8, "long", 2**64 - 1, 2.0**64),
        (9, "float", 55.5, 55.5),
        (10, "double", 81233.4, 81233.4),
        (10, "float", 0.5, 0.5),
    ],
)
def test_numbers_by_their_type(datatype: int, form: str, sent: float, meant: float) -> None:
    [read] = read_payload(payload(metric("m", form, sent))).metrics
    assert number_of(read, datatype) == meant


@pytest.mark.parametrize(
    ("datatype", "form", "sent"),
    [
        (1, "int", 0x100),
        (2, "int", 0x12345),
        (5, "int", 256),
        (6, "int", 2**16),
        (7, "long", 2**32),
        (3, "long", 2**40),
        (9, "int", 1),
        (3, "double", 1.0),
        (8, "boolean", True),
        (4, "string", "7"),
    ],
)
def test_what_a_type_does_not_allow_is_refused(datatype: int, form: str, sent: object) -> None:
    [read] = read_payload(payload(metric("m", form, sent))).metrics
    with pytest.raises(ValueFault):
        number_of(read, datatype)


def test_types_that_are_no_numbers_and_types_that_are_none() -> None:
    assert [each for each in range(1, 35) if is_number(each)] == list(range(1, 11))
    for none in (0, 35, 2**31):
        with pytest.raises(ValueFault, match="no datatype"):
            is_number(none)


def test_quality_and_unit_stand_in_the_properties() -> None:
    sent = metric("m", "double", 1.0, properties=properties(Quality=500, engUnit="kWh", other="x"))
    [read] = read_payload(payload(sent)).metrics
    assert (read.quality, read.unit) == (500, "kWh")


def test_nested_properties_are_passed_over_however_deep() -> None:
    nested = b""
    for _ in range(20_000):
        nested = sized(9, nested)
    held = sized(1, b"deep") + sized(2, nested) + sized(1, b"Quality") + sized(2, whole(3, 192))
    [read] = read_payload(payload(metric("m", "int", 7, properties=held))).metrics
    assert (read.value, read.quality) == (7, 192)


def test_unknown_fields_are_passed_over() -> None:
    raw = payload(metric("m", "int", 7) + whole(99, 5) + sized(98, b"x"), seq=4) + sized(4, b"uuid") + sized(5, b"body")
    assert of(raw) == [("m", None, 7)]
    assert read_payload(raw).seq == 4


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"\x08", "does not end"),
        (b"\x08\x80\x80", "does not end"),
        (b"\x08" + b"\x80" * 10 + b"\x01", "does not end"),
        (b"\x08" + b"\xff" * 9 + b"\x02", "more than 64 bits"),
        (b"\x12\x05\x0a", "beyond its message"),
        (b"\x12\x03\x0a\x05a", "beyond its message"),
        (b"\x00", "no field can begin"),
        (b"\x0b", "no field can begin"),
        (whole(3, 256), "seq is 256"),
        (sized(1, b"x"), "timestamp at byte"),
        (whole(2, 1), "metrics at byte"),
        (payload(whole(1, 5)), "field 1 of a metric"),
        (payload(sized(1, b"\xb5\xe7")), "not UTF-8"),
        (payload(metric("m", properties=sized(1, b"Quality"))), "1 keys and 0 values"),
        (payload(metric("m", properties=sized(1, b"k") * 101)), "more than 100 properties"),
        (b"\x12\x00" * 50_001, "more than 50000 metrics"),
        (bytes(LARGEST_BYTES + 1), "at most"),
    ],
)
def test_what_is_not_sparkplug_says_where_and_why(raw: bytes, why: str) -> None:
    with pytest.raises(PayloadFault, match=why):
        read_payload(raw)


def test_every_truncation_of_a_sample_reads_or_says_why() -> None:
    for row in SAMPLES:
        raw = bytes.fromhex(row["payload_hex"])
        for end in range(len(raw)):
            read_or_refused(raw[:end])


@given(st.binary(max_size=300))
def test_anything_reads_or_says_why(raw: bytes) -> None:
    read_or_refused(raw)


@given(st.integers(0, 5), st.data())
def test_a_changed_sample_reads_or_says_why(which: int, data: st.DataObject) -> None:
    raw = bytearray(bytes.fromhex(SAMPLES[which]["payload_hex"]))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    read_or_refused(bytes(raw))


def read_or_refused(raw: bytes) -> None:
    """Read all that can be read; anything but a fault of its own kind is raised."""
    with suppress(PayloadFault):
        for each in read_payload(raw).metrics:
            for datatype in (each.datatype or 0, *range(1, 11)):
                with suppress(ValueFault):
                    assert not is_number(datatype) or isinstance(number_of(each, datatype), float)


@given(st.floats(allow_nan=False), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_what_is_written_is_read(value: float, alias: int, ms: int) -> None:
    [read] = read_payload(payload(metric(None, "double", value, alias=alias, ms=ms))).metrics
    assert (read.alias, read.timestamp_ms) == (alias, ms)
    assert read.value == value
    assert math.copysign(1, number_of(read, 10)) == math.copysign(1, value)


@given(st.integers(-(2**63), 2**63 - 1), st.sampled_from([8, 16, 32, 64]))
def test_whole_numbers_with_sign_come_back_in_every_width(value: int, bits: int) -> None:
    value = (value + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)
    datatype = {8: 1, 16: 2, 32: 3, 64: 4}[bits]
    for width, form in ((bits, 10), (32, 10), (64, 11)):
        if bits <= width and not (width == 64 and form == 10):
            read = SparkplugMetric(form=form, value=value % (1 << width))
            assert number_of(read, datatype) == float(value)


def test_the_largest_payload_is_read() -> None:
    one = sized(2, metric("x" * 900, "int", 1))
    many = one * (LARGEST_BYTES // len(one))
    assert len(read_payload(many).metrics) == LARGEST_BYTES // len(one)
    assert len(varint(2**63)) == 10
