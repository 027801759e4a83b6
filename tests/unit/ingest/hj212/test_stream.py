"""Frames are found however they were cut, joined, and by what they are surrounded; with SM4 too."""

import pytest

from services.ingest.hj212.crc import crc
from services.ingest.hj212.segment import read_segment
from services.ingest.hj212.stream import FrameReader
from services.ingest.hj212.upload import upload_of

DATA = b"QN=20261120080300120;ST=31;CN=2011;PW=1;MN=A;Flag=5;CP=&&DataTime=20261120080300;a21026-Rtd=18.0&&"
KEY = b"0" * 16
SEALED_HEAD = b"QN=20261120080030121;ST=31;CN=2011;PW=123456;MN=01E4A7150622000000000001;Flag=9;CP=&&"
PLAIN = b"DataTime=20261120080000;a21026-Rtd=18.42,a21026-Flag=N"
SEALED = bytes.fromhex(
    "21DE89B4B996FD6DDAA82B5484EF7E76BAAB15A5A38E313310EEC7F8BF6C5A34DEF85E109F02765FB00A86B8CF5F0026"
)


def frame(data: bytes = DATA, length: int | None = None, checksum: int | None = None) -> bytes:
    return b"##%04d%b%04X\r\n" % (
        len(data) if length is None else length,
        data,
        crc(data) if checksum is None else checksum,
    )


def test_byte_by_byte_and_joined() -> None:
    reader = FrameReader()
    assert [found for byte in frame() * 3 for found in reader.feed(bytes([byte]))] == [DATA] * 3
    assert FrameReader().feed(frame() * 3) == [DATA] * 3


def test_frame_is_given_with_its_last_byte_without_waiting_for_a_line_end() -> None:
    whole = frame().rstrip()
    reader = FrameReader()
    assert reader.feed(whole[:-1]) == []
    assert reader.feed(whole[-1:]) == [DATA]


@pytest.mark.parametrize("before", [b"ping", b"#", b"##", b"##0", b"##9999", b"##0340ST=", b"&&AAAA", b"\xff" * 500])
def test_what_stands_before_costs_no_frame(before: bytes) -> None:
    reader = FrameReader()
    assert reader.feed(before + frame()) == [DATA]
    assert reader.counts.noise_bytes == len(before)


@pytest.mark.parametrize("length", [0, 5, len(DATA) - 1, len(DATA) + 1, 9999])
def test_wrong_length_costs_neither_its_frame_nor_the_next(length: int) -> None:
    reader = FrameReader()
    assert reader.feed(frame(length=length)) == [DATA]
    assert reader.feed(frame()) == [DATA]
    assert (reader.counts.frames, reader.counts.odd_length) == (2, 1)


def test_length_may_be_counted_in_characters() -> None:
    text = "QN=1;ST=32;CN=3020;PW=1;MN=A;Flag=5;CP=&&DataTime=20261120080000;i11001-Info=//清洗管路//&&"
    for codec in ("utf-8", "gb18030"):
        data = text.encode(codec)
        (found,) = FrameReader().feed(frame(data, length=len(text)))
        assert upload_of(read_segment(found)).texts[0].text == "清洗管路"


def test_broken_and_unfinished_frames_are_counted_and_cost_no_other() -> None:
    reader = FrameReader()
    assert reader.feed(frame(checksum=0) + frame()[:40] + frame()) == [DATA]
    assert (reader.counts.bad_crc, reader.counts.unfinished) == (1, 1)


def test_frame_in_sm4_is_decrypted_by_the_key_of_its_monitor() -> None:
    plain = SEALED_HEAD + PLAIN + b"&&"
    sealed = SEALED_HEAD + SEALED + b"Flag=N&&"
    assert (len(sealed), crc(plain)) == (141, 0xEA41)
    keys = {"01E4A7150622000000000001": KEY}
    assert FrameReader(keys).feed(frame(sealed, checksum=0xEA41)) == [plain]
    printed = SEALED_HEAD + b"{" + b",".join(b"0x%02X" % byte for byte in SEALED) + b"}Flag=N&&"
    assert FrameReader(keys).feed(frame(printed, checksum=0xEA41)) == [plain]
    assert FrameReader(keys).feed(frame(plain)) == [plain]


def test_frame_in_sm4_without_its_key_is_counted_as_one_that_lacks_a_key() -> None:
    reader = FrameReader({"another": KEY})
    assert reader.feed(frame(SEALED_HEAD + SEALED + b"Flag=N&&", checksum=0xEA41)) == []
    assert (reader.counts.no_key, reader.counts.bad_crc) == (1, 1)


def test_frame_whose_cipher_has_the_checksum_of_its_text_is_decrypted() -> None:
    head = b"QN=20261120810924021;ST=31;CN=2011;PW=123456;MN=01E4A7150622000000000009;Flag=9;CP=&&"
    sealed = bytes.fromhex("9f11d97d61fb5184be0c3cd344dd67fb") + b"1-Flag=F&&"
    assert crc(head + sealed) == crc(head + b"S01-Rtd=1e999,S01-Flag=F&&")
    keys = {"01E4A7150622000000000009": b"0123456789ABCDEF"}
    assert FrameReader(keys).feed(frame(head + sealed)) == [head + b"S01-Rtd=1e999,S01-Flag=F&&"]


def test_bytes_of_the_next_frame_are_no_checksum_of_one_that_was_cut_off() -> None:
    mn = b"PW=123456;MN=01E4A7150622000000000001;"
    cut = b"##0153QN=20261120967690104;ST=31;CN=2011;" + mn + b"Flag=4;CP=&&D"
    fields = b"DataTime=20261120230700;02-Rtd=NaN,02-Flag=T;beef-Rtd=37.517,beef-Flag=D;S01-Rtd=87.033,S01-Flag=F"
    follows = b"QN=20261120300213529;ST=31;CN=2011;" + mn + b"Flag=9;CP=&&" + fields + b"&&"
    sent = cut + frame(follows)
    assert crc(sent[6:159]) == int(sent[159:163], 16)
    assert FrameReader().feed(sent) == [follows]
