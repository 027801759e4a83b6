"""Later values of times that are stored already, of gateways whose rule is to take them: recorded as corrections.

The first value stays stored, and the later one counts in its place, as if a person had corrected it. What a person has
corrected stays as that person said, and what would change a month that is over waits for people: both are conflicts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from services.core.calendar import from_us, slot_floor_us
from services.core.db.statements import Statements
from services.ingest.message import Checked, Rejection

_sql = Statements.beside(__file__, "accepted.sql")

_AUTHOR = "gateway {code}"
_REASON = "the gateway sent another value later; its rule is to take it (corrections = accept)"


@dataclass(frozen=True, slots=True)
class Conflict(Rejection):
    """A reading of a time for which another value is stored; `place`: that of the reading in its message."""

    place: int


@dataclass(slots=True)
class _Counting:
    """What counts for a meter and time. `is_kept`: no later value is taken."""

    stored: float
    counts: float | None
    is_kept: bool


def accept_later(
    connection: psycopg.Connection,
    messages: Sequence[Checked],
    duplicate: list[int],
    conflicts: Sequence[Sequence[Rejection]],
) -> list[Sequence[Rejection]]:
    """The conflicts that are left, by message, once later values are recorded; what counts already is a duplicate.

    Raises psycopg.Error.
    """
    asked = [
        (number, each)
        for number, message in enumerate(messages)
        if message.accepts_later
        for each in conflicts[number]
        if isinstance(each, Conflict)
    ]
    if not asked:
        return [*conflicts]
    places = [(messages[number].meter_ids[each.place], messages[number].times_us[each.place]) for number, each in asked]
    standing = _standing(connection, places)
    left = [[each for each in mine if not isinstance(each, Conflict)] for mine in conflicts]
    accepted = []
    for (number, each), place in zip(asked, places, strict=True):
        value, stands = messages[number].values[each.place], standing.get(place)
        if stands is None or (stands.is_kept and stands.counts != value):
            left[number].append(each)
        elif stands.counts == value:
            duplicate[number] += 1
        else:
            stands.counts = value
            accepted.append((*place, stands.stored, value, messages[number].gateway))
    # What a gateway asks for that keeps its first values is left as it was.
    result = [left[i] if messages[i].accepts_later else conflicts[i] for i in range(len(messages))]
    if accepted:
        _sql.run(
            connection,
            "accept",
            meter_ids=[meter_id for meter_id, *_ in accepted],
            times=[from_us(ts_us) for _, ts_us, *_ in accepted],
            slots=[from_us(slot_floor_us(ts_us)) for _, ts_us, *_ in accepted],
            originals=[stored for _, _, stored, _, _ in accepted],
            values=[value for _, _, _, value, _ in accepted],
            authors=[_AUTHOR.format(code=gateway) for *_, gateway in accepted],
            reason=_REASON,
        )
    return [*result]


def _standing(connection: psycopg.Connection, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], _Counting]:
    rows = _sql.run(
        connection,
        "standing",
        positions=list(range(len(places))),
        meter_ids=[meter_id for meter_id, _ in places],
        times=[from_us(ts_us) for _, ts_us in places],
    )
    found = {}
    for row in rows:
        by_person = row.kind is not None and not row.author.startswith(_AUTHOR.format(code=""))
        counts = row.stored if row.kind in (None, "revoke") else row.value
        found[places[row.place]] = _Counting(row.stored, counts, is_kept=by_person or not row.is_open)
    return found
