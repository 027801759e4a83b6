"""What a monitor is told where that was asked for: the time, and which hours are missing. Pure.

These two and no others: nothing here makes an instrument calibrate, sample or clean (3011 to 3016).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from services.core.calendar import SHANGHAI
from services.ingest.hj212.answers import framed
from services.ingest.hj212.segment import DataSegment

SET_CLOCK, HOURS = "1012", "2061"
MOST_HOURS_A_REQUEST = 24
_HOUR = timedelta(hours=1)
_WANTS_ANSWER = 1


def set_clock(last: DataSegment, *, now: datetime) -> bytes:
    """The frame that sets the clock of the monitor that has sent `last`."""
    return _command(last, SET_CLOCK, f"SystemTime={_stamp(now)}", now)


def ask_for_hours(last: DataSegment, *, first: datetime, final: datetime, now: datetime) -> bytes:
    """The frame that asks for the hours that begin from `first` to `final`, both included."""
    return _command(last, HOURS, f"BeginTime={_stamp(first)};EndTime={_stamp(final)}", now)


def runs_of(hours: Iterable[datetime]) -> Iterator[tuple[datetime, datetime]]:
    """Hours in their order as runs, each from its first to its last one, MOST_HOURS_A_REQUEST at most."""
    first = final = None
    for hour in hours:
        if first is None or final is None or hour - final != _HOUR or hour - first >= MOST_HOURS_A_REQUEST * _HOUR:
            if first is not None and final is not None:
                yield first, final
            first = hour
        final = hour
    if first is not None and final is not None:
        yield first, final


def _command(last: DataSegment, command: str, fields: str, now: datetime) -> bytes:
    number = f"{_stamp(now)}{now.microsecond // 1000:03d}"
    flag = (last.version << 2) | _WANTS_ANSWER
    head = f"QN={number};ST={last.st};CN={command};PW={last.pw};MN={last.mn};Flag={flag}"
    return framed(f"{head};CP=&&{fields}&&")


def _stamp(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S")
