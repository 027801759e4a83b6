"""One subject of a rule over time: its value, what that was held against, and the verdict, period after period.

Stands on what is known today: readings that came late are in it, and the registry is that of today.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from psycopg import Connection

from services.alerts.observe.dry_run import WITHOUT_PAST
from services.alerts.observe.observe import measures_of, observed_in
from services.alerts.observe.view import View, Whom
from services.alerts.rules.rule import Rule, RulePeriod
from services.alerts.state.observation import Observation
from services.core.calendar import MONTHS_OF_YEAR, Grain, floor, following, months_before, year_floor
from services.judging.data.tables import Tables

MOST_POINTS = {Grain.HOUR: 168, Grain.DAY: 62, Grain.MONTH: 24, None: 10}
"""So long a series may be, by how often it has a point; None: once a year."""
BEFORE = {Grain.HOUR: 24, Grain.DAY: 30, Grain.MONTH: 12, None: 4}
"""So many points there are before an alert fired, where nothing else is asked for."""


def grain_of(rule: Rule) -> Grain | None:
    """How often its subjects have a value of their own; None: once a year."""
    if rule.period is RulePeriod.HOUR:
        return Grain.HOUR
    if rule.indicator in WITHOUT_PAST:
        return Grain.HOUR
    if rule.running or rule.period in (RulePeriod.DAY, RulePeriod.NOW):
        return Grain.DAY
    return None if rule.period is RulePeriod.YEAR else Grain.MONTH


def moments_of(grain: Grain | None, fired_at: datetime, until: datetime) -> list[datetime]:
    """When a series of an alert has its points: from before it fired until `until`, the newest where those are many."""
    moment, found = _before(grain, fired_at), []
    while moment <= until:
        found.append(moment)
        moment = _after(grain, moment)
    return found[-MOST_POINTS[grain] :]


def observations_of(
    connection: Connection, tables: Tables, rule: Rule, whom: Whom, moments: Iterable[datetime]
) -> Iterator[tuple[datetime, Observation]]:
    """The subject as it stood at each moment; left out where the rule did not speak of it.

    Of what has no past: since it was last heard of. Raises UnknownScopeError where it is a unit that is not registered.
    """
    moments = list(moments)
    if not moments:
        return
    view = View(connection, tables, moments[-1], measures=measures_of([rule], tables), only=whom)
    if rule.indicator in WITHOUT_PAST:
        heard_at = _heard_at(view, rule, whom)
        moments = [moment for moment in moments if moment >= heard_at]
    for now in moments:
        for each in observed_in(view.at(now), [rule])[rule.slug]:
            if (each.subject_kind, each.subject_code) == whom:
                yield now, each


def _heard_at(view: View, rule: Rule, whom: Whom) -> datetime:
    """When it was last heard of: what its silence was before that nobody knows."""
    silent_s = [each.value or 0.0 for each in observed_in(view, [rule])[rule.slug] if each.subject_code == whom[1]]
    return view.now - timedelta(seconds=max(silent_s, default=0.0))


def _before(grain: Grain | None, moment: datetime) -> datetime:
    """The point that lies BEFORE so many of them before `moment`."""
    if grain is None:
        year = year_floor(moment)
        return year.replace(year=year.year - BEFORE[None])
    if grain is Grain.MONTH:
        return months_before(floor(moment, grain), MONTHS_OF_YEAR)
    step = timedelta(hours=1) if grain is Grain.HOUR else timedelta(days=1)
    return floor(moment, grain) - BEFORE[grain] * step


def _after(grain: Grain | None, moment: datetime) -> datetime:
    return moment.replace(year=moment.year + 1) if grain is None else following(moment, grain)
