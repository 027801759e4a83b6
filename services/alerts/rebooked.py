"""Tells alerts that end because the past was rewritten from those whose subject came in order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from psycopg import Connection

from services.alerts.state.observation import Observation
from services.alerts.state.state import AlertChange, ChangeKind, ResolutionCause
from services.alerts.store import Key, Stepped
from services.core.db.statements import Statements

_sql = Statements.beside(__file__, "rebooked.sql")


def with_rebooked(
    connection: Connection, stepped: Iterable[Stepped], seen: Mapping[str, Sequence[Observation]]
) -> list[Stepped]:
    """The same, where the ends of alerts whose readings mean something else than when they fired say so.

    `seen`: the observations by rule, on which they ended.
    """
    listed = list(stepped)
    periods: dict[Key, tuple[datetime | None, datetime | None]] = {
        (slug, each.subject_kind, each.subject_code): (each.start, each.end)
        for slug, observations in seen.items()
        for each in observations
    }
    ends = [(change.alert_id, each.key) for each in listed for change in each.changes if _is_cleared(change)]
    asked = [(alert_id, *periods[key]) for alert_id, key in ends if None not in periods.get(key, (None, None))]
    if not asked:
        return listed
    alert_ids, from_times, to_times = zip(*asked, strict=True)
    found = set(
        _sql.run(
            connection, "rebooked", alert_ids=list(alert_ids), starts=list(from_times), ends=list(to_times)
        ).scalars()
    )
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
