"""Writes into every table what was booked again: slots, what the sums above gain, marks, and who is told of it."""

import logging
from collections.abc import Collection, Mapping
from functools import partial

import psycopg

from services.core.calendar import OPEN_END_US, OPEN_START_US
from services.core.db.arrays import IntegerParameters, TimeParameters
from services.core.db.statements import Statements
from services.energy.rollup import metrics
from services.energy.rollup.changes import Periods
from services.energy.rollup.meters import Accounts, RolledMeter
from services.energy.rollup.quality import mark_due
from services.energy.rollup.writing import Results, tell, write_energy, write_sums_of_meters, write_sums_of_places

log = logging.getLogger("rollup")

_sql = Statements.beside(__file__, "rollup.sql")

Slots = Collection[tuple[int, int]]


class BookedWriter:
    """Writes on one connection, in the transaction that is under way."""

    def __init__(self, connection: psycopg.Connection, accounts: Accounts) -> None:
        self._connection = connection
        self._accounts = accounts

    def write(
        self, results: Results, meters: Mapping[int, RolledMeter], *, fast: Periods | None = None, due: Slots = ()
    ) -> None:
        """Write the slots of these results, and those of `fast`, and carry up what is gained; last of all to places.

        `due`: more slots whose days are to be looked at by the quality process.
        """
        connection = self._connection
        ids = partial(self._accounts.ids, connection)
        written = write_energy(connection, results, meters, ids, Periods.none() if fast is None else fast)
        gains, slots = written.hours.gains(), written.slots
        write_sums_of_meters(connection, gains)
        others = [(each.meter_id, each.start_us) for each in (slots.added, slots.changed, slots.gone)]
        mark_due(connection, due, others)
        tell(connection, slots)
        write_sums_of_places(connection, gains)

    def write_marks(self, results: Results) -> Slots:
        """Write the marks of what was judged again; meters and times of those that are others than before."""
        overfull = sum(rebooking.booking.overfull for _, rebooking in results)
        if overfull:
            metrics.ROLLUP_OVERFULL.inc(overfull)
            log.warning("slots hold more than any meter can carry and are not booked", extra={"slots": overfull})
        old = _sql.run(
            self._connection,
            "replace_marks",
            meter_ids=IntegerParameters(r.meter_id for r, _ in results),
            afters=TimeParameters(_or(b.marks_after_us, OPEN_START_US) for _, b in results),
            untils=TimeParameters(_or(b.marks_to_us, OPEN_END_US) for _, b in results),
        ).tuples()
        stood = set(old)
        marks = [
            (r.meter_id, at_us, mark)
            for r, b in results
            for at_us, mark in b.booking.marks.items()
            if b.marks_after_us is None or at_us > b.marks_after_us
        ]
        if marks:
            _sql.run(
                self._connection,
                "add_marks",
                meter_ids=IntegerParameters(m for m, _, _ in marks),
                times=TimeParameters(at_us for _, at_us, _ in marks),
                qualities=[int(mark) for _, _, mark in marks],
            )
        return [(meter_id, at_us) for meter_id, at_us, _ in stood ^ set(marks)]


def unit_changes(results: Results) -> list[tuple[int, int]]:
    """Of which meters, and from when on, what follows is in another unit than it was booked in: that is to be done."""
    return [(r.meter_id, b.unit_changed_from_us) for r, b in results if b.unit_changed_from_us is not None]


def _or(moment_us: int | None, otherwise_us: int) -> int:
    return otherwise_us if moment_us is None else moment_us
