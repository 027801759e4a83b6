"""Changes the terms of a meter, in one transaction with the columns of the meter and the notes for the roll-up."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from psycopg import Connection

from services.api.database import Database, seeing_everything
from services.api.errors import INVALID_BODY, OUTSIDE_REACH, Refused, refused_fields
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.change import RegistryChange, registry_change
from services.api.registry.closed_months import enterprises_of_others
from services.api.registry.fields import MeterFlow
from services.api.registry.meter_entry import MeterEntry
from services.api.registry.metering import meter_faults
from services.api.registry.statements import registry_statements
from services.api.registry.terms import (
    EXPECTED,
    TERM_FIELDS,
    MeterTermHeld,
    MeterTermSaid,
    changed_from,
    held,
    in_order,
    time_faults,
    unit_named_from,
    units_concerned,
)
from services.ingest.validate import AHEAD_US

SQL = registry_statements("meter_term.sql")

Changed = Callable[[Sequence[MeterTermSaid]], list[MeterTermSaid]]
"""From the terms that count to those that shall."""
_JUST_BEFORE = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class MeterTerms:
    """A meter and the terms that count, in order of time."""

    meter_id: int
    code: str
    carrier: str
    flow: MeterFlow
    negative_flow: MeterFlow | None
    carrier_unit: str
    terms: Sequence[MeterTermSaid]
    of_others: frozenset[str]
    """Codes of units to which it belongs or belonged, and on which the account does not act."""

    @property
    def state(self) -> dict[str, Any]:
        """What an editor has read: each change makes terms of other numbers."""
        return {"terms": [term.term_id for term in self.terms]}


def terms_of(connection: Connection, code: str) -> MeterTerms:
    """The meter of this code with all its terms, those too of earlier owners. Raises Refused where none is seen."""
    meter = SQL.run(connection, "meter", code=code).mappings().first()
    if meter is None:
        raise nouns.METER.refuse_unknown(code)
    rows = [row for row in _rows(connection, meter["meter_id"]) if row["withdrawn_at"] is None]
    others = enterprises_of_others(connection, {row["enterprise_id"] for row in rows})
    of_others = frozenset(row["unit_code"] for row in rows if row["enterprise_id"] in others)
    return MeterTerms(code=code, terms=in_order([_said(row) for row in rows]), of_others=of_others, **meter)


def _rows(connection: Connection, meter_id: int) -> Sequence[Mapping[str, Any]]:
    # Each term carries on what those before it say.
    with seeing_everything(connection):
        return SQL.run(connection, "of_meter", meter_id=meter_id).mappings().all()


def _said(row: Mapping[str, Any]) -> MeterTermSaid:
    said = {name: row[name] for name in row["fields"]}
    return MeterTermSaid(row["id"], row["valid_from"], said, row["reason"])


def change_terms(
    change: RegistryChange, meter: MeterTerms, terms: Sequence[MeterTermSaid], *, now: datetime
) -> datetime | bool:
    """Let these terms count for the meter; from when its readings mean something else (as `changed_from`).

    Those that are not among them any more stay, withdrawn. Raises Refused for terms that do not fit.
    """
    before, after = held(meter.terms), require_terms(change.connection, meter, terms, now=now)
    kept = {each.term.term_id for each in after}
    gone = [term.term_id for term in meter.terms if term.term_id not in kept]
    SQL.run(change.connection, "withdraw", ids=gone)
    new = [_row(each) for each in after if each.term.term_id is None]
    SQL.run(change.connection, "carry_on", rows=json.dumps([_row(each) for each in after if each.term.term_id]))
    SQL.run(change.connection, "add", meter_id=meter.meter_id, rows=json.dumps(new))
    SQL.run(change.connection, "hold_newest", meter_id=meter.meter_id)
    recounted = changed_from(before, after, EXPECTED)
    if recounted:
        # Their energy may stay as it is, and yet other readings are expected.
        SQL.run(
            change.connection,
            "count_again",
            meter_id=meter.meter_id,
            since="-infinity" if recounted is True else recounted,
        )
    since = changed_from(before, after)
    named = unit_named_from(before, after)
    if since is not True and named and SQL.run(change.connection, "has_settled_unit", meter_id=meter.meter_id).scalar():
        # A unit that people have settled ends there.
        since = min(since, named) if since else named
    if since:
        # A span of before may have ended with the first reading that is of another kind now.
        change.reinterpret_meter(meter.code, since=None if since is True else since - _JUST_BEFORE, is_theirs=True)
    return since


def require_terms(
    connection: Connection, meter: MeterTerms, terms: Sequence[MeterTermSaid], *, now: datetime
) -> list[MeterTermHeld]:
    """What would hold by these terms. Raises Refused for terms that do not fit, or change a time that was others'."""
    after = held(in_order(terms))
    if not meter.of_others.isdisjoint(units_concerned(held(meter.terms), after)):
        raise Refused(OUTSIDE_REACH, f"{meter.code} belonged to others then: only who acts on both may change that")
    faults = _faults(connection, meter, after, now=now)
    if faults:
        raise refused_fields(INVALID_BODY, faults)
    return after


def _row(each: MeterTermHeld) -> dict[str, Any]:
    valid_from, valid_to = each.term.valid_from, each.valid_to
    return {
        **each.meaning,
        "term_id": each.term.term_id,
        "valid_from": valid_from and valid_from.isoformat(),
        "valid_to": valid_to and valid_to.isoformat(),
        "fields": [name for name in TERM_FIELDS if name in each.term.said],
        "reason": each.term.reason,
    }


def _faults(connection: Connection, meter: MeterTerms, terms: Sequence[MeterTermHeld], *, now: datetime) -> list[Fault]:
    faults = time_faults(terms, now=now, ahead=timedelta(microseconds=AHEAD_US))
    entries = [
        MeterEntry.model_construct(
            code=meter.code,
            carrier=meter.carrier,
            flow=meter.flow,
            negative_flow=meter.negative_flow,
            valid_from=None,
            valid_to=None,
            **each.meaning,
        )
        for each in terms
        if each.meaning["unit_code"] not in meter.of_others
    ]
    return told_once(chain(faults, *meter_faults(connection, entries)))


def told_once(faults: Iterable[Fault]) -> list[Fault]:
    """The faults without those of the same field and kind: several terms may have the same."""
    found: dict[tuple[str, str], Fault] = {}
    for fault in faults:
        found.setdefault((fault.field, fault.code), fault)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class TermsChanged:
    """What became of a change of terms."""

    connection: Connection
    before: MeterTerms
    after: MeterTerms
    since: datetime | bool
    """From when its readings mean something else; True: from ever; False: they do not."""

    @property
    def added(self) -> int:
        """The number of the term that is new: the last of those that were written."""
        return max(term.term_id or 0 for term in self.after.terms)


@contextmanager
def changed_terms(database: Database, code: str, changed: Changed, *, now: datetime) -> Iterator[TermsChanged]:
    """Change the terms of a meter, committed at the end of the block. Raises Refused where they do not fit."""
    with registry_change(database) as change:
        database.revision.require(terms_of(change.connection, code).state)
        done = _changed(change, code, changed, now=now)
        database.revision.show(done.after.state)
        yield done


@contextmanager
def as_if_changed(
    database: Database, code: str, changed: Changed, *, now: datetime, prepare: Callable[[Connection, int], None]
) -> Iterator[TermsChanged]:
    """The same, undone at the end of the block. `prepare` is called with the meter before anything is changed."""
    with database.write() as connection, connection.transaction(force_rollback=True):
        prepare(connection, terms_of(connection, code).meter_id)
        yield _changed(RegistryChange(connection), code, changed, now=now)


def _changed(change: RegistryChange, code: str, changed: Changed, *, now: datetime) -> TermsChanged:
    before = terms_of(change.connection, code)
    since = change_terms(change, before, changed(before.terms), now=now)
    return TermsChanged(change.connection, before, terms_of(change.connection, code), since)
