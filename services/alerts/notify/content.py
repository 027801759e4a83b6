"""What a message says: the figures of an alert at the moment of firing and now, and the content of the outbox. Pure."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from services.alerts.notify.figures import number_text, period_text
from services.alerts.routing.routing import bound
from services.alerts.rules.rule import Rule
from services.alerts.state.observation import Observation
from services.alerts.state.state import ResolutionCause
from services.core.calendar import SHANGHAI
from services.core.reason import About, reason_text

OBSERVED = "observed"
"""Key in an alert's evidence under which its figures and texts stand."""
FIGURES = ("value", "unit", "limit", "coverage", "period_start", "period_end")
_SAID = ("subject_zh", "subject_en", "text_zh", "text_en")
_COLUMNS = (
    *("alert_id", "rule", "rule_version", "severity", "title_zh", "title_en", "subject_kind", "subject_code"),
    *("area_code", "area_zh", "area_en", "enterprise_zh", "enterprise_en"),
)


def figures_of(seen: Observation) -> dict[str, Any]:
    """The figures of an observation as JSON: FIGURES; times are those of Asia/Shanghai."""
    return {
        "value": seen.value,
        "unit": seen.unit,
        "limit": seen.limit,
        "coverage": seen.coverage,
        "period_start": moment(seen.start),
        "period_end": moment(seen.end),
    }


def evidence_of(rule: Rule, seen: Observation) -> dict[str, Any]:
    """What is frozen with an alert: all the observation stands on, its figures, and the rule's text about it."""
    said = rule.text.filled(
        zh=_placeholders(seen, seen.name_zh or seen.name_en), en=_placeholders(seen, seen.name_en or seen.name_zh)
    )
    names = {"subject_zh": seen.name_zh, "subject_en": seen.name_en}
    return {**seen.evidence, OBSERVED: figures_of(seen) | names | {"text_zh": said.zh, "text_en": said.en}}


def _placeholders(seen: Observation, name: str) -> dict[str, str]:
    return {
        "value": number_text(seen.value, beside=seen.limit),
        "unit": "" if seen.unit == "1" else seen.unit,
        "limit": number_text(seen.limit, beside=seen.value),
        "subject": name or seen.subject_code,
        "period": period_text(seen.start, seen.end) if seen.start or seen.end else "",
    }


def entry_of(alert: Mapping[str, Any], *, as_now: bool, late: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An alert as messages list it, from its row with names and `observed` of its newest evidence.

    `as_now`: with the figures of the last evaluation instead of those at the moment of firing, or of firing again.
    `late`: the step that is late, of an escalation. What has ended says why, in place of what its rule said as it
    fired.
    """
    observed: Mapping[str, Any] = alert["observed"] or {}
    figures = (alert["last_value"] or observed) if as_now else observed
    return (
        {name: alert[name] for name in _COLUMNS}
        | {name: observed.get(name) for name in _SAID}
        | {name: figures.get(name) for name in FIGURES}
        | {name: moment(alert[name]) for name in ("fired_at", "reopened_at", "resolved_at")}
        | (_ended(alert["because"]) if alert["resolved_at"] is not None else {})
        | ({} if late is None else {"late": dict(late)})
    )


def _ended(because: str | None) -> dict[str, Any]:
    known = because or ResolutionCause.CLEARED
    text = reason_text(About.ENDED, known)
    return {"because": str(known), "text_zh": text.zh, "text_en": text.en}


def content_of(
    *,
    kind: str,
    group: str,
    language: str,
    now: datetime,
    link: str,
    entries: Iterable[Mapping[str, Any]],
    earlier: Mapping[str, Any] | None = None,
    earlier_ids: Collection[int] = (),
) -> dict[str, Any]:
    """The content of a message about `entries`; of one that is joined with what it says already (`earlier`).

    `link` is the base address of the platform.
    """
    listed = bound(entries, earlier, earlier_ids)
    return {
        "kind": kind,
        "group": group,
        "language": language,
        "created_at": earlier["created_at"] if earlier else moment(now),
        "link": _link(link, [each["alert_id"] for each in listed["alerts"]], listed["count"]),
        **listed,
    }


def _link(base: str, alert_ids: list[int], count: int) -> str:
    """To the alert where there is but one, else to the list."""
    address = f"{base.rstrip('/')}/api/v1/alerts"
    return f"{address}/{alert_ids[0]}" if count == 1 else address


def moment(at: datetime | None) -> str | None:
    """The time as messages write it: RFC 3339, in Asia/Shanghai."""
    return None if at is None else at.astimezone(SHANGHAI).isoformat(timespec="seconds")
