"""Tells alerts that end because the past was rewritten from those whose subject came in order."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from psycopg import Connection

from services.alerts.state.observation import Observation
from services.alerts.state.state import AlertChange, ChangeKind, ResolutionCause
from services.alerts.store import Key, Stepped
from services.core.db.statements import Statements

_sql = Statements.beside(__file__, "rebooked.sql")


BreachesAt = Callable[[str, datetime], Collection[tuple[str, str]] | None]
"""Kind and code of the subjects of a rule in breach over the period that ended then; None: it cannot be said."""


def with_rebooked(
    connection: Connection,
    stepped: Iterable[Stepped],
    seen: Mapping[str, Sequence[Observation]],
    breaches_at: BreachesAt,
) -> list[Stepped]:
    """The same, where the ends of alerts whose period is no breach any more, since its readings mean otherwise, say so.

    `seen`: the observations by rule, on which they ended. A rule whose past cannot be judged again ends so only on the
    period for which it fired.
    """
    listed = list(stepped)
    ended = {change.alert_id: each for each in listed for change in each.changes if _is_cleared(change)}
    fired_for = {
        row.alert_id: (row.start_ts, row.end_ts)
        for row in (_sql.run(connection, "fired_for", alert_ids=list(ended)) if ended else ())
        if row.rule_version == ended[row.alert_id].rule_version
    }
    if not fired_for:
        return listed
    starts, ends = zip(*fired_for.values(), strict=True)
    changed = _sql.run(
        connection, "rebooked", alert_ids=list(fired_for), starts=list(starts), ends=list(ends)
    ).scalars()
    endings: dict[Key, tuple[datetime | None, datetime | None]] = {
        (slug, each.subject_kind, each.subject_code): (each.start, each.end)
        for slug, observations in seen.items()
        for each in observations
    }
    judged_again = cache(breaches_at)
    found = set()
    for alert_id in changed:
        slug, kind, code = key = ended[alert_id].key
        breaches = judged_again(slug, fired_for[alert_id][1])
        in_order = endings.get(key) == fired_for[alert_id] if breaches is None else (kind, code) not in breaches
        if in_order:
            found.add(alert_id)
    return [_told(each, found) for each in listed]


def _is_cleared(change: AlertChange) -> bool:
    return change.kind is ChangeKind.RESOLVED and change.detail.get("because") == ResolutionCause.CLEARED


def _told(stepped: Stepped, rebooked: set[int]) -> Stepped:
    changes = tuple(
        replace(change, detail={**change.detail, "because": str(ResolutionCause.REBOOKED)})
        if _is_cleared(change) and change.alert_id in rebooked
        else change
        for change in stepped.changes
    )
    return replace(stepped, changes=changes)
