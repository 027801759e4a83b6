"""What an indicator costs, estimated before it is formed."""

from collections.abc import Sequence

from psycopg import Connection

from services.api.energy.scope import SQL
from services.api.guard.cost import MOST_LIGHT, require_affordable
from services.judging.indicators.evaluate import Question, subjects_of
from services.judging.indicators.kinds import Indicator

_SUMS_OF_RATIO = 15
"""A ratio costs as much as so many sums, some 0.4 ms of a unit: it is formed of several, and judged."""


def require_affordable_ratios(
    connection: Connection, indicators: Sequence[Indicator], asked: Question, *, times: int = 1
) -> None:
    """Refuse indicators of too many places or units in too many periods, each formed so many times.

    Raises Refused(TOO_MUCH), NotYet, and UnknownScopeError for a unit.
    """
    periods = max(len(asked.frame.cells), len(asked.frame.periods)) * _SUMS_OF_RATIO * times
    most = SQL.run(connection, "registered").one().units + len(asked.scope.tree.level)
    if most * periods * len(indicators) > MOST_LIGHT:
        subjects = sum(subjects_of(connection, indicator, asked) for indicator in indicators)
        require_affordable(sums=subjects * periods)
