"""Whom to judge a little later: what was stored of them waits to be booked, so that their sums may not fit together.

The meters of a unit are booked by several workers, each at a moment of its own; in between a ratio of two of them says
what never was. Areas and parks are not waited for: something of theirs waits nearly always, and is little of their sum.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import psycopg

from services.alerts.state.observation import Observation
from services.alerts.store import Key, SubjectState
from services.core.db.statements import Statements

_sql = Statements.beside(__file__, "waiting.sql")

LONGEST = timedelta(seconds=10)
"""A subject of which something waits for longer is judged by what is booked."""
AGAIN = timedelta(seconds=1)
_MOST_ROWS = 20_000

_Subject = tuple[str, str]


class Settled(NamedTuple):
    """What can be judged now."""

    seen: dict[str, list[Observation]]
    known: dict[Key, SubjectState]
    later: dict[str, datetime]
    """By rule with subjects that cannot: when to look again."""


class Unbooked:
    """Remembers since when something of each unit and enterprise waits."""

    def __init__(self) -> None:
        self._since: dict[_Subject, datetime] = {}

    def look(self, reading: psycopg.Connection, now: datetime) -> None:
        """See what waits, in the snapshot in which the sums are read."""
        rows = _sql.run(reading, "waiting_subjects", most=_MOST_ROWS).all()
        waiting = {("unit", row.unit_code) for row in rows} | {("enterprise", row.enterprise_code) for row in rows}
        self._since = {subject: self._since.get(subject, now) for subject in waiting}

    def settled(
        self, seen: Mapping[str, Sequence[Observation]], known: Mapping[Key, SubjectState], now: datetime
    ) -> Settled:
        """What is seen and known of subjects of which nothing waits, or has for longer than is waited."""
        held = {subject for subject, since in self._since.items() if now - since < LONGEST}

        def is_held(each: Observation) -> bool:
            return (each.subject_kind, each.subject_code) in held

        return Settled(
            {slug: [each for each in of if not is_held(each)] for slug, of in seen.items()},
            {key: state for key, state in known.items() if key[1:] not in held},
            {slug: now + AGAIN for slug, of in seen.items() if any(map(is_held, of))},
        )


def earliest(one: Mapping[str, datetime], other: Mapping[str, datetime]) -> dict[str, datetime]:
    """By rule the earlier of two moments, where both are told."""
    return {slug: min(each[slug] for each in (one, other) if slug in each) for slug in one.keys() | other.keys()}
