"""How a registered meter is changed: what has dates by its terms, the rest as it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain
from typing import Any, TypeVar

from psycopg import Connection

from services.api.database import Database
from services.api.errors import ALREADY_EXISTS, INVALID_BODY, Refused, refused_fields
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.change import RegistryChange, registry_change
from services.api.registry.meter_entry import MeterEntry, MeterPatch
from services.api.registry.metering import meter_faults
from services.api.registry.resource import Amendment, DatedFrom, Resource, Row
from services.api.registry.term_change import MeterTerms, change_terms, require_terms, terms_of, told_once
from services.api.registry.terms import MeterTermSaid, from_the_start, held, with_term
from services.core.calendar import start_of_day

Meters = Resource[Any, MeterEntry, Any]
_EXPECTED_DAYS = {"valid_from": date.min, "valid_to": date.max}
"""Those days, and what stands for one that is not given."""
N = TypeVar("N", bound=MeterEntry)
M = TypeVar("M", bound=MeterEntry)


@dataclass(frozen=True, kw_only=True)
class MeterResource(Resource[N, MeterEntry, M]):
    """Meters as a kind of registered thing: what readings mean has dates."""

    def check_dated(
        self, connection: Connection, amendment: Amendment[MeterEntry], since: DatedFrom, *, now: datetime
    ) -> None:
        """See that the new terms fit. Raises Refused."""
        meter = _as_amended(terms_of(connection, amendment.key), amendment.record)
        require_terms(connection, meter, _terms_since(meter, amendment.dated, since), now=now)

    def write_dated(
        self, change: RegistryChange, amendment: Amendment[MeterEntry], since: DatedFrom, *, now: datetime
    ) -> None:
        """Let a further term say it. Raises Refused."""
        meter = _as_amended(terms_of(change.connection, amendment.key), amendment.record)
        change_terms(change, meter, _terms_since(meter, amendment.dated, since), now=now)

    def otherwise_from(self, amendment: Amendment[MeterEntry]) -> datetime | None:
        """Where only the days on which readings are expected change: from the first day that is or was one more."""
        again = self.reinterprets.intersection(amendment.changed)
        if not again <= _EXPECTED_DAYS.keys():
            return None
        days = (getattr(amendment.record, name) for name in again), (amendment.kept[name] for name in again)
        first = min(day or _EXPECTED_DAYS[name] for name, day in zip((*again, *again), chain(*days), strict=True))
        return None if first == date.min else start_of_day(first)


def _as_amended(meter: MeterTerms, record: MeterEntry) -> MeterTerms:
    """The meter with what has no dates as it is to be."""
    return replace(meter, carrier=record.carrier, flow=record.flow, negative_flow=record.negative_flow)


def _terms_since(meter: MeterTerms, said: Mapping[str, Any], since: DatedFrom) -> list[MeterTermSaid]:
    return _with_said(meter.terms, MeterTermSaid(None, since.moment, said, since.reason))


def amended_meter_faults(connection: Connection, meters: Sequence[MeterEntry]) -> list[list[Fault]]:
    """The faults of each of these registered meters as they are to be, in any of their terms."""
    found: list[list[Fault]] = []
    for meter, faults in zip(meters, meter_faults(connection, meters), strict=True):
        known = terms_of(connection, meter.code)
        earlier = [
            meter.model_copy(update=dict(each.meaning))
            for each in held(known.terms)[:-1]
            if each.meaning["unit_code"] not in known.of_others
        ]
        found.append(told_once(chain(faults, *(meter_faults(connection, earlier) if earlier else []))))
    return found


def amend_meter(database: Database, meters: Meters, code: str, patch: MeterPatch, *, now: datetime) -> Row:
    """Change the fields given; the row of the meter then.

    Raises Refused when there is no such meter, when the result does not fit, or when it is not said from when on a
    field that has dates is otherwise.
    """
    with registry_change(database) as change:
        database.revision.require(meters.state_of(meters.row(change.connection, code)))
        amend_within(change, meters, code, patch, now=now)
        row = meters.row(change.connection, code)
    database.revision.show(meters.state_of(row))
    return row


def amend_within(
    change: RegistryChange, meters: Meters, code: str, patch: MeterPatch, *, now: datetime
) -> datetime | bool:
    """The same within a change; from when the readings mean something else, as `terms.changed_from` has it."""
    row = meters.row(change.connection, code)
    since: datetime | bool = False
    if patch.said():
        since = _change_terms(change, meters, row, patch, now=now)
        row = meters.row(change.connection, code)
    else:
        _refuse(_stray_faults(patch))
    amendment = meters.amendment(code, row, patch.plain())
    _refuse(amended_meter_faults(change.connection, [amendment.record])[0])
    if amendment.changed:
        meters.write(change, amendment)
    return True if meters.reinterprets.intersection(amendment.changed) else since


def _change_terms(
    change: RegistryChange, meters: Meters, row: Mapping[str, Any], patch: MeterPatch, *, now: datetime
) -> datetime | bool:
    # The form of the whole is judged before anything is written.
    amendment = meters.amendment(row["code"], row, patch.said() | patch.plain())
    said = {name: getattr(amendment.record, name) for name in patch.said()}
    meter = _as_amended(terms_of(change.connection, row["code"]), amendment.record)
    differing = [name for name in said if said[name] != row[name]]
    _refuse(_date_faults(patch, differing))
    terms = meter.terms
    if patch.correct_from_start:
        assert patch.reason is not None
        terms = from_the_start(terms, said, reason=patch.reason)
    elif patch.valid_from is not None:
        new = MeterTermSaid(None, _moment(patch.valid_from), said, patch.reason)
        terms = _with_said(terms, new)
    return change_terms(change, meter, terms, now=now)


def _with_said(terms: Sequence[MeterTermSaid], term: MeterTermSaid) -> list[MeterTermSaid]:
    """The terms with one more, unless it would say what holds already. Raises Refused where one begins then."""
    moment = term.valid_from
    assert moment is not None
    before = [each for each in held(terms) if each.term.valid_from is None or each.term.valid_from <= moment][-1]
    new = {name: value for name, value in term.said.items() if before.meaning[name] != value}
    if not new:
        return [*terms]
    if before.term.valid_from == moment:
        fault = nouns.TERM.fault("valid_from", "already_exists", moment.isoformat())
        detail = f"{fault.reason}; correct it: PATCH .../terms/{before.term.term_id}"
        raise Refused(ALREADY_EXISTS, detail, faults=[fault])
    return with_term(terms, replace(term, said=new))


def _date_faults(patch: MeterPatch, differing: Sequence[str]) -> list[Fault]:
    if patch.valid_from is not None and patch.correct_from_start:
        return [Fault("correct_from_start", "not_with", {"other": "valid_from"})]
    if patch.correct_from_start and patch.reason is None:
        return [Fault("reason", "missing")]
    if patch.valid_from is None and not patch.correct_from_start:
        return [Fault(name, "needs_valid_from") for name in differing]
    return []


def _stray_faults(patch: MeterPatch) -> list[Fault]:
    """What is given only together with a field that has dates; alone, `valid_from` is a day of the meter itself."""
    given = {"correct_from_start": patch.correct_from_start, "reason": patch.reason}
    faults = [Fault(name, "only_with", {"other": "a field that has dates"}) for name, value in given.items() if value]
    if isinstance(patch.valid_from, datetime):
        faults.append(Fault("valid_from", "bad_day"))
    return faults


def _moment(valid_from: date) -> datetime:
    return valid_from if isinstance(valid_from, datetime) else start_of_day(valid_from)


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise refused_fields(INVALID_BODY, faults)
