"""What an enterprise may know of its banner: totals of whole months, each of at least three enterprises."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection

from services.api.asking import ScopeKind
from services.api.energy.answer import EnergyLine
from services.api.energy.ask import Asked, By
from services.api.errors import OUTSIDE_REACH, ProblemKind, Refused
from services.core.calendar import Bucket, Grain, floor
from services.core.db.statements import Statements

SQL = Statements.beside(__file__, "banner_total.sql")

MONTHS_ALONE = ProblemKind("months_alone", 422, "Of its banner an enterprise is told the totals of whole months alone")

LEAST_ENTERPRISES = 3
"""Of fewer, one of them could tell what another uses."""

_BUCKETS = (Bucket.MONTH, Bucket.YEAR, Bucket.TOTAL)


@dataclass(frozen=True, slots=True)
class Shown:
    """The lines that may be told, and of which carriers, flows and periods there are too few enterprises."""

    lines: Sequence[EnergyLine]
    withheld: Sequence[EnergyLine]


def require_banner_total(connection: Connection, credit_code: str, asked: Asked, *, now: datetime) -> None:
    """Refuse what an enterprise may not know of an area. Raises Refused.

    Of shorter times than months, and of months at hand, the differences between answers would give others away.
    """
    own = SQL.run(connection, "own_banner", credit_code=credit_code).scalar()
    if asked.scope is not ScopeKind.AREA or asked.code != own:
        raise Refused(OUTSIDE_REACH, f"scope: {credit_code} may ask for the total of its own banner, area:{own}")
    if not asked.by <= {By.CARRIER, By.FLOW}:
        raise Refused(OUTSIDE_REACH, "by: an enterprise is told its banner's total by carrier and flow alone")
    whole = floor(asked.start, Grain.MONTH) == asked.start and floor(asked.end, Grain.MONTH) == asked.end
    if asked.bucket not in _BUCKETS or not whole or asked.end > floor(now, Grain.MONTH):
        raise Refused(
            MONTHS_ALONE, "ask with bucket month, year or total, from a first of a month to one that is not to come"
        )


def shown(connection: Connection, asked: Asked, lines: Sequence[EnergyLine]) -> Shown:
    """Withhold each line in one of whose months fewer than three enterprises used any of it."""
    rows = SQL.run(
        connection,
        "of_few",
        area=asked.code,
        from_month=asked.start,
        to_month=asked.end,
        least=LEAST_ENTERPRISES,
    )
    few: dict[tuple[str, str | None], list[datetime]] = {}
    for row in rows:
        few.setdefault((row.carrier, row.flow), []).append(row.month)

    def of_few(line: EnergyLine) -> bool:
        months = few.get((line.group.carrier, line.group.flow), [])
        return any(line.start <= month < line.end for month in months)

    return Shown([line for line in lines if not of_few(line)], [line for line in lines if of_few(line)])
