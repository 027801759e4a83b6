"""How units stand to the levels and the mandatory limit of their product, beside another list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection

from services.core.area_tree import AreaTree
from services.core.frame import Frame
from services.judging.data.tables import Tables
from services.judging.indicators.aims import Where
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.judging import Judgement, judged
from services.judging.indicators.kinds import Indicator
from services.judging.indicators.listing import BY_METRIC
from services.judging.indicators.scope import JudgedUnit
from services.judging.lists.measured import ratios_of


@dataclass(frozen=True, slots=True)
class ProductEnergy:
    """The indicator by which a unit's process is judged, and how the unit stands to it."""

    indicator: Indicator
    found: Evaluated
    judgement: Judgement


def product_energy(
    connection: Connection,
    tables: Tables,
    tree: AreaTree,
    units: Sequence[JudgedUnit],
    frame: Frame,
    *,
    now: datetime,
) -> Mapping[str, ProductEnergy]:
    """By code, of those of these units whose process has such an indicator, over the one period of the frame."""
    known = [process for process in tables.processes if process.metric in BY_METRIC]
    indicators = {process.code: BY_METRIC[process.metric][0] for process in known}
    of_known = [unit for unit in units if unit.process in indicators]
    where = Where(None, None, tree)
    told = {}
    for found in ratios_of(connection, tables, of_known, indicators, frame, now=now):
        (unit,) = found.units
        indicator = indicators[unit.process or ""]
        told[unit.code] = ProductEnergy(indicator, found, judged(tables, indicator, found, where))
    return told
