"""One evaluation: rules held against what is there, states stepped, and what follows written in one transaction."""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import sqlalchemy.exc
from sqlalchemy import Connection, Engine

from services.alerts import holding, late, metrics, store
from services.alerts.content import evidence_of, figures_of, moment
from services.alerts.messages import News, Teller, routing_of, told_before
from services.alerts.store import Key, Known, RuleVersion, Stepped
from services.core.alerting.evidence import with_readings
from services.core.alerting.observe import observe_all
from services.core.data.tables import Tables
from services.core.domain.alerting.inhibition import message_of
from services.core.domain.alerting.observation import Observation
from services.core.domain.alerting.rule import Rule, RuleError, parse
from services.core.domain.alerting.state import Change, ChangeKind, Instance, State, Timing, step, withdraw
from services.core.domain.verdict import Verdict

log = logging.getLogger("alerts")

LAST_VALUE_EVERY = timedelta(seconds=60)
"""How often the figures of an alert that goes on firing are brought up to date."""
FAULTS = (
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
    sqlalchemy.exc.DataError,
    sqlalchemy.exc.ProgrammingError,
)
"""What a rule that does not fit what it finds can raise; others than it go on."""
OUT_OF_SCOPE, SWITCHED_OFF = "out_of_scope", "rule_off"


@dataclass(frozen=True, slots=True)
class Active:
    """A rule that is switched on, in the version that counts."""

    version: int
    rule: Rule

    @property
    def timing(self) -> Timing:
        """Its times."""
        return Timing(
            hold_s=self.rule.hold_s, reopen_window_s=self.rule.reopen_window_s, repeat_s=self.rule.repeat_s or 0
        )


@dataclass(slots=True)
class Outcome:
    """What a cycle did."""

    messages: int = 0
    hold_ends: dict[str, datetime] = field(default_factory=dict)
    """By rule: when the first pending breach of it will have lasted long enough."""


class Cycle:
    """Evaluates on two connections: reads a snapshot through `engine`, writes on the connection that holds the lock."""

    def __init__(self, connection: psycopg.Connection, engine: Engine, tables: Tables, teller: Teller) -> None:
        self._connection = connection
        self._engine = engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
        self._tables = tables
        self._teller = teller
        self._parsed: dict[tuple[str, int], Rule | None] = {}
        self._unreadable: set[str] = set()

    def rules(self) -> dict[str, Active]:
        """The rules that are switched on, by slug. One that cannot be read is left out and said once."""
        enabled = [each for each in store.rules_now(self._connection) if each.enabled]
        rules = {each.slug: self._rule(each) for each in enabled}
        self._unreadable = {slug for slug, rule in rules.items() if rule is None}
        versions = {each.slug: each.version for each in enabled}
        return {slug: Active(versions[slug], rule) for slug, rule in rules.items() if rule is not None}

    def _rule(self, version: RuleVersion) -> Rule | None:
        key = (version.slug, version.version)
        if key not in self._parsed:
            try:
                self._parsed[key] = parse(version.body)
            except RuleError as error:
                self._parsed[key] = None
                metrics.RULES_FAILED.labels(version.slug).inc()
                log.error("rule cannot be read", extra={"rule": version.slug, "version": key[1], "reason": str(error)})
        return self._parsed[key]

    def run(
        self, active: Mapping[str, Active], due: Sequence[str], now: datetime, *, with_daily: bool = True
    ) -> Outcome:
        """Evaluate the rules `due` of those `active`; `with_daily`: see to late steps and digests too."""
        with self._engine.connect() as reading:
            seen = self._observe(reading, {slug: active[slug] for slug in due}, now)
            known = store.states_of(self._connection, seen)
            stepped, figures = self._steps(reading, active, seen, known, now)
        off = store.rules_with_states(self._connection) - active.keys() - self._unreadable
        if off:
            switched_off = store.states_of(self._connection, off)
            known |= switched_off
            stepped += [_withdrawn(key, k, Timing(), now, because=SWITCHED_OFF) for key, k in switched_off.items()]
        outcome = Outcome(hold_ends=_hold_ends(active, seen, known, stepped))
        with self._connection.transaction():
            outcome.messages = self._write(active, stepped, figures, known, now, with_daily=with_daily)
        metrics.CYCLES.inc()
        return outcome

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

    def _steps(
        self,
        reading: Connection,
        active: Mapping[str, Active],
        seen: Mapping[str, Sequence[Observation]],
        known: Mapping[Key, Known],
        now: datetime,
    ) -> tuple[list[Stepped], dict[int, dict[str, Any]]]:
        """What has changed, and the figures to keep of alerts that go on firing or have ended."""
        stepped: list[Stepped] = []
        fired: dict[Key, Observation] = {}
        figures: dict[int, dict[str, Any]] = {}
        left = set(known)
        for slug, observations in seen.items():
            version, timing = active[slug].version, active[slug].timing
            for each in observations:
                key: Key = (slug, each.subject_kind, each.subject_code)
                left.discard(key)
                before = known.get(key)
                if before is None and each.verdict is Verdict.OK:
                    continue
                instance, changes = step(before.instance if before else None, each, timing, now)
                if any(change.kind is ChangeKind.FIRED for change in changes):
                    fired[key] = each
                elif before is not None and _to_keep(before, each, changes, now):
                    figures[before.instance.alert_id or 0] = last_value_of(each, now)
                if changes or _differs(before, instance, version):
                    stepped.append(Stepped(key=key, rule_version=version, instance=instance, changes=changes))
        for key in sorted(left):
            gone = _withdrawn(key, known[key], active[key[0]].timing, now, because=OUT_OF_SCOPE)
            if gone.changes or _differs(known[key], gone.instance, gone.rule_version):
                stepped.append(gone)
        alerts = _new_alerts(reading, active, fired, now)
        return [replace(each, new_alert=alerts.get(each.key)) for each in stepped], figures

    def _write(
        self,
        active: Mapping[str, Active],
        stepped: Sequence[Stepped],
        figures: Mapping[int, Mapping[str, Any]],
        known: Mapping[Key, Known],
        now: datetime,
        *,
        with_daily: bool,
    ) -> int:
        connection = self._connection
        ending = [c.alert_id for s in stepped for c in s.changes if c.alert_id is not None]
        told = told_before(connection, ending) if ending else set()
        written = store.write(connection, stepped, now)
        if figures:
            store.set_last_values(connection, figures)
        held = holding.review(connection, {slug: each.rule for slug, each in active.items()}, now)
        changes = [change for each in written for change in each.changes]
        before = {k.instance.alert_id: k.inhibited_by for k in known.values() if k.instance.alert_id is not None}
        news = [*_news(changes, held, before, told), *held.released]
        if with_daily:
            news += self._escalate(now)
        for change in changes:
            metrics.CHANGES.labels(str(change.kind)).inc()
        messages = self._teller.tell(connection, news, now)
        return messages + (self._teller.digests(connection, now) if with_daily else 0)

    def _escalate(self, now: datetime) -> list[News]:
        found = late.escalations(self._connection, routing_of(self._connection), now)
        if found:
            store.add_events(
                self._connection, [(alert_id, now, "escalated", {"level": level}) for alert_id, level in found]
            )
        return [News(kind="escalated", alert_id=alert_id, level=level) for alert_id, level in found]


def last_value_of(seen: Observation, now: datetime) -> dict[str, Any]:
    """What the last evaluation found, as alert.last_value keeps it."""
    return figures_of(seen) | {"verdict": str(seen.verdict), "at": moment(now)}


def _new_alerts(
    reading: Connection, active: Mapping[str, Active], fired: Mapping[Key, Observation], now: datetime
) -> dict[Key, dict[str, Any]]:
    if not fired:
        return {}
    found = {}
    for key, seen in zip(fired, with_readings(reading, list(fired.values())), strict=True):
        each = active[key[0]]
        found[key] = {
            "rule": key[0],
            "rule_version": each.version,
            "subject_kind": seen.subject_kind,
            "subject_code": seen.subject_code,
            "severity": str(each.rule.severity),
            "area_code": seen.area_code,
            "park_code": seen.park_code,
            "enterprise_code": seen.enterprise_code,
            "fired_at": now.isoformat(),
            "evidence": evidence_of(each.rule, seen),
            "last_value": last_value_of(seen, now),
        }
    return found


def _withdrawn(key: Key, known: Known, timing: Timing, now: datetime, *, because: str) -> Stepped:
    instance, changes = withdraw(known.instance, timing, now, because=because)
    return Stepped(key=key, rule_version=known.rule_version, instance=instance, changes=changes)


def _news(
    changes: Iterable[Change], held: holding.Held, held_before: Mapping[int, str | None], told: set[int]
) -> Iterator[News]:
    for change in changes:
        alert_id = change.alert_id
        if alert_id is None:
            continue
        by = held_before if change.kind is ChangeKind.RESOLVED else held.by
        kind = message_of(change.kind, by.get(alert_id), told=alert_id in told)
        if kind is not None:
            yield News(kind=kind, alert_id=alert_id)


def _differs(before: Known | None, after: Instance, version: int) -> bool:
    """Whether there is anything to write. Figures in a reason change all the time: its codes count."""
    if before is None:
        return after.needs_row
    return before.rule_version != version or _stored(before.instance) != _stored(after)


def _stored(instance: Instance) -> tuple[Any, ...]:
    codes = [code for code, _ in instance.cannot_reasons]
    return instance.state, instance.since, instance.alert_id, instance.resolved_at, instance.cannot_since, codes


def _to_keep(before: Known, seen: Observation, changes: Sequence[Change], now: datetime) -> bool:
    """Whether the figures of the subject's alert are to be written: at each change, and now and then while it fires."""
    if before.instance.alert_id is None:
        return False
    if any(change.kind in (ChangeKind.RESOLVED, ChangeKind.REOPENED, ChangeKind.REPEATED) for change in changes):
        return True
    if before.instance.state is not State.FIRING:
        return False
    last = before.last_value or {}
    figures = figures_of(seen) | {"verdict": str(seen.verdict)}
    if all(last.get(name) == value for name, value in figures.items()):
        return False
    return "at" not in last or now - datetime.fromisoformat(last["at"]) >= LAST_VALUE_EVERY


def _hold_ends(
    active: Mapping[str, Active],
    seen: Iterable[str],
    known: Mapping[Key, Known],
    stepped: Iterable[Stepped],
) -> dict[str, datetime]:
    instances = {key: each.instance for key, each in known.items()} | {each.key: each.instance for each in stepped}
    ends: dict[str, datetime] = {}
    for (slug, _, _), instance in instances.items():
        if slug in active and instance.state is State.PENDING:
            end = instance.since + timedelta(seconds=active[slug].rule.hold_s)
            ends[slug] = min(ends.get(slug, end), end)
    return {slug: ends[slug] for slug in seen if slug in ends}
