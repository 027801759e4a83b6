"""What one evaluation makes of every subject: its next state, what happened to its alert, and the figures to keep."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from services.alerts.notify.content import evidence_of, figures_of, moment
from services.alerts.rules.rule import Rule, Severity
from services.alerts.state.observation import Observation
from services.alerts.state.state import (
    AlertChange,
    ChangeKind,
    Instance,
    ResolutionCause,
    State,
    Timing,
    step,
    withdraw,
)
from services.alerts.store import Key, Stepped, SubjectState, VersionChange
from services.core.verdict import Verdict

LAST_VALUE_EVERY = timedelta(seconds=60)
"""How often the figures of an alert that goes on firing are brought up to date."""
_WITH_EVIDENCE = frozenset({ChangeKind.FIRED, ChangeKind.REOPENED, ChangeKind.RULE_CHANGED})
_KEPT_AT = frozenset({ChangeKind.RESOLVED, ChangeKind.REOPENED, ChangeKind.REPEATED, ChangeKind.RULE_CHANGED})


@dataclass(frozen=True, slots=True)
class Active:
    """A rule in the version that counts."""

    version: int
    rule: Rule

    @property
    def timing(self) -> Timing:
        """Its times."""
        return Timing(
            hold_s=self.rule.hold_s, reopen_window_s=self.rule.reopen_window_s, repeat_s=self.rule.repeat_s or 0
        )


@dataclass(slots=True)
class RuleEvaluation:
    """What has changed; the observation of what fired, fired again or is judged by another version; and figures of
    alerts that go on firing or have ended.
    """

    stepped: list[Stepped] = field(default_factory=list)
    fired: dict[Key, Observation] = field(default_factory=dict)
    figures: dict[int, dict[str, Any]] = field(default_factory=dict)


def evaluation_of(
    active: Mapping[str, Active],
    seen: Mapping[str, Sequence[Observation]],
    known: Mapping[Key, SubjectState],
    now: datetime,
) -> RuleEvaluation:
    """The evaluation of all subjects of the rules in `seen`; `known`: where these rules stand with their subjects."""
    found = RuleEvaluation()
    left = set(known)
    for slug, observations in seen.items():
        for each in observations:
            key: Key = (slug, each.subject_kind, each.subject_code)
            left.discard(key)
            before = known.get(key)
            if before is not None or each.verdict is not Verdict.OK:
                _step(found, key, before, each, active[slug], now)
    gone = {key: known[key] for key in sorted(left)}
    timings = {slug: each.timing for slug, each in active.items()}
    found.stepped += withdrawn(gone, timings, now, because=ResolutionCause.OUT_OF_SCOPE)
    return found


def _step(
    found: RuleEvaluation, key: Key, before: SubjectState | None, seen: Observation, active: Active, now: datetime
) -> None:
    other_rule = before is not None and before.alert_version not in (None, active.version)
    instance, changes = step(
        before.instance if before else None,
        seen,
        active.timing,
        now,
        because=ResolutionCause.RULE_CHANGED if other_rule else ResolutionCause.CLEARED,
    )
    changed_rule = None
    if before is not None and other_rule and instance.state is State.FIRING and _continues(before, instance):
        changed_rule = _rule_change(before, seen, active)
    if changed_rule is not None:
        change = AlertChange(
            kind=ChangeKind.RULE_CHANGED, at=now, alert_id=instance.alert_id, detail=changed_rule.detail
        )
        changes = (change, *changes)
    if any(change.kind in _WITH_EVIDENCE for change in changes):
        found.fired[key] = seen
    if before is not None and _to_keep(before, seen, changes, now):
        found.figures[before.instance.alert_id or 0] = last_value_of(seen, now)
    if changes or _differs(before, instance, active.version):
        found.stepped.append(
            Stepped(
                key=key,
                rule_version=active.version,
                instance=instance,
                changes=changes,
                changed_rule=changed_rule,
            )
        )


def _continues(before: SubjectState, after: Instance) -> bool:
    return after.alert_id is not None and after.alert_id == before.instance.alert_id


def _rule_change(before: SubjectState, seen: Observation, active: Active) -> VersionChange | None:
    """How the alert goes over to the version that judges it; one that cannot be judged stays with the one that did."""
    if not seen.verdict.decides or before.alert_version is None or before.severity is None:
        return None
    return VersionChange(
        version_from=before.alert_version,
        version_to=active.version,
        severity_from=Severity(before.severity),
        severity_to=active.rule.severity,
    )


def withdrawn(
    known: Mapping[Key, SubjectState], timings: Mapping[str, Timing], now: datetime, *, because: ResolutionCause
) -> Iterator[Stepped]:
    """What changes where nobody judges any more; `timings` by rule."""
    for key, before in known.items():
        instance, changes = withdraw(before.instance, timings[key[0]], now, because=because)
        if changes or _differs(before, instance, before.rule_version):
            yield Stepped(key=key, rule_version=before.rule_version, instance=instance, changes=changes)


def with_alerts(
    stepped: Iterable[Stepped], fired: Mapping[Key, Observation], active: Mapping[str, Active], now: datetime
) -> list[Stepped]:
    """The same with the evidence of what fired: columns of the alerts that are new, the detail of other changes.

    `fired`: their observations, with their readings.
    """
    return [
        _with_evidence(each, active[each.key[0]], fired[each.key], now) if each.key in fired else each
        for each in stepped
    ]


def _with_evidence(stepped: Stepped, active: Active, seen: Observation, now: datetime) -> Stepped:
    if any(change.kind is ChangeKind.FIRED for change in stepped.changes):
        return replace(stepped, new_alert=_new_alert(active, seen, now))
    evidence = {"evidence": evidence_of(active.rule, seen)}
    changes = (
        replace(change, detail={**change.detail, **evidence}) if change.kind in _WITH_EVIDENCE else change
        for change in stepped.changes
    )
    return replace(stepped, changes=tuple(changes))


def _new_alert(active: Active, seen: Observation, now: datetime) -> dict[str, Any]:
    return {
        "rule": active.rule.slug,
        "rule_version": active.version,
        "subject_kind": seen.subject_kind,
        "subject_code": seen.subject_code,
        "severity": str(active.rule.severity),
        "area_code": seen.area_code,
        "park_code": seen.park_code,
        "enterprise_code": seen.enterprise_code,
        "fired_at": now.isoformat(),
        "evidence": evidence_of(active.rule, seen),
        "last_value": last_value_of(seen, now),
    }


def last_value_of(seen: Observation, now: datetime) -> dict[str, Any]:
    """What the last evaluation found, as alert.last_value keeps it."""
    return figures_of(seen) | {"verdict": str(seen.verdict), "at": moment(now)}


def hold_ends(
    active: Mapping[str, Active], seen: Iterable[str], known: Mapping[Key, SubjectState], stepped: Iterable[Stepped]
) -> dict[str, datetime]:
    """By rule of those `seen`: when the first pending breach of it will have lasted long enough."""
    instances = {key: each.instance for key, each in known.items()} | {each.key: each.instance for each in stepped}
    ends: dict[str, datetime] = {}
    for (slug, _, _), instance in instances.items():
        if slug in active and instance.state is State.PENDING:
            end = instance.since + timedelta(seconds=active[slug].rule.hold_s)
            ends[slug] = min(ends.get(slug, end), end)
    return {slug: ends[slug] for slug in seen if slug in ends}


def _differs(before: SubjectState | None, after: Instance, version: int) -> bool:
    """Whether there is anything to write. Figures in a reason change all the time: its codes count."""
    if before is None:
        return after.needs_row
    return before.rule_version != version or _stored(before.instance) != _stored(after)


def _stored(instance: Instance) -> tuple[Any, ...]:
    codes = [code for code, _ in instance.cannot_reasons]
    return instance.state, instance.since, instance.alert_id, instance.resolved_at, instance.cannot_since, codes


def _to_keep(before: SubjectState, seen: Observation, changes: Sequence[AlertChange], now: datetime) -> bool:
    """Whether the figures of the subject's alert are to be written: at each change, and now and then while it fires."""
    if before.instance.alert_id is None:
        return False
    if any(change.kind in _KEPT_AT for change in changes):
        return True
    if before.instance.state is not State.FIRING:
        return False
    last = before.last_value or {}
    figures = figures_of(seen) | {"verdict": str(seen.verdict)}
    if all(last.get(name) == value for name, value in figures.items()):
        return False
    return "at" not in last or now - datetime.fromisoformat(last["at"]) >= LAST_VALUE_EVERY
