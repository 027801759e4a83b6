"""Whether a change touches closed months. If so it waits until a second person confirms it.

Whoever writes says what it touches; that is judged at the end of the transaction, when everything is written, so that
the sums before and after can be told. Then everything is undone.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from psycopg import Connection, Rollback

from services.api.access.closing import Closing, Confirmed
from services.api.database import Database, seeing_everything
from services.api.errors import OUTSIDE_REACH, ProblemKind, Refused
from services.api.proposals.effect import Effect
from services.api.registry.statements import registry_statements
from services.api.sum_changes import MeterAsItIs, answered, compared
from services.core.calendar import OPEN_START_US, SHANGHAI, from_us, start_of_day, to_us
from services.core.db.reading_edge import kept_from_us_held

PROPOSAL_OVER = ProblemKind("proposal_over", 409, "The proposal is decided already, or has expired")
NOT_KEPT = ProblemKind("readings_not_kept", 409, "Readings of that time are kept no longer")
REPORT_SUPERSEDED = ProblemKind("report_superseded", 409, "The report was corrected or withdrawn since")
MOST_NAMED = 100

_SQL = registry_statements("closed_months.sql")
_EVER = "-infinity"
_ALWAYS = "infinity"


def enterprises_of_others(connection: Connection, enterprise_ids: Collection[int]) -> set[int]:
    """Those on which the account does not act."""
    return set(_SQL.run(connection, "not_theirs", enterprise_ids=sorted(enterprise_ids)).scalars())


def require_theirs(connection: Connection, enterprise_ids: Collection[int]) -> None:
    """Refuse what changes the energy of an enterprise that is not the account's to act on."""
    if enterprises_of_others(connection, enterprise_ids):
        raise Refused(
            OUTSIDE_REACH, "it changes energy of a time when the meter belonged to others; nothing was written"
        )


class NeedsSecondPerson(Exception):  # noqa: N818 - named after the fact
    """A change touches closed months and was undone; it is kept as a proposal."""

    def __init__(self, effect: Effect, enterprise_ids: Sequence[int]) -> None:
        """`effect`: what it would change; `enterprise_ids`: whose energy that is."""
        super().__init__("what changes closed months is confirmed by a second person")
        self.effect, self.enterprise_ids = effect, list(enterprise_ids)

    def __reduce__(self) -> tuple[Any, ...]:
        """It is raised again where the work was asked for that another process did."""
        return NeedsSecondPerson, (self.effect, self.enterprise_ids)


@dataclass(slots=True)
class ClosedMonths:
    """What a change under way touches of closed months."""

    connection: Connection
    closing: Closing
    meter_ids: set[int] = field(default_factory=set)
    enterprise_ids: set[int] = field(default_factory=set)
    since: datetime | None = None
    """The first moment touched; None with something touched: from ever."""
    manual_reports_before: int | None = None
    """Numbers of versions below it were there when this change was asked for; None: it is of no manual report."""
    _from_ever: bool = False

    @property
    def is_touched(self) -> bool:
        """Whether anything stored for closed months is."""
        return bool(self.enterprise_ids)

    def touch_meter(self, code: str, since: datetime | None, *, is_theirs: bool = False) -> None:
        """What the readings of a meter mean changes since that time; None: since ever.

        `is_theirs`: whose time is changed was judged. Raises Refused where it is not the account's to act on.
        """
        self._touch_meter(code, since, until=_ALWAYS, is_theirs=is_theirs)

    def touch_reading(self, code: str, ts: datetime, *, is_new: bool = False, lasts: bool = False) -> None:
        """What counts at that time changes, and so does the energy since the reading before, up to the one after.

        `is_new`: something is to count where nothing is stored; `lasts`: what comes after changes too. Raises Refused
        where that is not the account's to act on.
        """
        self._touch_meter(code, ts, until=_ALWAYS if lasts else None, with_span=True, is_new=is_new)

    def _touch_meter(
        self,
        code: str,
        since: datetime | None,
        *,
        until: str | None,
        with_span: bool = False,
        is_new: bool = False,
        is_theirs: bool = False,
    ) -> None:
        given = {"since": since or _EVER, "open_from": self.closing.open_from}
        self._require_kept("booked_of_meter", since, code=code)
        with seeing_everything(self.connection):
            rows = _SQL.run(
                self.connection, "meter", code=code, until=until, with_span=with_span, is_new=is_new, **given
            ).all()
        if not is_theirs:
            require_theirs(self.connection, {row.enterprise_id for row in rows})
        for row in rows:
            if row.is_stored:
                self.meter_ids.add(row.meter_id)
                self.enterprise_ids.add(row.enterprise_id)
                self._note(since)

    def touch_enterprise(self, credit_code: str, since: date) -> None:
        """The meters of an enterprise belong elsewhere since that day."""
        moment = start_of_day(since)
        self._require_kept("booked_of_enterprise", moment, credit_code=credit_code)
        if moment < self.closing.open_from:
            rows = _SQL.run(
                self.connection, "enterprise", since=moment, open_from=self.closing.open_from, credit_code=credit_code
            ).all()
            for row in rows:
                self.meter_ids.add(row.meter_id)
                self.enterprise_ids.add(row.enterprise_id)
                self._note(moment)

    def touch_heat_values(self, heat_value_ids: Sequence[int]) -> None:
        """These versions of heat values are new: the energy of their months is worth something else."""
        with seeing_everything(self.connection):
            rows = _SQL.run(
                self.connection, "heat_values", ids=list(heat_value_ids), open_from=self.closing.open_from
            ).all()
        for row in rows:
            self.enterprise_ids.add(row.enterprise_id)
            self._note(row.since)

    def touch_manual_reports(self, manual_report_ids: Sequence[int]) -> None:
        """These versions of manual reports are new: the first of a month adds to it, a later one changes it.

        Raises Refused where a proposal is confirmed whose author did not know the version that it changes.
        """
        self.manual_reports_before = manual_report_ids[0]
        with seeing_everything(self.connection):
            self._refuse_superseded(manual_report_ids)
            rows = _SQL.run(
                self.connection, "manual_reports", ids=list(manual_report_ids), open_from=self.closing.open_from
            ).all()
        for row in rows:
            self.enterprise_ids.add(row.enterprise_id)
            self._note(row.since)

    def _refuse_superseded(self, manual_report_ids: Sequence[int]) -> None:
        if (confirmed := self.closing.confirmed) is None:
            return
        given = {"ids": list(manual_report_ids), "proposal_id": confirmed.proposal_id}
        if (newest := _SQL.run(self.connection, "superseding", **given).scalar_one()) is not None:
            raise Refused(
                REPORT_SUPERSEDED, f"version {newest} was written after it was proposed: look at it, and propose anew"
            )

    def _require_kept(self, statement: str, since: datetime | None, **of: str) -> None:
        """Refuse what would have anything booked again whose readings are dropped, or are to be."""
        edge_us = kept_from_us_held(self.connection)
        # A term that begins with the edge is noted from the microsecond before.
        if edge_us - 1 <= (OPEN_START_US if since is None else to_us(since)):
            return
        edge = from_us(edge_us)
        with seeing_everything(self.connection):
            is_booked = _SQL.run(self.connection, statement, since=since or _EVER, edge=edge, **of).scalar_one()
        if is_booked:
            raise Refused(
                NOT_KEPT,
                f"readings are kept from {edge.astimezone(SHANGHAI).isoformat()} on, and what was booked of earlier"
                " ones stays as it is: let it begin then, or later",
            )

    def _note(self, since: datetime | None) -> None:
        self._from_ever = self._from_ever or since is None
        if since is not None:
            self.since = since if self.since is None else min(since, self.since)

    @property
    def first(self) -> datetime | None:
        """The first moment touched; None: from ever."""
        return None if self._from_ever else self.since

    def seen(self) -> MeterAsItIs | None:
        """The one meter that is touched, as it stands now; None: there are several, or none."""
        if len(self.meter_ids) != 1:
            return None
        return MeterAsItIs.read(self.connection, next(iter(self.meter_ids)), changed_us=self.changed_us)

    @property
    def changed_us(self) -> int:
        """The same moment, as sums before and after are compared from it on."""
        return OPEN_START_US if self.first is None else to_us(self.first)


@contextmanager
def asking_a_second_person(database: Database, connection: Connection) -> Iterator[ClosedMonths]:
    """Within a transaction: a change that is undone at the end of the block if it touches closed months unconfirmed.

    Raises NeedsSecondPerson then; and Refused where a proposal that is being done was decided meanwhile.
    """
    closing = database.closing
    past = ClosedMonths(connection, closing)
    after: MeterAsItIs | None = None
    with connection.transaction() as changed:
        yield past
        if closing.confirmed is not None:
            _decide(connection, closing.confirmed, now=closing.now)
            return
        if past.is_touched:
            after = past.seen()
            raise Rollback(changed)
    if past.is_touched:
        raise NeedsSecondPerson(_effect(past, after), sorted(past.enterprise_ids))


def _decide(connection: Connection, confirmed: Confirmed, *, now: datetime) -> None:
    """Note the confirmation in the transaction of the change itself."""
    # What was changed is the author's; that it was confirmed is not.
    _SQL.run(connection, "act_as", account=confirmed.by, credential=confirmed.credential)
    decided = _SQL.run(connection, "confirm", proposal_id=confirmed.proposal_id, by=confirmed.by, now=now)
    if decided.first() is None:
        raise Refused(PROPOSAL_OVER, f"proposal {confirmed.proposal_id} was decided meanwhile, or has expired")


def _effect(past: ClosedMonths, after: MeterAsItIs | None) -> Effect:
    """What the change would do, told once it is undone."""
    before = past.seen()
    with seeing_everything(past.connection):
        names = _SQL.run(
            past.connection, "named", meter_ids=sorted(past.meter_ids), enterprise_ids=sorted(past.enterprise_ids)
        ).one()
    shown = after is not None and before is not None
    return Effect(
        since=past.first and past.first.astimezone(SHANGHAI),
        open_from=past.closing.open_from,
        enterprises=names.enterprises[:MOST_NAMED],
        enterprise_count=len(past.enterprise_ids),
        meters=names.meters[:MOST_NAMED],
        meter_count=len(past.meter_ids),
        manual_reports_before=past.manual_reports_before,
        carrier_unit=names.carrier_unit if shown else None,
        complete=after.readings.complete and before.readings.complete if after and before else None,
        changes=answered(past.connection, compared(before, after, changed_us=past.changed_us))
        if after and before
        else None,
    )
