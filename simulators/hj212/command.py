"""`enermon-sim hj212`."""

import asyncio
import datetime as dt
import json
from dataclasses import asdict
from typing import Annotated

import typer

from simulators.hj212.frames import SHANGHAI
from simulators.hj212.line import Line, LineCounts, LineFaults
from simulators.hj212.monitor import Monitor, Wire
from simulators.options import clear_errors, moment_ms

_SHARE = {"min": 0.0, "max": 1.0}


def hj212(
    address: Annotated[str, typer.Argument(metavar="HOST:PORT", help="Where the server listens")],
    mn: Annotated[list[str], typer.Option(help="Number of a monitor; several times for several")],
    st: Annotated[str, typer.Option(help="System: 31 flue gas, 32 waste water")] = "31",
    edition: Annotated[str, typer.Option(help="2005, 2017 or 2025")] = "2017",
    password: Annotated[str, typer.Option(envvar="ENERMON_SIM_HJ212_PW", help="PW of the monitors")] = "123456",  # noqa: S107 - the one that the standard prints
    start: Annotated[str, typer.Option("--from", metavar="T", help="Begin here; empty: so many hours ago")] = "",
    hours: Annotated[int, typer.Option(min=1, help="Hours of history that are sent")] = 24,
    live: Annotated[bool, typer.Option("--live", help="Go on in real time after them")] = False,
    realtime_s: Annotated[int, typer.Option(min=0, max=600, help="Real-time values so often; 0: none")] = 0,
    stuck_day: Annotated[
        list[int] | None, typer.Option(help="Day from the first (0) on which values stand still")
    ] = None,
    faulty_day: Annotated[list[int] | None, typer.Option(help="Day on which all is flagged D")] = None,
    silent_hours: Annotated[
        str, typer.Option(metavar="A-B", help="Hours from the first that are sent only when asked for")
    ] = "",
    split: Annotated[float, typer.Option(**_SHARE, help="Share of frames in several packets")] = 0.0,
    joined: Annotated[float, typer.Option(**_SHARE, help="Share of packets that are joined")] = 0.0,
    repeated: Annotated[float, typer.Option(**_SHARE, help="Share of frames sent twice")] = 0.0,
    broken: Annotated[float, typer.Option(**_SHARE, help="Share of frames with a wrong checksum first")] = 0.0,
    noise: Annotated[float, typer.Option(**_SHARE, help="Share of frames behind other bytes")] = 0.0,
    dropped: Annotated[float, typer.Option(**_SHARE, help="Share of frames behind which the line breaks")] = 0.0,
    linger_s: Annotated[float, typer.Option(min=0.0, help="Listen so long at the end, and do what is asked")] = 0.0,
    wait_s: Annotated[float, typer.Option(min=0.01, help="Wait so long for an answer")] = 10.0,
    seed: Annotated[int, typer.Option(help="The same seed sends the same")] = 1,
) -> None:
    """Speaks HJ 212 as monitors of flue gas or waste water do, over TCP.

    What is not answered is sent again, three times and then as history. At the end one line a monitor says what became
    of it, as JSON; code 1 where something was never answered.

    Example: enermon-sim hj212 127.0.0.1:10212 --mn 01E4A7150622000000000001 --hours 48 --split 0.3 --repeated 0.05
    """
    with clear_errors():
        host, colon, port = address.rpartition(":")
        if not colon or not port.isdigit():
            raise ValueError(f"{address!r} is no address: write 127.0.0.1:10212")
        now = dt.datetime.now(SHANGHAI).replace(minute=0, second=0, microsecond=0)
        begins = dt.datetime.fromtimestamp(moment_ms(start) / 1000, SHANGHAI) if start else now - hours * _HOUR
        silent = _hours(silent_hours)
        faults = LineFaults(split, joined, repeated, broken, noise, dropped, seed)
        monitors = [
            Monitor(
                each,
                st=st,
                edition=edition,
                password=password,
                seed=seed,
                stuck=frozenset(stuck_day or ()),
                faulty=frozenset(faulty_day or ()),
                realtime_s=realtime_s,
            )
            for each in mn
        ]

        async def speak(monitor: Monitor) -> LineCounts:
            until = begins + hours * _HOUR
            store = list(monitor.frames(begins, until))
            line = Line(host, int(port), faults=faults, wait_s=wait_s, store=store, linger_s=linger_s)
            counts = await line.send_all([wire for wire in store if not _is_silent(wire, begins, silent)])
            while live:
                next_hour = until + _HOUR
                for wire in monitor.frames(until, next_hour):
                    await asyncio.sleep(max(0.0, (wire.due - dt.datetime.now(SHANGHAI)).total_seconds()))
                    counts = await line.send_all([wire])
                until = next_hour
            return counts

        async def speak_all() -> list[LineCounts]:
            return await asyncio.gather(*map(speak, monitors))

        lost = False
        for monitor, counts in zip(monitors, asyncio.run(speak_all()), strict=True):
            told = asdict(counts) | {"mn": monitor.mn, "unanswered": len(counts.unanswered)}
            typer.echo(json.dumps(told))
            lost = lost or bool(counts.unanswered)
        if lost:
            raise typer.Exit(1)


_HOUR = dt.timedelta(hours=1)


def _hours(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    if not text:
        return 0, 0
    if not (dash and first.isdigit() and last.isdigit() and int(first) < int(last)):
        raise ValueError(f"{text!r} are no hours: write 2-4 for the third and the fourth")
    return int(first), int(last)


def _is_silent(wire: Wire, begins: dt.datetime, silent: tuple[int, int]) -> bool:
    return silent[0] * _HOUR < wire.due - begins <= silent[1] * _HOUR
