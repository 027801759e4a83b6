"""Reads what was expected, counted and found, and forms the scores of it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection

from services.api.quality.ask import QualityBucket, QualityBy, ScopeConditions
from services.core.calendar import Grain, following, start_of_day
from services.core.db.statements import Statements
from services.quality.checks.kinds import cross_checks
from services.quality.score import DIMENSIONS, Scores, Tally, scores
from services.quality.tables import QualityTables

SQL = Statements.beside(__file__, "quality.sql")
_DAY_S = 86_400


class ScoreLine(NamedTuple):
    """The scores of a group in a bucket."""

    start: datetime
    end: datetime
    group: str
    tally: Tally
    scores: Scores


def weights_of(tables: QualityTables) -> dict[str, float]:
    """The weight of each dimension."""
    return {name: float(tables.parameter(f"quality_weight_{name}").value) for name in DIMENSIONS}


def in_time_of(tables: QualityTables) -> dict[str, float]:
    """Until when a reading is in time: so many intervals and seconds after its time."""
    return {
        "intervals": float(tables.parameter("on_time_intervals").value),
        "margin_s": float(tables.parameter("on_time_margin").value),
    }


def buckets_of(start: date, end: date, bucket: QualityBucket) -> list[tuple[datetime, datetime]]:
    """Start and end of each bucket, cut to the range."""
    if bucket is QualityBucket.TOTAL:
        return [(start_of_day(start), start_of_day(end))]
    grain = Grain.DAY if bucket is QualityBucket.DAY else Grain.MONTH
    found, at, last = [], start_of_day(start), start_of_day(end)
    while at < last:
        edge = following(at.replace(day=1) if grain is Grain.MONTH else at, grain)
        found.append((at, min(edge, last)))
        at = edge
    return found


def lines(
    connection: Connection,
    tables: QualityTables,
    place: ScopeConditions,
    days: tuple[date, date],
    bucket: QualityBucket,
    by: QualityBy,
    *,
    now: datetime,
) -> list[ScoreLine]:
    """The scores in the order of time and group."""
    buckets = buckets_of(*days, bucket)
    tallies = _tallies(connection, tables, place, days, buckets, bucket, by, now=now)
    weights = weights_of(tables)
    return [
        ScoreLine(*buckets[position], group, tally, scores(tally, weights))
        for (position, group), tally in sorted(tallies.items())
    ]


def _tallies(
    connection: Connection,
    tables: QualityTables,
    place: ScopeConditions,
    days: tuple[date, date],
    buckets: list[tuple[datetime, datetime]],
    bucket: QualityBucket,
    by: QualityBy,
    *,
    now: datetime,
) -> dict[tuple[int, str], Tally]:
    found: dict[tuple[int, str], Tally] = defaultdict(Tally)
    grouped: dict[str, Any] = {**place.parameters, "by": str(by)}
    starts, ends = [start for start, _ in buckets], [end for _, end in buckets]
    edges = {"buckets": starts, "ends": ends, "now": now} | in_time_of(tables)
    for row in SQL.run(connection, "expected", **edges, **grouped):
        found[row.position - 1, row.grouped] += Tally(
            expected=row.expected,
            expected_s=row.expected_s,
            timed=row.timed,
            registered=row.registered,
            calibrated=row.calibrated,
            unrated=row.unrated,
            meter_days=row.expected_s / _DAY_S,
        )
    when = {"trunc": str(bucket), "from_day": days[0], "to_day": days[1]}
    # a month that the range cuts begins with the range
    position_of = {start.date(): i for i, start in enumerate(starts)}
    if bucket is QualityBucket.MONTH:
        position_of[starts[0].date().replace(day=1)] = 0
    for row in SQL.run(connection, "counted", **when, **grouped):
        found[position_of[row.bucket], row.grouped] += Tally(
            readings=int(row.readings),
            received=int(row.received),
            on_time=int(row.on_time),
            valid=int(row.valid),
            measured_s=int(row.measured_s),
            resets=int(row.resets),
        )
    for (bucket_day, group), meter_days in inconsistent_days(connection, place, days, bucket, by).items():
        found[position_of[bucket_day], group] += Tally(inconsistent=meter_days)
    return {key: tally for key, tally in found.items() if tally.expected > 0}


def inconsistent_days(
    connection: Connection,
    place: ScopeConditions,
    days: tuple[date, date],
    bucket: QualityBucket,
    by: QualityBy,
    *,
    meter_ids: Sequence[int] | None = None,
) -> dict[tuple[date, str], int]:
    """By first day of the bucket and group: days of meters with a finding across meters and reports.

    `meter_ids`: of these meters of the place alone.
    """
    within = place.parameters if meter_ids is None else place.parameters | {"meter_ids": list(meter_ids)}
    rows = SQL.run(
        connection,
        "inconsistent",
        slugs=list(cross_checks()),
        trunc=str(bucket),
        from_day=days[0],
        to_day=days[1],
        by=str(by),
        **within,
    )
    return {(row.bucket, row.grouped): int(row.meter_days) for row in rows}
