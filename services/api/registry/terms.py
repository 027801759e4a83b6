"""The terms of a meter: what each says itself, and what holds by them from when. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from services.api.reasons import Fault
from services.core.calendar import Grain, floor

TERM_FIELDS = (
    "unit_code",
    "gateway_code",
    "kind",
    "unit_of_measure",
    "multiplier",
    "register_size",
    "rated_per_hour",
    "interval_s",
    "stamp",
    "holds_s",
)
"""What of a meter has dates."""

_ON_WHOLE_DAYS = ("unit_code", "kind")
"""Whose energy it is goes by days, as memberships do, and a day has readings of one kind."""
_READ = frozenset(TERM_FIELDS) - {"gateway_code"}
"""What decides what readings mean, and not who may send them."""
EXPECTED = frozenset({"kind", "interval_s", "stamp", "holds_s"})
"""What decides which readings are expected."""

Meaning = Mapping[str, Any]
"""The value of each of TERM_FIELDS."""


@dataclass(frozen=True, slots=True)
class MeterTermSaid:
    """A term as people gave it: the fields that it sets from its moment on; others are carried on from before."""

    term_id: int | None
    """None: not written yet."""
    valid_from: datetime | None
    """None: from ever."""
    said: Meaning
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class MeterTermHeld:
    """A term with all that holds by it, until the next one begins."""

    term: MeterTermSaid
    meaning: Meaning
    valid_to: datetime | None
    """None: it holds now."""


def held(terms: Sequence[MeterTermSaid]) -> list[MeterTermHeld]:
    """What holds by these terms, which are in order of time: each goes on from the one before."""
    meaning: dict[str, Any] = {}
    found: list[MeterTermHeld] = []
    for i, term in enumerate(terms):
        meaning = meaning | dict(term.said)
        found.append(MeterTermHeld(term, meaning, terms[i + 1].valid_from if i + 1 < len(terms) else None))
    return found


def in_order(terms: Sequence[MeterTermSaid]) -> list[MeterTermSaid]:
    """The terms by time."""
    return sorted(terms, key=lambda term: (term.valid_from is not None, term.valid_from))


def with_term(terms: Sequence[MeterTermSaid], term: MeterTermSaid) -> list[MeterTermSaid]:
    """The terms and one more."""
    return in_order([*terms, term])


def without_term(terms: Sequence[MeterTermSaid], term_id: int) -> list[MeterTermSaid]:
    """The terms without one."""
    return [term for term in terms if term.term_id != term_id]


def from_the_start(terms: Sequence[MeterTermSaid], said: Meaning, *, reason: str) -> list[MeterTermSaid]:
    """The terms as if these fields had always been so: the first says it, and no later one says otherwise."""
    if all(each.meaning[name] == value for each in held(terms) for name, value in said.items()):
        return [*terms]
    first = replace(terms[0], term_id=None, said=dict(terms[0].said) | dict(said), reason=reason)
    kept = [first]
    for term in terms[1:]:
        others = {name: value for name, value in term.said.items() if name not in said}
        if len(others) == len(term.said):
            kept.append(term)
        elif others:
            kept.append(replace(term, term_id=None, said=others))
    return kept


def changed_from(
    before: Sequence[MeterTermHeld], after: Sequence[MeterTermHeld], names: Collection[str] = _READ
) -> datetime | bool:
    """The first moment from which one of these fields is otherwise; True: from ever on; False: none is.

    Without names: from which readings mean something else.
    """

    def differ(old: Meaning, new: Meaning) -> bool:
        return any(old[name] != new[name] for name in names)

    if differ(before[0].meaning, after[0].meaning):
        return True
    moments = sorted({each.term.valid_from for each in (*before, *after) if each.term.valid_from is not None})
    return next((moment for moment in moments if differ(_at(before, moment), _at(after, moment))), False)


def units_concerned(before: Sequence[MeterTermHeld], after: Sequence[MeterTermHeld]) -> set[str]:
    """Codes of the units whose time is otherwise, or of which a term is written or withdrawn."""
    moments = {each.term.valid_from for each in (*before, *after)}
    pairs = [(_at(before, moment), _at(after, moment)) for moment in moments]
    found = {meaning["unit_code"] for pair in pairs if pair[0] != pair[1] for meaning in pair}
    kept = {each.term.term_id for each in before} & {each.term.term_id for each in after}
    return found | {each.meaning["unit_code"] for each in (*before, *after) if each.term.term_id not in kept}


def unit_named_from(before: Sequence[MeterTermHeld], after: Sequence[MeterTermHeld]) -> datetime | None:
    """The first moment at which a term names the unit, be it the same one, by one of the two alone."""

    def named(terms: Sequence[MeterTermHeld]) -> set[datetime]:
        return {each.term.valid_from for each in terms if "unit_of_measure" in each.term.said and each.term.valid_from}

    return min(named(before) ^ named(after), default=None)


def _at(terms: Sequence[MeterTermHeld], moment: datetime | None) -> Meaning:
    """What holds then; None: at first."""
    holding = [
        each
        for each in terms
        if each.term.valid_from is None or (moment is not None and each.term.valid_from <= moment)
    ]
    return holding[-1].meaning


def time_faults(terms: Sequence[MeterTermHeld], *, now: datetime, ahead: timedelta) -> list[Fault]:
    """What is wrong with when these terms begin. A clock may be as much `ahead` as that of a gateway."""
    faults: list[Fault] = []
    for earlier, later in pairwise(terms):
        moment = later.term.valid_from
        assert moment is not None, "one term alone is from ever"
        if moment > now + ahead:
            faults.append(Fault("valid_from", "in_future"))
        moved = [name for name in _ON_WHOLE_DAYS if later.meaning[name] != earlier.meaning[name]]
        if moved and floor(moment, Grain.DAY) != moment:
            faults.append(Fault("valid_from", "not_start_of_day", {"field": moved[0]}))
    return faults
