"""What a message says: the figures of an alert at the moment of firing and now, and the content of the outbox. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.alerts.notify.figures import measure_text, number_text, period_text, share_text
from services.alerts.notify.wording import CHINESE, ENGLISH
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
    *("area_code", "area_zh", "area_en", "enterprise_zh", "enterprise_en", "source"),
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
        zh=_placeholders(seen, seen.name_zh or seen.name_en, CHINESE.units),
        en=_placeholders(seen, seen.name_en or seen.name_zh, ENGLISH.units),
    )
    names = {"subject_zh": seen.name_zh, "subject_en": seen.name_en}
    texts = {"text_zh": said.zh, "text_en": said.en} | ({"in_percent": True} if rule.text.in_percent else {})
    return {**seen.evidence, OBSERVED: figures_of(seen) | names | texts}


def _placeholders(seen: Observation, name: str, words: Mapping[str, str]) -> dict[str, str]:
    """What stands for the placeholders of a rule, by the words of units of its language."""
    return {
        "value": number_text(seen.value, beside=seen.limit),
        "unit": "" if seen.unit == "1" else words.get(seen.unit, seen.unit),
        "limit": number_text(seen.limit, beside=seen.value),
        "subject": name or seen.subject_code,
        "period": period_text(seen.start, seen.end) if seen.start or seen.end else "",
        "duration": "" if seen.value is None else measure_text(abs(seen.value), seen.unit, words),
        "percent": share_text(seen.value),
        "limit_percent": share_text(seen.limit),
    }


def entry_of(
    alert: Mapping[str, Any],
    *,
    as_now: bool,
    link: str,
    due: Mapping[str, Any] | None = None,
    late: Mapping[str, Any] | None = None,
    step: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """An alert as messages list it, from its row with names and `observed` of its newest evidence.

    `as_now`: with the figures of the last evaluation instead of those at the moment of firing, or of firing again.
    `link`: base address of the platform. `due`: what is to be done next, and until when. `late`: the step that is late,
    of an escalation. `step`: the step that was taken. What has ended says why, in place of what its rule said as it
    fired.
    """
    observed: Mapping[str, Any] = alert["observed"] or {}
    figures = (alert["last_value"] or observed) if as_now else observed
    return (
        {name: alert[name] for name in _COLUMNS}
        | {name: observed.get(name) for name in _SAID}
        | ({"in_percent": True} if observed.get("in_percent") else {})
        | {name: figures.get(name) for name in FIGURES}
        | {name: moment(alert[name]) for name in ("fired_at", "reopened_at", "resolved_at")}
        | (_ended(alert["because"]) if alert["resolved_at"] is not None else {})
        | {"due": None if due is None else dict(due), "page": page_of(link, alert["alert_id"])}
        | ({} if late is None else {"late": dict(late)})
        | ({} if step is None else {"step": dict(step)})
    )


def without_beginning(content: Mapping[str, Any], alert_ids: Collection[int]) -> dict[str, Any]:
    """The content of a message about what has ended, with a word of those whose beginning could not be delivered."""
    listed = [
        {**each, "beginning_undelivered": True} if each["alert_id"] in alert_ids else each for each in content["alerts"]
    ]
    return {**content, "alerts": listed}


def without_alert(content: Mapping[str, Any], alert_id: int, severity: str) -> dict[str, Any]:
    """The content of a message that is to speak of an alert no more; `severity`: its own, where it is not listed."""
    listed = [each for each in content["alerts"] if each["alert_id"] != alert_id]
    was = next((each["severity"] for each in content["alerts"] if each["alert_id"] == alert_id), severity)
    counts = {**content["counts"], was: max(content["counts"][was] - 1, 0)}
    return {**content, "alerts": listed, "count": content["count"] - 1, "counts": counts}


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
        **links_of(link, [each["alert_id"] for each in listed["alerts"]], listed["count"]),
        **listed,
    }


def links_of(base: str, alert_ids: Sequence[int] = (), count: int = 0) -> dict[str, str]:
    """To the alert where there is but one, else to the list: `link` for programs, `page` for people."""
    address, page = f"{base.rstrip('/')}/api/v1/alerts", f"{base.rstrip('/')}/alerts"
    if count == 1 and alert_ids:
        return {"link": f"{address}/{alert_ids[0]}", "page": page_of(base, alert_ids[0])}
    return {"link": address, "page": page}


def page_of(base: str, alert_id: int) -> str:
    """Where a person reads of an alert."""
    return f"{base.rstrip('/')}/alerts/{alert_id}"


def moment(at: datetime | None) -> str | None:
    """The time as messages write it: RFC 3339, in Asia/Shanghai."""
    return None if at is None else at.astimezone(SHANGHAI).isoformat(timespec="seconds")
