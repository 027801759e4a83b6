"""The quality process: takes days of meters whose readings have changed, evaluates them, and then the days as a whole.

One batch is one transaction. Several workers share the meters; what is looked at across meters is done by one of them.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import count

import psycopg
from prometheus_client import Counter, Gauge, Histogram, start_http_server
from psycopg import Notify

from services.core.calendar import SHANGHAI, Grain, floor, start_of_day
from services.core.clock import utc_now
from services.core.db.leading import LockKey, Turn, lead_until_told_to_stop
from services.core.db.roles import DatabaseRole
from services.core.db.sharing import ALL_PARTS, Alone, Share, in_turn
from services.core.settings import Settings
from services.core.workers import Workers
from services.energy.past import BEFORE_DAYS
from services.energy.rollup.adapt import adapt
from services.quality.checks.declared import limits_of
from services.quality.checks.held import CHECK as HELD
from services.quality.checks.reported import CHECK as MONTHLY
from services.quality.checks.silence import CHECK as SILENCE
from services.quality.counts import InTime
from services.quality.process.crossing import DAILY, Crossing
from services.quality.process.days import Due, Judge, keep, keep_findings
from services.quality.process.history import SQL
from services.quality.process.silence import FleetSilenceJudge
from services.quality.tables import QualityTables, load_quality_tables

DAYS = Counter("enermon_quality_days_total", "Days of meters looked at", ["over"])
BATCH_S = Histogram("enermon_quality_seconds", "Time to look at one batch of days of meters")
WAITING = Gauge(
    "enermon_quality_due_days",
    "Days of meters that wait to be looked at, as of the last sweep",
    multiprocess_mode="livemax",
)

MOST_DAYS = 300
"""In a batch: each may mean to read five weeks of a meter."""
SETTLE = timedelta(minutes=45)
"""A day is over when so much time has passed since its end: what comes in time has come."""
RUNNING_EVERY = timedelta(minutes=15)
OVER_EVERY = timedelta(seconds=60)
"""A day that is over is looked at again so long after the last time."""
SWEEP_S = 300.0
HOURLY_S = 3600.0
FIRST_HOURLY_S = 600.0
MOST_CROSS_DAYS = 100
IDLE_S = 2.0
_WORKERS = Workers("quality", workers="ENERMON_QUALITY_WORKERS", port="ENERMON_QUALITY_METRICS_PORT")


class QualityJudge:
    """Judges the quality of data on one connection."""

    def __init__(self, connection: psycopg.Connection, tables: QualityTables) -> None:
        self._connection = connection
        self._turns = count()
        adapt(connection)
        connection.execute("SET plan_cache_mode = force_custom_plan")
        connection.commit()
        limits = limits_of(
            tables.checks, daily_monthly_percent=float(tables.parameter("daily_monthly_deviation").value)
        )
        self._crossing = Crossing(connection, tables, limits)
        self._silence = FleetSilenceJudge(connection, tables, limits[SILENCE])
        self._judge = Judge(
            limits,
            InTime(
                intervals=float(tables.parameter("on_time_intervals").value),
                margin_s=float(tables.parameter("on_time_margin").value),
            ),
        )

    def once(self, now: datetime, parts: Sequence[int] = ALL_PARTS) -> int:
        """Evaluate one batch of these parts in one transaction; how many days of meters it held, 0 if none was due.

        The connection holds the parts, or nobody else works.
        """
        started_s = time.monotonic()
        last_over = last_day_over(now)
        with self._connection.transaction():
            due = self._take(parts, now, last_over)
            if not due:
                return 0
            evaluated = self._judge.evaluate(self._connection, due, last_over)
            keep(self._connection, evaluated, now)
        BATCH_S.observe(time.monotonic() - started_s)
        for is_over in (False, True):
            DAYS.labels(str(is_over).lower()).inc(sum(each.is_over is is_over for each in evaluated))
        return len(due)

    def _take(self, parts: Sequence[int], now: datetime, last_over: date) -> list[Due]:
        due: list[Due] = []
        for part in in_turn(parts, next(self._turns)):
            if len(due) == MOST_DAYS:
                break
            due += SQL.run(
                self._connection,
                "take_due",
                part=part,
                now=now,
                today=now.astimezone(SHANGHAI).date(),
                last_over=last_over,
                running_before=now - RUNNING_EVERY,
                over_before=now - OVER_EVERY,
                most=MOST_DAYS - len(due),
            ).tuples()
        return due

    def across(self, now: datetime) -> int:
        """Check one day as a whole whose meters have all been looked at; the number of days, 0 if none was due."""
        with self._connection.transaction():
            due = SQL.run(
                self._connection,
                "cross_days",
                last_over=last_day_over(now),
                quiet_before=now - OVER_EVERY,
                checked_before=now - RUNNING_EVERY,
                most=MOST_CROSS_DAYS,
            )
            days = due.scalars().all()
            if not days:
                return 0
            busy = self._busy_days()
            day = next((day for day in days if day not in busy), None)
            if day is None:
                return 0
            self._day_as_a_whole(day, busy, now)
            SQL.run(self._connection, "note_checked", now=now, days=[day])
        return 1

    def _day_as_a_whole(self, day: date, busy: set[date], now: datetime) -> None:
        SQL.run(self._connection, "drop_findings_of_day", day=day, slugs=list(DAILY))
        found = self._crossing.of_day(day)
        end = start_of_day(day + timedelta(days=1))
        # Yesterday is judged hourly. Of an older day with nothing after it the rest may be on its way.
        older = day < now.astimezone(SHANGHAI).date() - timedelta(days=1)
        if older and self._silence.can_judge(day, busy) and self._has_later(end):
            SQL.run(self._connection, "drop_findings_of_day", day=day, slugs=[SILENCE])
            found += self._silence.judge(day, end, now)
        keep_findings(self._connection, found, now)

    def _has_later(self, end: datetime) -> bool:
        return bool(SQL.run(self._connection, "has_later", from_ts=end).scalar_one())

    def _busy_days(self) -> set[date]:
        return set(SQL.run(self._connection, "waiting_days").scalars())

    def hourly(self, now: datetime) -> None:
        """What is looked for every hour: enterprises that have just fallen silent at once, and reported months."""
        local = now.astimezone(SHANGHAI)
        first = local.date() - timedelta(days=1)
        with self._connection.transaction():
            if self._silence.can_judge(first, self._busy_days()):
                for day in (first, local.date()):
                    SQL.run(self._connection, "drop_findings_of_day", day=day, slugs=[SILENCE])
                found = self._silence.judge(first, floor(now - SETTLE, Grain.HOUR), now)
                keep_findings(self._connection, found, now)
            for day, months in self._crossing.of_months(local.date()).items():
                SQL.run(self._connection, "drop_findings_of_day", day=day, slugs=[MONTHLY])
                keep_findings(self._connection, months, now)

    def sweep(self, now: datetime) -> None:
        """Put days that have ended into the queue: those looked at while they ran, and those of which nothing came."""
        last_over = last_day_over(now)
        with self._connection.transaction():
            SQL.run(
                self._connection,
                "sweep",
                last_over=last_over,
                first_day=last_over - timedelta(days=BEFORE_DAYS),
                busy_days=sorted(self._busy_days()),
            )
            WAITING.set(SQL.run(self._connection, "waiting").scalar_one())
            self._held(now)

    def _held(self, now: datetime) -> None:
        """Tell at once which gateways have sent what is held for its time, and no more once it is taken in."""
        today = now.astimezone(SHANGHAI).date()
        days = [today - timedelta(days=back) for back in range(BEFORE_DAYS, -1, -1)]
        SQL.run(self._connection, "drop_findings_since", day=days[0], slugs=[HELD])
        keep_findings(self._connection, self._crossing.held(days), now)


def last_day_over(now: datetime) -> date:
    """The last day of Asia/Shanghai that is over."""
    return (now - SETTLE).astimezone(SHANGHAI).date() - timedelta(days=1)


def run(settings: Settings) -> None:
    """Judge in the foreground until SIGTERM or SIGINT, by so many workers as are set; waits for the database.

    Raises DataFileError for a faulty file of domain numbers.
    """
    tables = load_quality_tables(settings.data)
    if settings.quality_workers > 1:
        _WORKERS.run(settings.quality_workers, port=settings.quality_metrics_port, host=settings.metrics_host)
        return
    if settings.quality_metrics_port:
        start_http_server(settings.quality_metrics_port, addr=settings.metrics_host)

    @contextmanager
    def judging(connection: psycopg.Connection) -> Iterator[Turn]:
        with (
            Share(connection, LockKey.QUALITY, of_parts=LockKey.QUALITY_PART) as share,
            Alone(connection, LockKey.REGION) as region,
        ):
            yield turn_of(QualityJudge(connection, tables), share, region)

    lead_until_told_to_stop(
        LockKey.QUALITY, settings.database_url.get_secret_value(), judging, role=DatabaseRole.QUALITY, shared=True
    )


def turn_of(quality: QualityJudge, share: Share, region: Alone) -> Turn:
    """One batch of this worker's meters a turn.

    One worker looks beside that at days as a whole, at the days that have ended, and at what is looked for every hour.
    """
    swept_s = float("-inf")
    # Gateways that were waiting for the service send first what they have kept.
    hourly_s = time.monotonic() - HOURLY_S + FIRST_HOURLY_S

    def turn(_told: Sequence[Notify]) -> float:
        nonlocal swept_s, hourly_s
        now, parts, is_region = utc_now(), share.parts(), region.holds()
        if is_region and time.monotonic() - swept_s >= SWEEP_S:
            quality.sweep(now)
            swept_s = time.monotonic()
        if is_region and time.monotonic() - hourly_s >= HOURLY_S:
            quality.hourly(now)
            hourly_s = time.monotonic()
        return 0.0 if quality.once(now, parts) or (is_region and quality.across(now)) else IDLE_S

    return turn
