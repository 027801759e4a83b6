"""What left of the renewable electricity of a place: electricity sold by enterprises that have some.

What left is not consumed. Who makes electricity of coal sells that, whatever renewable electricity it buys.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from psycopg import Connection

from services.core.frame import Frame
from services.core.meter import Flow
from services.energy.by_subject import Sums
from services.energy.sums import read_sums
from services.energy.wanted import Wanted
from services.judging.data.tables import Tables
from services.judging.indicators.judged_by import Metric
from services.judging.indicators.kinds import Indicator
from services.judging.indicators.scope import SQL


def sold_beside_renewable(
    connection: Connection,
    tables: Tables,
    indicators: Iterable[Indicator],
    wanted: Wanted,
    frame: Frame,
    *,
    now: datetime,
) -> Sums | None:
    """The electricity so sold by those who are `wanted`, told apart as they are; None where nobody sells any."""
    if not any(indicator.nets_renewable for indicator in indicators):
        return None
    of_coal = [process.code for process in tables.processes if process.metric is Metric.COAL_SUPPLY]
    sellers = set(SQL.run(connection, "sellers_with_renewable", of_coal=of_coal).scalars())
    if wanted.among.unit_ids is not None:
        sellers &= set(wanted.among.unit_ids)
    if not sellers:
        return None
    among = replace(wanted.among, unit_ids=sorted(sellers))
    sold = replace(wanted, among=among, kept=None, carriers=["electricity"], flows=[Flow.OUTPUT])
    return read_sums(connection, sold, frame, now=now)
