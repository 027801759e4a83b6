"""How good the data of many meters were, day by day: a row a meter or enterprise, a cell a day."""

import enum
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import floor
from typing import Any, Literal

from psycopg import Connection
from pydantic import Field

from services.api.guard.cost import require_affordable
from services.api.listing import MOST_COUNTED
from services.api.paging import Pager
from services.api.quality.ask import DaysQuery, QualityBucket, QualityBy, ScopeConditions
from services.api.quality.scores import in_time_of, inconsistent_days, weights_of
from services.core.db.statements import Statements
from services.quality.score import Tally, dimension, scores
from services.quality.tables import QualityTables

SQL = Statements.beside(__file__, "matrix.sql")
LONGEST_MATRIX_DAYS = 92
_DAY_S = 86_400
_CUT = 10_000
"""A score is cut to four digits and not rounded: what is not whole does not read as whole."""
_EXACT = 1e-7
"""By so much a product of floats may fall short."""

MatrixBy = Literal[QualityBy.METER, QualityBy.ENTERPRISE]


class MatrixScore(enum.StrEnum):
    """What a cell may be."""

    COMPLETENESS = "completeness"
    TIMELINESS = "timeliness"
    VALIDITY = "validity"
    ACCURACY = "accuracy"
    CONSISTENCY = "consistency"
    COMPOSITE = "composite"


class CellState(enum.StrEnum):
    """What there is to say of a day, in one sign."""

    UNEXPECTED = "."
    """No readings are expected, or the day has not begun."""
    UNJUDGED = "-"
    """Readings are expected, and there is nothing this score could be formed of."""
    JUDGED = "="
    FOUND = "!"
    """A check has found something; `values` has the score all the same, where there is one."""


class MatrixQuery(DaysQuery):
    """The parameters of the matrix. Without `start`: from the first of this month on."""

    by: MatrixBy = Field(QualityBy.METER, description="What a row is")
    score: MatrixScore = Field(MatrixScore.COMPLETENESS, description="What a cell is")
    limit: int = Field(1000, ge=1, le=1000, description="Rows a page")
    total: bool = Field(False, description="Whether to count the rows of all pages")


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A row: whose it is, and of each day its score, its state and what was found."""

    code: str
    unit: str
    enterprise: str
    area: str
    values: list[float | None]
    states: str
    findings: list[tuple[date, str]]


def matrix(
    connection: Connection,
    tables: QualityTables,
    query: MatrixQuery,
    place: ScopeConditions,
    days: tuple[date, date],
    *,
    now: datetime,
) -> tuple[list[MatrixRow], str | None]:
    """The rows of the page that `query` asks for, and the cursor of the next one. Only they are computed."""
    pager = Pager(query, of="matrix")
    (after,) = pager.after(str) or ("",)
    found = _rows_of(connection, query, place, days, after=after, most=query.limit + 1)
    shown, following = pager.cut(found, lambda row: [row.code])
    meter_ids = sorted({number for row in shown for number in row.meter_ids})
    length = (days[1] - days[0]).days
    require_affordable(sums=len(shown) * length, read=len(meter_ids) * length)
    if not shown:
        return [], None
    tallies = _tallies(connection, tables, query, place, days, meter_ids, _within(query, place, days), now=now)
    checks = _findings(connection, query, days, meter_ids)
    weights = weights_of(tables)
    return [_row(row, query, days, tallies[row.code], checks[row.code], weights) for row in shown], following


def count_rows(connection: Connection, query: MatrixQuery, place: ScopeConditions, days: tuple[date, date]) -> int:
    """How many rows all pages have."""
    found = _rows_of(connection, query, place, days, after="", most=MOST_COUNTED)
    return len(found)


def _rows_of(
    connection: Connection,
    query: MatrixQuery,
    place: ScopeConditions,
    days: tuple[date, date],
    *,
    after: str,
    most: int,
) -> Sequence[Any]:
    return SQL.run(
        connection,
        "matrix_rows",
        meter_ids=place.meter_ids,
        after=after,
        row_limit=most,
        **_within(query, place, days),
    ).all()


def _within(query: MatrixQuery, place: ScopeConditions, days: tuple[date, date]) -> dict[str, Any]:
    of_place = {"unit_ids": place.unit_ids, "areas": place.areas, "park_id": place.park_id}
    return {**of_place, "by": str(query.by), "from_day": days[0], "to_day": days[1]}


def _tallies(
    connection: Connection,
    tables: QualityTables,
    query: MatrixQuery,
    place: ScopeConditions,
    days: tuple[date, date],
    meter_ids: Sequence[int],
    within: Mapping[str, Any],
    *,
    now: datetime,
) -> Mapping[str, Mapping[int, Tally]]:
    """By row and position of the day."""
    inconsistent: Mapping[tuple[date, str], int] = {}
    if query.score in (MatrixScore.CONSISTENCY, MatrixScore.COMPOSITE):
        inconsistent = inconsistent_days(connection, place, days, QualityBucket.DAY, query.by, meter_ids=meter_ids)
    tallies: dict[str, dict[int, Tally]] = defaultdict(dict)
    cells = SQL.run(connection, "matrix_cells", meter_ids=meter_ids, now=now, **within, **in_time_of(tables))
    for code, positions, *columns in cells:
        for position, (expected_s, timed, registered, calibrated, received, on_time, valid, measured_s) in zip(
            positions, zip(*columns, strict=True), strict=True
        ):
            tallies[code][position] = Tally(
                expected_s=expected_s,
                timed=timed,
                registered=registered,
                calibrated=calibrated,
                received=received,
                on_time=on_time,
                valid=valid,
                measured_s=measured_s,
                meter_days=expected_s / _DAY_S,
                inconsistent=inconsistent.get((days[0] + timedelta(days=position), code), 0),
            )
    return tallies


def _findings(
    connection: Connection, query: MatrixQuery, days: tuple[date, date], meter_ids: Sequence[int]
) -> Mapping[str, list[tuple[date, str]]]:
    found: dict[str, list[tuple[date, str]]] = defaultdict(list)
    for row in SQL.run(
        connection, "matrix_findings", by=str(query.by), meter_ids=meter_ids, from_day=days[0], to_day=days[1]
    ):
        found[row.code].append((row.day, row.check))
    return found


def _row(
    row: Any,
    query: MatrixQuery,
    days: tuple[date, date],
    tallies: Mapping[int, Tally],
    findings: list[tuple[date, str]],
    weights: Mapping[str, float],
) -> MatrixRow:
    found_on = {day for day, _ in findings}
    values, states = [], []
    for position in range((days[1] - days[0]).days):
        tally = tallies.get(position)
        value = None if tally is None else _value(query.score, tally, weights)
        values.append(None if value is None else floor(value * _CUT + _EXACT) / _CUT)
        if days[0] + timedelta(days=position) in found_on:
            states.append(CellState.FOUND)
        elif tally is None:
            states.append(CellState.UNEXPECTED)
        else:
            states.append(CellState.UNJUDGED if value is None else CellState.JUDGED)
    return MatrixRow(row.code, row.unit, row.enterprise, row.area, values, "".join(states), findings)


def _value(score: str, tally: Tally, weights: Mapping[str, float]) -> float | None:
    return scores(tally, weights).composite if score == MatrixScore.COMPOSITE else dimension(score, tally)
