"""The simulated monitor writes frames of the standard, and sends until it is answered."""

import asyncio
import datetime as dt

import pytest

from services.ingest.hj212.answers import answer_to
from services.ingest.hj212.segment import read_segment
from services.ingest.hj212.stream import FrameReader
from services.ingest.hj212.upload import upload_of
from simulators.hj212.frames import SHANGHAI, checksum
from simulators.hj212.line import Line, LineFaults
from simulators.hj212.monitor import Monitor

START = dt.datetime(2026, 11, 20, tzinfo=SHANGHAI)
DAY = dt.timedelta(days=1)


def test_checksum_is_that_of_the_annex() -> None:
    printed = b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"
    assert checksum(printed) == 0x1C80


@pytest.mark.parametrize("edition", ["2005", "2017", "2025"])
@pytest.mark.parametrize("st", ["31", "32"])
def test_day_is_told_in_ten_minutes_hours_and_as_a_whole(edition: str, st: str) -> None:
    wires = list(Monitor("MN1", st=st, edition=edition).frames(START, START + DAY))
    assert len(wires) == 144 + 24 + 1
    found = FrameReader().feed(b"".join(wire.sent for wire in wires))
    segments = [read_segment(each) for each in found]
    assert {segment.edition for segment in segments} == {edition}
    values = [value for segment in segments for value in upload_of(segment).values]
    factor = "a21026" if st == "31" else "w01018"
    amounts = {
        cn: sum(value.value for value in values if value.point == f"{cn}.{factor}-Cou")
        for cn in ("2051", "2061", "2031")
    }
    assert amounts["2061"] == pytest.approx(amounts["2031"], abs=0.01)
    assert amounts["2051"] == pytest.approx(amounts["2031"], abs=0.1)


def test_line_sends_again_what_was_not_answered() -> None:
    wires = list(Monitor("MN1", edition="2025").frames(START, START + dt.timedelta(hours=3)))
    taken: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = FrameReader()
        while received := await reader.read(4096):
            for data in frames.feed(received):
                segment = read_segment(data)
                taken.append(segment.qn)
                answer = answer_to(segment)
                # The first of every three comes to nothing.
                if answer is not None and len(taken) % 3:
                    writer.write(answer)
        writer.close()

    async def run() -> Line:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        faults = LineFaults(split=0.5, joined=0.2, repeated=0.1, broken=0.1, noise=0.3, dropped=0.1)
        line = Line("127.0.0.1", port, faults=faults, wait_s=0.02)
        async with server:
            await line.send_all(wires)
        return line

    counts = asyncio.run(run()).counts
    assert (counts.frames, counts.answered, counts.unanswered) == (21, 21, [])
    assert set(taken) == {wire.qn for wire in wires}
    assert counts.resent > 0
    assert counts.connections > 1
