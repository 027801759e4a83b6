"""The frames of the specification, good, bad and odd, and the checksums that the standard prints."""

import csv
import dataclasses
from pathlib import Path

import pytest

from services.ingest.hj212.answers import answer_to, framed
from services.ingest.hj212.crc import crc
from services.ingest.hj212.segment import DataSegment, read_segment
from services.ingest.hj212.stream import FrameReader
from services.ingest.hj212.upload import MeasuredValue, SentText, UnreadValue, moment_us, upload_of
from services.ingest.message import UnreadableMessage

with Path(__file__).with_name("frames.csv").open(encoding="utf-8", newline="") as file:
    ROWS = {row["id"]: row for row in csv.DictReader(file)}
WIRE = {name: row["frame"].replace("\\r\\n", "\r\n").encode() for name, row in ROWS.items()}

PRINTED = [
    ("QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&", 0x1C80),
    ("QN=20240601085857223;ST=32;CN=1011;PW=123456;MN=010000A8900016F000169DC0;Flag=9;CP=&&&&", 0x2200),
    ("QN=20160801085000001;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&", 0xC241),
]


def segment(name: str) -> DataSegment:
    (data,) = FrameReader().feed(WIRE[name])
    return read_segment(data)


def of(fields: str, cn: str = "2011") -> list[MeasuredValue]:
    return list(upload_of(read_segment(f"CN={cn};MN=A;CP=&&{fields}&&".encode())).values)


@pytest.mark.parametrize(("data", "checksum"), PRINTED)
def test_checksum_is_that_of_the_annexes(data: str, checksum: int) -> None:
    assert crc(data.encode()) == checksum


def test_all_frames_but_the_one_with_a_wrong_checksum_are_found() -> None:
    reader = FrameReader()
    found = reader.feed(b"".join(WIRE.values()))
    assert len(found) == len(ROWS) - 1 == 17
    assert (reader.counts.bad_crc, reader.counts.odd_length, reader.counts.unfinished) == (1, 0, 0)
    assert FrameReader().feed(WIRE["a13"]) == []


@pytest.mark.parametrize(
    ("name", "edition", "values", "answered"),
    [
        ("a01", "2017", 9, "9014"),
        ("a03", "2017", 11, "9014"),
        ("a04", "2017", 9, "9014"),
        ("a05", "2017", 12, "9014"),
        ("a06", "2017", 1, None),
        ("a07", "2017", 1, "9014"),
        ("a08", "2017", 1, "9014"),
        ("a09", "2017", 1, "9014"),
        ("a10", "2017", 1, "9014"),
        ("a11", "2017", 1, "9014"),
        ("a12", "2005", 5, None),
        ("a14", "2017", 1, "9014"),
        ("b01", "2025", 0, "9013"),
        ("b03", "2025", 2, "9014"),
        ("b04", "2025", 3, "9014"),
    ],
)
def test_frame_brings_its_values_and_is_answered(name: str, edition: str, values: int, answered: str | None) -> None:
    sent = segment(name)
    upload = upload_of(sent)
    assert (sent.edition, len(upload.values), upload.unread, upload.missing) == (edition, values, (), ())
    answer = answer_to(sent)
    assert (read_segment(FrameReader().feed(answer)[0]).cn if answer else None) == answered


def test_answers_are_those_of_the_specification() -> None:
    assert answer_to(segment("a01")) == WIRE["a02"]
    assert answer_to(segment("b01")) == WIRE["b02"]
    assert answer_to(segment("a02")) is answer_to(segment("b02")) is None


@pytest.mark.parametrize(("flag", "answered"), [("1", 4), ("5", 4), ("9", 8), ("13", 8)])
def test_answer_has_flag_4_and_to_a_monitor_of_2025_flag_8(flag: str, answered: int) -> None:
    answer = answer_to(read_segment(f"QN=1;ST=31;CN=2011;PW=1;MN=A;Flag={flag};CP=&&&&".encode()))
    assert answer == framed(f"QN=1;ST=91;CN=9014;PW=1;MN=A;Flag={answered};CP=&&&&")


def test_values_of_a_day_carry_the_flag_of_their_factor_and_the_start_of_the_day() -> None:
    values = {value.point: value for value in upload_of(segment("a05")).values}
    day_us = moment_us("20261120000000")
    assert day_us is not None
    assert values["2031.w21003-Cou"] == MeasuredValue("2031.w21003-Cou", "w21003", day_us, 2.68, "D")
    assert values["2031.w01018-Max"] == MeasuredValue("2031.w01018-Max", "w01018", day_us, 44.8, "N")


def test_codes_of_2005_are_translated_and_kept() -> None:
    found = {value.point: value.sent_factor for value in upload_of(segment("a12")).values}
    assert found == {
        "2011.a21026-Rtd": "02",
        "2011.a21026-ZsRtd": "02",
        "2011.a21002-Rtd": "03",
        "2011.a19001-Rtd": "S01",
        "2011.a00000-Rtd": "B02",
    }


def test_parts_of_a_message_are_each_a_whole_one_and_a_resent_one_says_so() -> None:
    first, second = segment("a10"), segment("a11")
    assert [(each.qn[-1], each.pnum, each.pno) for each in (first, second)] == [("1", 2, 1), ("2", 2, 2)]
    assert segment("b04").resent
    assert not first.resent


def test_number_of_a_part_may_stand_behind_the_fields() -> None:
    data = b"QN=1;ST=32;CN=2011;PW=1;MN=A;Flag=7;CP=&&DataTime=20261120080000;w01018-Rtd=1&&;PNUM=2;PNO=1"
    sent = read_segment(FrameReader().feed(b"##%04d%b%04X" % (len(data), data, crc(data)))[0])
    assert (sent.pnum, sent.pno, len(upload_of(sent).values)) == (2, 1, 1)


def test_odd_fields_are_read() -> None:
    at_us = moment_us("20261120080000123")
    assert of("DataTime=20261120080000123; w01018-Rtd = 7.5 ,w01018-Flag=N;;") == [
        MeasuredValue("2011.w01018-Rtd", "w01018", at_us or 0, 7.5, "N")
    ]
    assert [value.point for value in of("zz9-Rtd=1;DataTime=20261120080000")] == ["2011.zz9-Rtd"]
    two = of("DataTime=20261120080000;w01018-Rtd=1;DataTime=20261120080100;w01018-Rtd=2")
    assert [value.at_us for value in two] == [moment_us("20261120080000"), moment_us("20261120080100")]


def test_what_is_no_number_is_missing_a_text_or_unread() -> None:
    fields = (
        "DataTime=20261120080000;w01018-Rtd=,w01018-EFlag=A01;w21003-Rtd=--;i11001-Info=//清洗,管路;1//;i12001-Info=3"
    )
    upload = upload_of(read_segment(b"CN=2011;MN=A;CP=&&" + fields.encode("gb18030") + b"&&"))
    assert upload.missing == ("2011.w01018-Rtd",)
    assert upload.unread == (UnreadValue("2011.w21003-Rtd", "20261120080000", "--", has_time=True),)
    assert upload.texts == (SentText("2011.w01018-EFlag", "A01"), SentText("2011.i11001-Info", "清洗,管路;1"))
    assert [value.point for value in upload.values] == ["2011.i12001-Info"]


@pytest.mark.parametrize("ts", ["", "DataTime=2026;", "DataTime=20261320080000;", "DataTime=2026-11-20 08:00:00;"])
def test_value_without_a_right_time_is_not_guessed(ts: str) -> None:
    upload = upload_of(read_segment(f"CN=2011;MN=A;CP=&&{ts}w01018-Rtd=1&&".encode()))
    assert upload.values == ()
    assert [unread.has_time for unread in upload.unread] == [False]


@pytest.mark.parametrize("data", [b"QN=1;CN=2011;CP=&&&&", b"MN=A;CP=&&&&", b"CN=;MN=A;CP=&&&&"])
def test_frame_without_monitor_or_command_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableMessage) as refused:
        read_segment(data)
    assert refused.value.code == "undecodable"


def test_answer_repeats_what_came_byte_by_byte() -> None:
    sent = read_segment("QN=1;ST=31;CN=2061;PW=密;MN=A;Flag=5;CP=&&&&".encode("gb18030"))
    assert answer_to(sent) == framed(
        f"QN=1;ST=91;CN=9014;PW={'密'.encode('gb18030').decode('latin-1')};MN=A;Flag=4;CP=&&&&"
    )
    assert answer_to(dataclasses.replace(sent, cn="9014")) is None
