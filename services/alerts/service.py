"""The alert service: one process leads, judges and sends; others wait to take over."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
from prometheus_client import start_http_server
from psycopg import Notify

from services.alerts import metrics, store
from services.alerts.channels.contract import Channel, Destination
from services.alerts.channels.kinds import channels_of
from services.alerts.cycle import Cycle
from services.alerts.heads import recipients_of, sending_heads
from services.alerts.notify.messages import Notifier
from services.alerts.notify.outbox import Deliver, Outbox, Outgoing
from services.alerts.notify.render import render
from services.alerts.notify.schedule import Hours, Schedule, ScheduledRule
from services.alerts.observe.view import span_of
from services.alerts.overlong import end_overlong
from services.alerts.rules.rule import RulePeriod
from services.alerts.rules.shipped import load_rules
from services.alerts.stepping import Active
from services.core.clock import utc_now
from services.core.db.connections import connect_to_ask
from services.core.db.leading import LockKey, Turn, lead_until_told_to_stop
from services.core.db.roles import DatabaseRole
from services.core.settings import Settings
from services.judging.data.tables import load_tables

log = logging.getLogger("alerts")

ENERGY = "enermon_energy"
SHORTEST_WAIT_S = 0.05
LONGEST_WAIT_S = 0.5
"""How soon a new version of a rule is seen."""
STATEMENT_TIMEOUT_S = 300
DAILY_EVERY_S = 60.0
"""How often late steps and digests are looked for."""
_HOUR = timedelta(hours=1)


class Leader:
    """Judges and sends while its connection, and with it the lock, lasts."""

    def __init__(
        self, connection: psycopg.Connection, cycle: Cycle, notifier: Notifier, outbox: Outbox, *, poll_s: float
    ) -> None:
        self._connection = connection
        self._cycle = cycle
        self._notifier = notifier
        self._outbox = outbox
        self._poll_s = poll_s
        self._schedule = Schedule(poll_s=poll_s)
        self._rules: dict[str, ScheduledRule] = {}
        self._evaluate_at: dict[str, datetime] = {}
        self._ran_s = float("-inf")
        self._daily_s = float("-inf")

    def begin(self) -> None:
        """Listen to what the roll-up tells, and learn until when digests were sent."""
        self._connection.execute(f"LISTEN {ENERGY}")
        self._notifier.begin(self._connection)

    def turn(self, told: Sequence[Notify]) -> float:
        """Evaluate what is due, with what was booked meanwhile; the seconds until something is due by time."""
        if not self._outbox.alive:
            raise RuntimeError("the sender of messages has ended; the log says why")
        for notice in told:
            self._schedule.booked(self._rules, hours_of(notice))
        self._evaluate()
        next_s = self._schedule.next_due_s(self._rules)
        wait_s = self._poll_s if next_s is None else next_s - time.monotonic()
        return min(max(wait_s, SHORTEST_WAIT_S), LONGEST_WAIT_S)

    def _evaluate(self) -> None:
        """One cycle where something is due; silences and bodies are looked at at least every poll."""
        now, started_s = utc_now(), time.monotonic()
        active = self._cycle.rules()
        self._rules = {slug: _scheduled(each, now) for slug, each in active.items()}
        self._schedule.touch([slug for slug, end in self._evaluate_at.items() if end <= now])
        due = self._schedule.due(self._rules, started_s)
        if not due and started_s - self._ran_s < self._poll_s:
            return
        daily = started_s - self._daily_s >= DAILY_EVERY_S
        if daily:
            end_overlong(self._connection)
        outcome = self._cycle.run(active, due, now, with_daily=daily)
        ended_s = time.monotonic()
        self._schedule.evaluated(self._rules, due, started_s=started_s, ended_s=ended_s)
        self._evaluate_at = {
            slug: end for slug, end in self._evaluate_at.items() if slug not in due
        } | outcome.evaluate_at
        self._ran_s, self._daily_s = started_s, started_s if daily else self._daily_s
        metrics.CYCLE_S.observe(ended_s - started_s)
        self._count_firing()
        if outcome.messages:
            self._outbox.poke()

    def _count_firing(self) -> None:
        firing = store.firing_by_rule(self._connection)
        for slug in self._rules.keys() | firing.keys():
            metrics.FIRING.labels(slug).set(firing.get(slug, 0))


def hours_of(notice: Notify) -> Hours | None:
    """The hours in which energy was booked, told as `first/last` in epoch seconds; None where they are not told."""
    first, _, last = notice.payload.partition("/")
    if not (first.lstrip("-").isdigit() and last.lstrip("-").isdigit()):
        return None
    return datetime.fromtimestamp(int(first), UTC), datetime.fromtimestamp(int(last), UTC) + _HOUR


def _scheduled(active: Active, now: datetime) -> ScheduledRule:
    rule = active.rule
    hours = None
    if rule.is_of_indicator and rule.period is not RulePeriod.NOW:
        span = span_of(rule.period, running=rule.running, now=now)
        # what arrives late in the days that its hold time counts changes since when a breach lasts
        counted = timedelta(seconds=rule.hold_s if rule.holds_for_periods else 0)
        hours = span.start - counted, span.end
    return ScheduledRule(active.version, rule, hours)


def deliver_by(channels: dict[str, Channel]) -> Deliver:
    """Renders a message and gives it to its channel."""

    def deliver(outgoing: Outgoing) -> None:
        channel = channels[outgoing.channel]
        target = Destination(address=outgoing.address, secrets=tuple(outgoing.secrets))
        message = render(outgoing.content, message_id=outgoing.message_id)
        channel.send(target, replace(message, earlier=tuple(reversed(outgoing.earlier))))

    return deliver


def run(settings: Settings) -> None:
    """Judge and send in the foreground until SIGTERM or SIGINT; waits while the database is away or another leads.

    Raises DataFileError for a faulty file of domain numbers or rules, ValueError for a wrong setting.
    """
    tables = load_tables(settings.data)
    rules = load_rules(tables, settings.data)
    channels = dict(channels_of(settings))
    recipients_of(settings)
    metrics.count_from_nothing(channels)
    if settings.alerts_metrics_port:
        start_http_server(settings.alerts_metrics_port, addr=settings.metrics_host)
    database_url = settings.database_url.get_secret_value()

    @contextmanager
    def judging(connection: psycopg.Connection) -> Iterator[Turn]:
        with connection.transaction():
            written = store.keep_shipped(connection, rules, utc_now())
        log.info("rules read", extra={"rules": len(rules), "rules_written": written})
        notifier = Notifier(window_s=settings.alerts_grouping_s, link=settings.link)
        reads = connect_to_ask(
            database_url,
            role=DatabaseRole.ALERTS,
            application_name="enermon-alerts-reading",
            statement_timeout_s=STATEMENT_TIMEOUT_S,
        )
        with (
            closing(reads) as reading,
            sending(database_url, deliver_by(channels)) as outbox,
            sending_heads(settings, channels),
        ):
            cycle = Cycle(connection, reading, tables, notifier)
            leader = Leader(connection, cycle, notifier, outbox, poll_s=settings.alerts_poll_s)
            leader.begin()
            yield leader.turn

    lead_until_told_to_stop(LockKey.ALERTS, database_url, judging, role=DatabaseRole.ALERTS)
    for channel in channels.values():
        channel.close()


@contextmanager
def sending(database_url: str, deliver: Deliver) -> Iterator[Outbox]:
    """A sender that runs, stopped at the end."""
    outbox = Outbox(database_url, deliver)
    outbox.start()
    try:
        yield outbox
    finally:
        outbox.stop()
