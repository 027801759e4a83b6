"""Whatever comes over a line, the good frames in it are found; `make fuzz` tries a million."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.hj212.segment import read_segment
from services.ingest.hj212.stream import MOST_BYTES, FrameReader
from services.ingest.hj212.upload import upload_of
from tests.fuzz.hj212_judged import judge_stream

PIECES = st.sampled_from(
    [b"##", b"##0087", b"##0012", b"&&", b"&&F441", b"CP=&&", b"QN=2;CN=2011;MN=A;", b"CN=9014;MN=1;CP=&&&&", b"\r\n"]
)


def test_ten_thousand_frames_are_found_between_what_is_none() -> None:
    verdicts = [judge_stream(seed) for seed in range(100)]
    assert sum(verdict.frames for verdict in verdicts) == 10_000
    assert min(sum(getattr(v, name) for v in verdicts) for name in ("values", "unread", "missing", "bad_crc")) > 100


@settings(max_examples=300)
@given(st.lists(PIECES | st.binary(max_size=40), max_size=30), st.lists(st.integers(1, 60), max_size=40))
def test_any_split_of_the_same_bytes_gives_the_same_frames(pieces: list[bytes], sizes: list[int]) -> None:
    sent = b"".join(pieces)
    whole, split = FrameReader(), FrameReader()
    frames, at, found = whole.feed(sent), 0, []
    for size in sizes:
        found += split.feed(sent[at : at + size])
        at += size
    found += split.feed(sent[at:])
    whole.close()
    split.close()
    assert (found, split.counts) == (frames, whole.counts)


@settings(max_examples=300)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_fields_are_read(head: bytes, fields: bytes) -> None:
    upload_of(read_segment(b"CN=2011;MN=A;" + head + b"CP=&&" + fields + b"&&"))


def test_bytes_that_only_begin_frames_are_read_in_bounded_time_and_memory() -> None:
    reader = FrameReader()
    for _ in range(20):
        assert reader.feed(b"##9999CN=1;MN=" * 1_000 + b"&&AAAA" * 1_000) == []
        assert reader.held_bytes <= MOST_BYTES
