"""Reads what people entered by hand of units without a meter, to be put beside what was measured."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection

from services.core.calendar import SHANGHAI, Bucket, Grain, bucket_following, ceil, start_of_day
from services.core.db.registry_rows import RegistryRows
from services.core.db.statements import Statements
from services.core.frame import Frame
from services.core.meter import Flow
from services.energy.amount import Measure
from services.energy.by_subject import Subject
from services.energy.heat_value import ByHeatValue, ValuedBy, heat_value_of
from services.energy.wanted import SumGrouping, Wanted

_ROWS = RegistryRows(Statements.beside(__file__, "manual.sql"))


@dataclass(slots=True)
class ManualAmount:
    """What some reports say together."""

    pico: defaultdict[ValuedBy, int] = field(default_factory=lambda: defaultdict(int))
    """1e-12 of the carrier's unit, after the year whose coefficients hold, or the heat value that goes before them."""
    reports: int = 0


@dataclass(slots=True)
class ManualSums:
    """What counts by hand, by subject, number of the period, and carrier and flow."""

    found: defaultdict[tuple[Subject, int, Measure], ManualAmount] = field(
        default_factory=lambda: defaultdict(ManualAmount)
    )
    left_out: int = 0
    """Reports of months that lie in the range and in no period as a whole: a month is never divided."""


def read_manual(connection: Connection, wanted: Wanted, frame: Frame) -> ManualSums:
    """What was entered by hand of the months that lie as a whole in the periods of the frame.

    Those of units that have a meter of the carrier and flow are not among them: they are compared, and never added.
    None are where meters are asked for.
    """
    sums, among = ManualSums(), wanted.among
    places = (among.unit_ids, among.banners, among.park_ids)
    of_one_meter = among.meter_ids is not None and all(each is None for each in places)
    of_nobody = among.unit_ids is not None and not among.unit_ids
    if of_one_meter or of_nobody or SumGrouping.METER in wanted.apart:
        return sums
    starts = [frame.bounds(period)[0] for period in frame.periods]
    for row in _ROWS.all(connection, "manual_reports", **_asked(wanted, frame)):
        start = start_of_day(row.reported_month)
        number = bisect_right(starts, start) - 1
        if number < 0 or bucket_following(start, Bucket.MONTH) > frame.bounds(frame.periods[number])[1]:
            sums.left_out += 1
            continue
        by = _valued_by(row)
        areas = (None,) if wanted.areas is None else wanted.areas.get(row.area_code, ())
        for area in areas:
            subject = Subject(area, row.park_id, row.enterprise_id, row.unit_id)
            amount = sums.found[subject, number, (row.carrier, Flow(row.flow))]
            amount.pico[by] += int(row.quantity_pico)
            amount.reports += 1
    return sums


def _asked(wanted: Wanted, frame: Frame) -> Mapping[str, Any]:
    among = wanted.among
    given = {
        "unit_ids": among.unit_ids,
        "banners": among.banners,
        "park_ids": among.park_ids,
        "carriers": wanted.carriers,
    }
    return {
        "from_month": frame.start.astimezone(SHANGHAI).date().replace(day=1),
        "to_month": ceil(frame.end, Grain.DAY).date(),
        **{name: None if values is None else list(values) for name, values in given.items()},
        "flows": [str(flow) for flow in wanted.flows],
        "by_area": wanted.areas is not None,
        **{f"by_{part}": part in wanted.apart for part in SumGrouping if part is not SumGrouping.METER},
    }


def _valued_by(row: Any) -> ValuedBy:
    year: int = row.reported_month.year
    if row.heat_value_id is None:
        return year
    return ByHeatValue(year, heat_value_of(row))
