"""The roll-up process: takes dirty slots and changed meters, books them again, and keeps every sum above them exact.

One batch is one transaction. One process leads at a time; others wait to take over.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from prometheus_client import start_http_server
from psycopg import Notify

from services.core.calendar import DAY_US, OPEN_END_US, OPEN_START_US, to_us
from services.core.clock import utc_now
from services.core.db.bulk import copy_in
from services.core.db.leading import LockKey, Turn, lead_until_told_to_stop
from services.core.db.roles import DatabaseRole
from services.core.db.statements import Statements
from services.core.settings import Settings
from services.energy.booking.booking import Rebooking
from services.energy.rollup import metrics
from services.energy.rollup.adapt import (
    IntegerParameters,
    TimeParameter,
    TimeParameters,
    adapt,
)
from services.energy.rollup.fast_path import BOOKED, REBOOKED, FastPath, book_fast_path
from services.energy.rollup.meters import AccountKey, Accounts, RolledMeter, RolledMeters
from services.energy.rollup.quality import mark_due
from services.energy.rollup.queue import Queue, Slots
from services.energy.rollup.ranges import Bounds, DirtyRange, ranges_of
from services.energy.rollup.windows import rebook_all
from services.provenance.sealing import Sealing

log = logging.getLogger("rollup")

_sql = Statements.beside(__file__, "rollup.sql")

IDLE_S = 0.2


@dataclass(slots=True)
class _Booked:
    """The slots that were booked meter by meter, column by column."""

    keys: list[AccountKey] = field(default_factory=list)
    meter_id: list[int] = field(default_factory=list)
    slot_us: list[int] = field(default_factory=list)
    quantity_pico: list[int] = field(default_factory=list)
    measured_s: list[int] = field(default_factory=list)
    quality: list[int] = field(default_factory=list)

    def add(self, meter: RolledMeter, meter_id: int, rebooking: Rebooking) -> None:
        """The slots of one range of a meter."""
        for slot_us, energy in rebooking.booking.slots.items():
            measured_s, quality = meter.measured(slot_us, energy)
            self.keys.append(meter.account_at(slot_us))
            self.meter_id.append(meter_id)
            self.slot_us.append(slot_us)
            self.quantity_pico.append(energy.quantity_pico)
            self.measured_s.append(measured_s)
            self.quality.append(quality)

    def wire(self, account_ids: dict[AccountKey, int]) -> bytes:
        """The rows as COPY takes them."""
        return BOOKED.wire(
            len(self.keys),
            meter_id=self.meter_id,
            account_id=[account_ids[key] for key in self.keys],
            slot=self.slot_us,
            quantity_pico=self.quantity_pico,
            measured_s=self.measured_s,
            quality=self.quality,
            by_fast_path=False,
        )


class RollUp:
    """Rolls up on one connection; `bounds` say how much of it goes into one batch."""

    def __init__(self, connection: psycopg.Connection, bounds: Bounds | None = None) -> None:
        self._connection = connection
        self._bounds = bounds or Bounds()
        self._queue = Queue(connection, self._bounds)
        self._meters = RolledMeters()
        self._accounts = Accounts()
        _sql.run(connection, "create_stages")
        connection.prepare_threshold = 0
        adapt(connection)
        connection.execute("SET plan_cache_mode = force_generic_plan")
        connection.commit()

    def once(self) -> int:
        """Roll up one batch in one transaction; the number of dirty slots and changes it held, 0 if there were none."""
        try:
            with self._connection.transaction():
                return self._batch()
        except BaseException:
            self._accounts.forget()
            raise

    def _batch(self) -> int:
        connection = self._connection
        now_us = to_us(utc_now())
        taken = self._queue.take(now_us=now_us)
        if not taken:
            return 0
        started_s = time.monotonic()
        taken = taken.with_other_directions(self._meters.both_ways(connection))
        ranges = ranges_of(taken.dirty, taken.changed, end_us=now_us + DAY_US)
        meters = self._meters.of(connection, sorted({r.meter_id for r in ranges}))
        fast, ranges = book_fast_path(
            connection,
            ranges,
            meters,
            self._accounts,
            changed={meter_id for meter_id, _ in taken.changed},
            most_readings=self._bounds.readings,
        )
        ranges, taken = self._queue.fitting(taken, ranges, meters)
        results = rebook_all(connection, ranges, meters)
        marked = self._write_marks(results)
        self._write_slots(results, meters, fast)
        self._queue.add_changes(
            [(r.meter_id, b.unit_changed_from_us) for r, b in results if b.unit_changed_from_us is not None]
        )
        self._sum_up()
        mark_due(connection, [*taken.dirty, *marked])
        metrics.ROLLED_UP_SLOTS.inc(len(taken.dirty))
        took_s = time.monotonic() - started_s
        metrics.ROLLUP_S.observe(took_s)
        self._queue.pace(took_s=took_s)
        overfull = sum(rebooking.booking.overfull for _, rebooking in results)
        if overfull:
            metrics.ROLLUP_OVERFULL.inc(overfull)
            log.warning("slots hold more than any meter can carry and are not booked", extra={"slots": overfull})
        return len(taken)

    def _write_marks(self, results: list[tuple[DirtyRange, Rebooking]]) -> Slots:
        """Write the marks of what was judged again; meters and times of those that are others than before."""
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
                meter_ids=[m for m, _, _ in marks],
                times=[TimeParameter(at_us) for _, at_us, _ in marks],
                qualities=[int(mark) for _, _, mark in marks],
            )
        return [(meter_id, at_us) for meter_id, at_us, _ in stood ^ set(marks)]

    def _write_slots(
        self, results: list[tuple[DirtyRange, Rebooking]], meters: dict[int, RolledMeter], fast: FastPath
    ) -> None:
        booked = _Booked()
        for dirty, rebooking in results:
            booked.add(meters[dirty.meter_id], dirty.meter_id, rebooking)
        account_ids = self._accounts.ids(self._connection, set(booked.keys))
        rebooked = REBOOKED.wire(
            len(results),
            position=range(len(results)),
            meter_id=[r.meter_id for r, _ in results],
            start_ts=[_or(b.slots_from_us, OPEN_START_US) for _, b in results],
            end_ts=[_or(b.slots_to_us, OPEN_END_US) for _, b in results],
            booked_slots=[len(b.booking.slots) for _, b in results],
        )
        copy_in(self._connection, "booked", BOOKED.columns, booked.wire(account_ids), fast.booked)
        copy_in(self._connection, "rebooked", REBOOKED.columns, rebooked, fast.rebooked)
        _sql.run(self._connection, "book_slots")
        crowded = _sql.run(self._connection, "crowded").scalars().all()
        standing = _sql.run(self._connection, "slots_in", positions=IntegerParameters(crowded)) if crowded else ()
        gone = ((p, slot) for p, slot in standing if slot not in results[p][1].booking.slots)
        for position, slots in _grouped(gone).items():
            dirty, _ = results[position]
            _sql.run(self._connection, "drop_slots", meter_id=dirty.meter_id, **_times("slots", slots))

    def _sum_up(self) -> None:
        """Carry the change of the touched hours up to days, months and places."""
        connection = self._connection
        _sql.run(connection, "find_changed_hours")
        _sql.run(connection, "book_hours")
        for meter_id, hours in _grouped(_sql.run(connection, "empty_hours").tuples()).items():
            _sql.run(connection, "drop_hours", meter_id=meter_id, **_times("hours", hours))
        _sql.run(connection, "find_delta")
        _sql.run(connection, "book_days")
        _sql.run(connection, "book_months")
        _sql.run(connection, "book_ledger_hours")
        _sql.run(connection, "book_ledger_days")
        _sql.run(connection, "book_ledger_months")
        _sql.run(connection, "tell")


def _or(moment_us: int | None, otherwise_us: int) -> int:
    return otherwise_us if moment_us is None else moment_us


def _times(name: str, moments_us: list[int]) -> dict[str, Any]:
    """Parameters of a deletion: the times, and their bounds, so that other chunks are left alone."""
    return {
        name: [TimeParameter(t) for t in moments_us],
        "first": TimeParameter(min(moments_us)),
        "last": TimeParameter(max(moments_us)),
    }


def _grouped(rows: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    """The second of each pair, by the first."""
    found: dict[int, list[int]] = {}
    for number, moment_us in rows:
        found.setdefault(number, []).append(moment_us)
    return found


def run(settings: Settings) -> None:
    """Roll up in the foreground until SIGTERM or SIGINT; waits while the database is away or another process leads."""
    if settings.rollup_metrics_port:
        start_http_server(settings.rollup_metrics_port, addr=settings.metrics_host)

    @contextmanager
    def rolling_up(connection: psycopg.Connection) -> Iterator[Turn]:
        rollup = RollUp(connection)
        sealing = Sealing(
            connection, head_file=settings.seal_head_file, head_file_every_s=settings.seal_head_file_every_s
        )

        def turn(_told: Sequence[Notify]) -> float:
            worked = rollup.once()
            sealing.when_due()
            return 0.0 if worked else IDLE_S

        yield turn

    lead_until_told_to_stop(
        LockKey.ROLLUP, settings.database_url.get_secret_value(), rolling_up, role=DatabaseRole.ROLLUP
    )
