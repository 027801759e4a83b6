"""One evaluation: rules held against what is there, states stepped, and what follows written in one transaction."""

import logging
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import psycopg
from psycopg import Connection

from services.alerts import handled, holding, late, metrics, store
from services.alerts.notify.messages import Notifier
from services.alerts.notify.telling import News
from services.alerts.observe.evidence import with_readings
from services.alerts.observe.observe import observe_all
from services.alerts.observe.past import breaches_at, with_beginnings
from services.alerts.rebooked import with_rebooked
from services.alerts.routing.recipients import news_of
from services.alerts.rules.body import parse
from services.alerts.rules.fault import RuleError
from services.alerts.rules.rule import Rule
from services.alerts.state.observation import Observation
from services.alerts.state.state import ChangeKind, ResolutionCause, Timing
from services.alerts.stepping import Active, evaluation_of, hold_ends, with_alerts, withdrawn
from services.alerts.store import Stepped, StoredRule
from services.alerts.waiting import Unbooked, earliest
from services.judging.data.tables import Tables

log = logging.getLogger("alerts")

FAULTS = (
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
    psycopg.DataError,
    psycopg.ProgrammingError,
)
"""What a rule that does not fit what it finds can raise; others than it go on."""


@dataclass(slots=True)
class CycleOutcome:
    """What a cycle did."""

    messages: int = 0
    evaluate_at: dict[str, datetime] = field(default_factory=dict)
    """By rule: when the first pending breach of it will have lasted long enough, or what waits may be booked."""


class Cycle:
    """Evaluates on two connections: reads a snapshot on `reading`, writes on the one that holds the lock."""

    def __init__(
        self, connection: psycopg.Connection, reading: psycopg.Connection, tables: Tables, notifier: Notifier
    ) -> None:
        self._connection = connection
        self._reading = reading
        reading.read_only, reading.isolation_level = True, psycopg.IsolationLevel.REPEATABLE_READ
        self._tables = tables
        self._notifier = notifier
        self._parsed: dict[tuple[str, int], Rule | None] = {}
        self._unreadable: set[str] = set()
        self._off: dict[str, StoredRule] = {}
        self._waiting = Unbooked()

    def rules(self) -> dict[str, Active]:
        """The rules that are switched on, by slug. One that cannot be read is left out and said once."""
        versions_now = store.rules_now(self._connection)
        enabled = [each for each in versions_now if each.enabled]
        self._off = {each.slug: each for each in versions_now if not each.enabled}
        rules = {each.slug: self._rule(each) for each in enabled}
        self._unreadable = {slug for slug, rule in rules.items() if rule is None}
        versions = {each.slug: each.version for each in enabled}
        return {slug: Active(versions[slug], rule) for slug, rule in rules.items() if rule is not None}

    def _rule(self, version: StoredRule) -> Rule | None:
        key = (version.slug, version.version)
        if key not in self._parsed:
            try:
                self._parsed[key] = parse(version.body)
            except RuleError as error:
                self._parsed[key] = None
                log.error("rule cannot be read", extra={"rule": version.slug, "version": key[1], "reason": str(error)})
        if self._parsed[key] is None:
            metrics.RULES_FAILED.labels(version.slug).inc()
        return self._parsed[key]

    def run(
        self, active: Mapping[str, Active], due: Sequence[str], now: datetime, *, with_daily: bool = True
    ) -> CycleOutcome:
        """Evaluate the rules `due` of those `active`; `with_daily`: see to late steps and digests too."""
        with self._snapshot() as reading:
            self._waiting.look(reading, now)
            observed = self._observe(reading, {slug: active[slug] for slug in due}, now)
            seen, known, later = self._waiting.settled(observed, store.states_of(self._connection, observed), now)
            seen = {slug: self._with_beginnings(reading, active[slug], of, known, now) for slug, of in seen.items()}
            found = evaluation_of(active, seen, known, now)
            found.stepped = with_rebooked(
                reading, found.stepped, seen, lambda slug, end: self._breaches_at(reading, active[slug].rule, end)
            )
            fired = dict(zip(found.fired, with_readings(reading, list(found.fired.values())), strict=True))
        stepped = with_alerts(found.stepped, fired, active, now)
        outcome = CycleOutcome(evaluate_at=earliest(hold_ends(active, seen, known, stepped), later))
        stepped += self._switched_off(active, now)
        with self._connection.transaction():
            outcome.messages = self._write(active, stepped, found.figures, now, with_daily=with_daily)
        metrics.CYCLES.inc()
        return outcome

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        try:
            yield self._reading
        finally:
            self._reading.rollback()

    def _switched_off(self, active: Mapping[str, Active], now: datetime) -> Iterator[Stepped]:
        """What becomes of the subjects of rules that are switched off."""
        off = store.rules_with_states(self._connection) - active.keys() - self._unreadable
        if not off:
            return iter(())
        timings = {slug: self._timing_of_off(slug) for slug in off}
        return withdrawn(store.states_of(self._connection, off), timings, now, because=ResolutionCause.RULE_OFF)

    def _timing_of_off(self, slug: str) -> Timing:
        """Its times as it is written: switched on again soon enough, it continues its alerts."""
        version = self._off.get(slug)
        rule = self._rule(version) if version is not None else None
        return Active(version.version, rule).timing if version is not None and rule is not None else Timing()

    def _observe(self, reading: Connection, due: Mapping[str, Active], now: datetime) -> dict[str, list[Observation]]:
        """The observations of every rule that can be evaluated; together, as rules share what they need."""
        if not due:
            return {}
        started_s = time.monotonic()
        try:
            seen = observe_all(reading, self._tables, [each.rule for each in due.values()], now=now)
        except FAULTS:
            reading.rollback()
            seen = dict(self._observe_singly(reading, due, now))
        metrics.OBSERVE_S.observe(time.monotonic() - started_s)
        for slug, observations in seen.items():
            metrics.INSTANCES.labels(slug).set(len(observations))
        return seen

    def _observe_singly(
        self, reading: Connection, due: Mapping[str, Active], now: datetime
    ) -> Iterator[tuple[str, list[Observation]]]:
        for slug, each in due.items():
            try:
                yield slug, observe_all(reading, self._tables, [each.rule], now=now)[slug]
            except FAULTS:
                reading.rollback()
                metrics.RULES_FAILED.labels(slug).inc()
                log.exception("rule cannot be evaluated", extra={"rule": slug, "version": each.version})

    def _with_beginnings(
        self,
        reading: Connection,
        active: Active,
        seen: list[Observation],
        known: Mapping[store.Key, store.SubjectState],
        now: datetime,
    ) -> list[Observation]:
        """The observations of a rule; what does not fire yet with since when it is in breach by its periods."""
        rule = active.rule
        if not rule.holds_for_periods:
            return seen
        firing = {code for (slug, _, code), each in known.items() if slug == rule.slug and each.fires}
        wanted = {each.subject_code for each in seen} - firing
        try:
            return with_beginnings(reading, self._tables, rule, seen, wanted, now=now)
        except FAULTS:
            reading.rollback()
            metrics.RULES_FAILED.labels(rule.slug).inc()
            log.exception("rule cannot be evaluated over the past", extra={"rule": rule.slug})
            return seen

    def _breaches_at(self, reading: Connection, rule: Rule, end: datetime) -> Collection[tuple[str, str]] | None:
        """`past.breaches_at`; None also where the rule cannot be evaluated then."""
        try:
            return breaches_at(reading, self._tables, rule, end)
        except FAULTS:
            reading.rollback()
            metrics.RULES_FAILED.labels(rule.slug).inc()
            log.exception("rule cannot be evaluated over the past", extra={"rule": rule.slug})
            return None

    def _write(
        self,
        active: Mapping[str, Active],
        stepped: Sequence[Stepped],
        figures: Mapping[int, Mapping[str, Any]],
        now: datetime,
        *,
        with_daily: bool,
    ) -> int:
        connection = self._connection
        written = store.write(connection, _without_repeats_of_closed(connection, stepped), now)
        if figures:
            store.set_last_values(connection, figures)
        held = holding.review(connection, {slug: each.rule for slug, each in active.items()}, now)
        news = [*_news(written, held), *handled.steps_taken(connection)]
        if with_daily:
            news += late.escalate(connection, now)
        for each in written:
            for change in each.changes:
                metrics.CHANGES.labels(str(change.kind)).inc()
        messages = self._notifier.tell(connection, news, now) + self._notifier.let_go(connection, now)
        return messages + (self._notifier.digests(connection, now) if with_daily else 0)


def _without_repeats_of_closed(connection: psycopg.Connection, stepped: Sequence[Stepped]) -> Sequence[Stepped]:
    """Of an alert that was closed nobody wants to hear again that it fires."""
    repeated = [c.alert_id for each in stepped for c in each.changes if c.kind is ChangeKind.REPEATED and c.alert_id]
    closed = store.closed_of(connection, repeated) if repeated else set()
    if not closed:
        return stepped
    return [
        replace(
            each,
            changes=tuple(c for c in each.changes if c.kind is not ChangeKind.REPEATED or c.alert_id not in closed),
        )
        for each in stepped
    ]


def _news(written: Iterable[Stepped], held: holding.HeldAlerts) -> Iterator[News]:
    """What is to be told of each alert that something happened to, or that nothing holds back any more."""
    happened: defaultdict[int, set[ChangeKind]] = defaultdict(set)
    graver: set[int] = set()
    for each in written:
        for change in each.changes:
            if change.alert_id is not None:
                happened[change.alert_id].add(change.kind)
        if each.changed_rule is not None and each.changed_rule.graver and each.instance.alert_id is not None:
            graver.add(each.instance.alert_id)
    for alert_id in sorted(happened.keys() | held.released | held.ended):
        changes = happened[alert_id]
        for kind in news_of(
            changes,
            firing=alert_id not in held.ended and ChangeKind.RESOLVED not in changes,
            held=alert_id in held.by,
            released=alert_id in held.released,
            graver=alert_id in graver,
            owed=alert_id in held.ended,
        ):
            yield News(kind=kind, alert_id=alert_id)
