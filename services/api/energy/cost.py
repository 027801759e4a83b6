"""What sums cost, estimated from the registry before they are read."""

from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from services.api.energy.ask import By
from services.api.energy.scope import SQL, Scoped
from services.api.errors import Refused
from services.api.guard.cost import MOST_LIGHT, MOST_SUMS, TOO_MUCH, require_affordable, take_turn, weight_of_form
from services.core.calendar import Grain, Piece, pieces

_GRAINS = {
    Grain.SLOT: timedelta(minutes=15),
    Grain.HOUR: timedelta(hours=1),
    Grain.DAY: timedelta(days=1),
    Grain.MONTH: timedelta(days=30),
}
WEIGHT_OF_BALANCE = 2
"""A sum of a balance is valued on both bases, and told in a row that has all terms."""
MOST_EXPLAINED = 200
_MOST_MEASURES, _USUAL_MEASURES = 50, 10
"""Pairs of carrier and flow: more than there are in a place, and as many as there may be as a rule."""
_SLOTS_OF_EDGES = 6
"""Quarter hours before the first whole hour of a range and after the last one."""


def require_affordable_sums(
    connection: Connection,
    scoped: Scoped,
    *,
    now: datetime,
    with_estimates: bool = False,
    compared: bool = False,
    weight: int = 1,
) -> None:
    """Refuse a question whose sums would cost too much. Raises Refused(TOO_MUCH), and NotYet.

    The registry is counted only where by an estimate from the scope alone it may be heavy. What is compared is read and
    told twice; `weight`: as how many sums of energy one counts, before the form of the answer.
    """
    times = 2 if compared else 1
    weighed = times * weight * weight_of_form()
    asked, wanted, frame = scoped.asked, scoped.wanted, scoped.frame
    # Nothing is kept of what is still to come.
    end = min(asked.end, now + timedelta(days=1))
    periods = sum(frame.bounds(period)[0] < end for period in frame.periods)
    kept = [piece for piece in pieces(asked.start, asked.end, coarsest=frame.coarsest) if piece.start < end]
    slots = sum(_times(piece, end) for piece in kept if piece.grain is Grain.SLOT)
    longer = sum(_times(piece, end) for piece in kept if piece.grain is not Grain.SLOT)
    hours = max(0, (end - asked.start) // _GRAINS[Grain.HOUR]) if with_estimates else 0
    named = wanted.among.meter_ids
    if named is not None and len(named) * max(periods, slots + longer + hours) * weighed <= MOST_LIGHT:
        return
    places = None if wanted.kept is None else len(wanted.kept.subjects)
    at_edges = slots + hours <= _SLOTS_OF_EDGES
    if places is not None and at_edges and places * _MOST_MEASURES * max(periods, longer) * weighed <= MOST_SUMS:
        take_turn(places * _USUAL_MEASURES * max(periods, longer) * weighed)
        return
    found = SQL.run(
        connection,
        "weighed",
        meter_ids=None if named is None else list(named),
        carrier=asked.carrier,
        flows=[str(flow) for flow in asked.flows],
    ).one()
    groups = _groups(scoped, found)
    read = (slots + hours) * found.meters + longer * (found.meters if wanted.kept is None else groups)
    require_affordable(sums=groups * periods * weighed, read=read * times)


def require_explainable(rows: int) -> None:
    """Refuse to explain more than 200 rows at once: each has all its terms. Raises Refused(TOO_MUCH)."""
    if rows > MOST_EXPLAINED:
        raise Refused(TOO_MUCH, f"explain: at most {MOST_EXPLAINED} rows a page; ask with limit={MOST_EXPLAINED}")


def _times(piece: Piece, end: datetime) -> int:
    return -((piece.start - min(piece.end, end)) // _GRAINS[piece.grain])


def _groups(scoped: Scoped, found: Any) -> int:
    """How many sums a period has at most: those that can be told apart, each of a carrier and a flow."""
    by = scoped.asked.by
    if By.METER in by:
        return int(found.meters)
    if By.UNIT in by:
        return int(found.of_units)
    if by & {By.ENTERPRISE, By.PARK}:
        return int(found.of_enterprises)
    return int(found.of_banners if by & {By.AREA, By.LEAGUE, By.BANNER} else found.measures)
