"""What `enermon check` is asked for, as it is typed."""

from datetime import datetime
from typing import Annotated

import typer

from services.core.calendar import OPEN_END_US, OPEN_START_US, SHANGHAI, to_us
from services.energy.check.asked import CheckAsked

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]
_MOMENT = "a day (Asia/Shanghai) or a moment with offset"

SumsOnly = Annotated[bool, typer.Option("--sums-only", help="Only the sums, which the quarter hours are believed for")]
Meters = Annotated[
    list[str] | None,
    typer.Option("--meters", metavar="CODE", help="Book again the readings of this meter alone; may be repeated"),
]
Since = Annotated[
    datetime | None, typer.Option("--from", formats=_FORMATS, help=f"Book again what is from then on: {_MOMENT}")
]
Until = Annotated[
    datetime | None, typer.Option("--to", formats=_FORMATS, help=f"Book again what is before that: {_MOMENT}")
]
Sample = Annotated[
    float,
    typer.Option("--sample", min=0, max=100, metavar="PERCENT", help="Book again so many of the meters, drawn by lot"),
]


def asked_for(
    *, meters: list[str] | None, since: datetime | None, until: datetime | None, percent: float
) -> CheckAsked:
    """What is to be booked again. Raises typer.BadParameter."""
    from_us = OPEN_START_US if since is None else _to_us(since)
    to_us_ = OPEN_END_US if until is None else _to_us(until)
    if to_us_ <= from_us:
        raise typer.BadParameter("not after --from", param_hint="--to")
    if percent == 0:
        raise typer.BadParameter("more than 0; --sums-only books nothing again", param_hint="--sample")
    return CheckAsked(tuple(meters) if meters else None, from_us, to_us_, percent)


def _to_us(moment: datetime) -> int:
    return to_us(moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI))
