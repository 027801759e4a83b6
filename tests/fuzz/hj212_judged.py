"""What must hold of any stream: every good frame is found once and in order, nothing else is, and little is held."""

import random
import time
from dataclasses import dataclass

from services.ingest.hj212.answers import answer_to
from services.ingest.hj212.segment import read_segment
from services.ingest.hj212.stream import MOST_BYTES, FrameReader
from services.ingest.hj212.upload import upload_of
from tests.fuzz.hj212_streams import KEY, KEY_MN, packets, stream

FRAMES_A_STREAM = 100


@dataclass
class StreamVerdict:
    """What became of the frames of one stream."""

    frames: int
    values: int
    unread: int
    missing: int
    answers: int
    bad_crc: int
    longest_s: float


def judge_stream(seed: int) -> StreamVerdict:
    """Read one stream of FRAMES_A_STREAM good frames. Raises AssertionError where a promise is broken."""
    rng = random.Random(seed)
    sent, good = stream(rng, FRAMES_A_STREAM)
    reader, found, longest_s = FrameReader({KEY_MN: KEY}), [], 0.0
    for packet in packets(rng, sent):
        began_s = time.perf_counter()
        found += reader.feed(packet)
        longest_s = max(longest_s, time.perf_counter() - began_s)
        assert reader.held_bytes <= MOST_BYTES, f"{reader.held_bytes} bytes are held"
    reader.close()
    assert found == good, f"{len(found)} frames found of {len(good)}"
    verdict = StreamVerdict(len(found), 0, 0, 0, 0, reader.counts.bad_crc, longest_s)
    for data in found:
        segment = read_segment(data)
        upload = upload_of(segment)
        verdict.values += len(upload.values)
        verdict.unread += len(upload.unread)
        verdict.missing += len(upload.missing)
        answer = answer_to(segment)
        assert (answer is not None) == bool((segment.flag or 0) & 1)
        if answer is not None:
            verdict.answers += 1
            (told,) = FrameReader().feed(answer)
            assert (read_segment(told).qn, read_segment(told).mn) == (segment.qn, segment.mn)
    return verdict
