"""Lines of monitors: who may connect, for how long, and that an answer waits for the commit."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_network

import pytest

from services.core.calendar import to_us
from services.ingest.hj212.admission import Admission, MonitorFileError, read_admission
from services.ingest.hj212.answers import framed
from services.ingest.hj212.commanding import Commanding
from services.ingest.hj212.commands import runs_of
from services.ingest.hj212.keep import MonitorFrame
from services.ingest.hj212.segment import DataSegment
from services.ingest.hj212.server import MonitorServer, ServerLimits
from services.ingest.hj212.upload import upload_of
from services.ingest.message import UnreadableMessage
from simulators.hj212.frames import SHANGHAI
from simulators.hj212.line import Line, LineFaults
from simulators.hj212.monitor import Monitor

HEARTBEAT = framed("QN=20260105010000000;ST=31;CN=9015;PW=1;MN=A;Flag=9;CP=&&&&")
OF_ANOTHER = framed("QN=20260105010000001;ST=31;CN=9015;PW=1;MN=B;Flag=9;CP=&&&&")
ANSWER_BYTES = len(framed("QN=20260105010000000;ST=91;CN=9013;PW=1;MN=A;Flag=8;CP=&&&&"))
LOOPBACK = (ip_network("127.0.0.0/8"),)


def serve(
    work: Callable[[MonitorServer, list[MonitorFrame]], Awaitable[None]],
    *,
    limits: ServerLimits | None = None,
    committed: asyncio.Event | None = None,
) -> None:
    """Let `work` speak with a server that stores into a list, once `committed` is set where it is given."""
    kept: list[MonitorFrame] = []

    async def store(frames: Sequence[MonitorFrame]) -> list[UnreadableMessage | None]:
        if committed is not None:
            await committed.wait()
        kept.extend(frames)
        return [frame.read if isinstance(frame.read, UnreadableMessage) else None for frame in frames]

    async def run() -> None:
        server = MonitorServer(limits or ServerLimits(LOOPBACK, 10, 5.0, 5.0), Admission, store)
        await server.start("127.0.0.1", 0)
        storing = asyncio.create_task(server.store_for_ever())
        try:
            await work(server, kept)
        finally:
            await server.stop()
            storing.cancel()

    asyncio.run(run())


async def opened(server: MonitorServer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", server.port)


def test_nothing_is_answered_before_the_commit() -> None:
    committed = asyncio.Event()

    async def work(server: MonitorServer, kept: list[MonitorFrame]) -> None:
        reader, writer = await opened(server)
        writer.write(HEARTBEAT)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.3)
        assert kept == []
        committed.set()
        assert len(await asyncio.wait_for(reader.readexactly(ANSWER_BYTES), 5)) == ANSWER_BYTES
        assert len(kept) == 1

    serve(work, committed=committed)


def test_frame_of_another_monitor_on_the_same_line_is_not_taken() -> None:
    async def work(server: MonitorServer, kept: list[MonitorFrame]) -> None:
        reader, writer = await opened(server)
        writer.write(HEARTBEAT + OF_ANOTHER + HEARTBEAT)
        told = await asyncio.wait_for(reader.readexactly(2 * ANSWER_BYTES), 5)
        assert (told.count(b"MN=A"), told.count(b"MN=B")) == (2, 0)
        assert [getattr(frame.read, "code", "") for frame in kept] == ["", "not_admitted", ""]

    serve(work)


@pytest.mark.parametrize(
    ("limits", "sent"),
    [
        (ServerLimits((ip_network("10.0.0.0/8"),), 10, 5.0, 5.0), HEARTBEAT),
        (ServerLimits(LOOPBACK, 10, 0.2, 5.0), b"##0087QN="),
        (ServerLimits(LOOPBACK, 10, 5.0, 0.2), HEARTBEAT),
    ],
    ids=["address", "no frame", "silent"],
)
def test_line_ends_that_may_not_be_or_says_nothing(limits: ServerLimits, sent: bytes) -> None:
    async def work(server: MonitorServer, kept: list[MonitorFrame]) -> None:
        reader, writer = await opened(server)
        writer.write(sent)
        try:
            told = await asyncio.wait_for(reader.read(), 5)
        except ConnectionResetError:  # ended before what was sent was read
            told = b""
        assert bool(told) == (limits.silence_s < 1)

    serve(work, limits=limits)


def test_one_line_too_many_is_ended_and_the_others_stay() -> None:
    async def work(server: MonitorServer, kept: list[MonitorFrame]) -> None:
        reader, writer = await opened(server)
        writer.write(HEARTBEAT)
        await asyncio.wait_for(reader.readexactly(ANSWER_BYTES), 5)
        second, _ = await opened(server)
        assert await asyncio.wait_for(second.read(), 5) == b""
        writer.write(HEARTBEAT)
        await asyncio.wait_for(reader.readexactly(ANSWER_BYTES), 5)

    serve(work, limits=ServerLimits(LOOPBACK, 1, 5.0, 5.0))


def test_line_that_sends_more_than_is_stored_is_held_back() -> None:
    committed = asyncio.Event()

    async def work(server: MonitorServer, kept: list[MonitorFrame]) -> None:
        reader, writer = await opened(server)
        for _ in range(300):
            writer.write(HEARTBEAT)
        await asyncio.sleep(0.2)
        assert sum(line.room.locked() for line in server._lines) == 1
        committed.set()
        await asyncio.wait_for(reader.readexactly(300 * ANSWER_BYTES), 10)
        assert len(kept) == 300

    serve(work, committed=committed)


def test_monitor_is_told_the_time_once_a_day_and_asked_for_what_is_missing() -> None:
    start = dt.datetime(2026, 1, 5, tzinfo=SHANGHAI)
    wires = list(Monitor("A").frames(start, start + dt.timedelta(hours=6)))
    hours = [wire for wire in wires if wire.command == "2061"]

    async def work(server: MonitorServer, kept: list[MonitorFrame]) -> None:
        line = Line("127.0.0.1", server.port, faults=LineFaults(), store=wires, linger_s=1.5)
        sending = asyncio.create_task(line.send_all(hours[:2]))
        while len(kept) < 2 or not server.speakers():
            await asyncio.sleep(0.01)
        commanding, now = Commanding(server), start + dt.timedelta(hours=7)
        for at in (now, now + dt.timedelta(minutes=30)):
            commanding.set_clocks(at)
            missing = {"A": [start + dt.timedelta(hours=number) for number in (2, 3, 5)]}
            commanding.ask(commanding.to_ask(at), missing, at)
        counts = await sending
        assert (counts.clocks_set, counts.asked_for) == (1, 3)
        brought = [frame.read for frame in kept if isinstance(frame.read, DataSegment)]
        asked_for = [segment for segment in brought if segment.cn == "2061"][2:]
        assert [upload_of(segment).values[0].at_us for segment in asked_for] == [
            to_us(start + dt.timedelta(hours=number)) for number in (2, 3, 5)
        ]
        assert [segment.cn for segment in brought if segment.st == "91"] == ["9011", "9012"] * 3

    serve(work)


def test_hours_are_asked_for_in_runs_of_a_day_at_most() -> None:
    start = dt.datetime(2026, 1, 5, tzinfo=SHANGHAI)
    hours = [start + dt.timedelta(hours=number) for number in (*range(30), 40)]
    assert [(a - start, b - start) for a, b in runs_of(hours)] == [
        (dt.timedelta(hours=first), dt.timedelta(hours=last)) for first, last in ((0, 23), (24, 29), (40, 40))
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mn,pw\n", "line 1: the columns must be mn,gateway,password,key"),
        ("mn,gateway,password,key\nA,,,\nA,,,\n", "line 3: A stands twice"),
        ("mn,gateway,password,key\n,,secret,\n", "line 2: mn is empty"),
        ("mn,gateway,password,key\nA,,secret,abc\n", "line 2: key must be 32 hexadecimal digits"),
        ("mn,gateway,password,key\nA,b\n", "line 2: it must have 4 cells"),
    ],
)
def test_file_of_monitors_that_does_not_keep_its_rules_is_told_without_a_secret(text: str, says: str) -> None:
    with pytest.raises(MonitorFileError) as refused:
        read_admission(text)
    assert str(refused.value).startswith(says)
    assert "secret" not in str(refused.value)


def test_line_of_the_file_gives_gateway_and_key() -> None:
    admission = read_admission("\ufeffmn,gateway,password,key\nDF WSD.1,GW-1,,30303030303030303030303030303030\n")
    assert admission.by_mn["DF WSD.1"].gateway == "GW-1"
    assert admission.keys == {"DF WSD.1": b"0" * 16}
