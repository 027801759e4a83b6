"""A message's content as people and programs read it: subject, text, HTML, and the JSON of webhook and MQTT. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.alerts.channels.contract import Rendered, one_line
from services.alerts.notify.figures import measure_text, moment_text, period_text, share_text
from services.alerts.notify.wording import WORDINGS, Wording

MOST_SUBJECT = 180
SEVERITIES = ("severe", "warning", "notice")

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """One alert in one language, in words."""

    severity: str
    severity_word: str
    title: str
    name: str
    """Of the subject."""
    subject: str
    """Name and code."""
    text: str
    value: str
    figures: tuple[tuple[str, str], ...]
    """Name and value of each, without those that are not there."""
    again: str
    """A word where it fires again."""
    done: str
    """The step that was taken, by whom and when; empty where the message tells of none."""
    said: tuple[str, ...]
    """What the person who took the step wrote, by lines."""
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """The message in one language."""

    language: str
    colon: str
    heading: str
    counts: str
    lead: str
    alerts: tuple[AlertView, ...]
    more: str
    open: str
    foot: str


def render(content: Mapping[str, Any], *, message_id: UUID) -> Rendered:
    """The message in all forms. Raises KeyError for content of another shape, ValueError for a time without offset."""
    views = [_view(content, words) for words in WORDINGS[content["language"]]]
    link = _link(content.get("page") or content.get("link"))
    subject = one_line(" / ".join(view.heading for view in views), most=MOST_SUBJECT)
    return Rendered(
        message_id=message_id,
        subject=f"[Enermon] {subject}",
        text=_templates.get_template("message.txt.j2").render(views=views, link=link),
        html=_templates.get_template("message.html.j2").render(views=views, link=link, subject=subject),
        payload=payload_of(content, message_id=message_id),
    )


def payload_of(content: Mapping[str, Any], *, message_id: UUID) -> bytes:
    """The JSON that programs get. Its id is that of the message, the same at every attempt: by it repeats are known."""
    payload = {
        "id": str(message_id),
        "type": f"alert.{content['kind']}",
        "timestamp": content["created_at"],
        "data": content,
    }
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _view(content: Mapping[str, Any], words: Wording) -> MessageView:
    alerts = tuple(alert_view(alert, content["kind"], words) for alert in content["alerts"])
    kind = _kind(content, words)
    count = max(int(content["count"]), len(alerts))
    unlisted = count - len(alerts)
    return MessageView(
        language=words.language,
        colon=words.colon,
        heading=_heading(kind, count, content, alerts, words),
        counts=_counts(content["counts"], words) if count > 1 else "",
        lead=words.test if content["kind"] == "test" else "",
        alerts=alerts,
        more=words.more.format(count=unlisted) if unlisted else "",
        open=words.open,
        foot=words.foot,
    )


def _kind(content: Mapping[str, Any], words: Wording) -> str:
    listed = content["alerts"]
    if content["kind"] == "fired" and listed and all(map(_is_again, listed)):
        return words.again
    if content["kind"] == "handled" and len(listed) == 1:
        return words.done[listed[0]["step"]["action"]]
    return words.kinds[content["kind"]]


def _is_again(alert: Mapping[str, Any]) -> bool:
    return bool(alert.get("reopened_at"))


def _heading(kind: str, count: int, content: Mapping[str, Any], alerts: tuple[AlertView, ...], words: Wording) -> str:
    if count == 0 or not alerts:
        return kind
    if count == 1 and content["kind"] != "digest":
        alert = alerts[0]
        what = words.between.join(part for part in (alert.title, alert.name, alert.value) if part)
        return f"{kind}{words.of.format(of=alert.severity_word)}{words.colon}{what}"
    many = words.many.format(kind=kind, count=count)
    counts = _counts(content["counts"], words)
    return many + (words.of.format(of=counts) if counts else "")


def _counts(counts: Mapping[str, int], words: Wording) -> str:
    """3 severe, 12 warning; the worst first."""
    return words.between.join(
        words.one_severity.format(severity=words.severities[severity], count=counts[severity])
        for severity in SEVERITIES
        if counts.get(severity)
    )


def alert_view(alert: Mapping[str, Any], kind: str, words: Wording) -> AlertView:
    """An alert as a message of that kind lists it, in words."""
    step: Mapping[str, Any] = alert.get("step") or {}
    figures = (
        (words.number, str(alert["alert_id"])),
        (words.beginning, words.beginning_undelivered if alert.get("beginning_undelivered") else ""),
        (words.planned_for, step.get("due_on") or ""),
        (words.reference, one_line(step.get("reference") or "")),
        (words.due, "" if alert.get("late") else _due(alert.get("due"), words)),
        (words.late, _late(alert.get("late"), words)),
        (words.value, figure_text(alert, "value", words)),
        (words.limit, figure_text(alert, "limit", words) if alert.get("limit") else ""),
        (words.coverage, share_text(alert["coverage"]) if alert.get("coverage") is not None else ""),
        (words.period, _period(alert)),
        (words.enterprise, _named(alert, "enterprise", words)),
        (words.place, _named(alert, "area", words, code=alert.get("area_code"))),
        (words.fired_at, moment_text(_moment(alert["fired_at"]))),
        (words.reopened_at, moment_text(_moment(alert["reopened_at"])) if alert.get("reopened_at") else ""),
        (words.resolved_at, moment_text(_moment(alert["resolved_at"])) if alert.get("resolved_at") else ""),
        (words.source, one_line(alert.get("source") or "", most=None)),
    )
    return AlertView(
        severity=alert["severity"],
        severity_word=words.severities[alert["severity"]],
        title=_named(alert, "title", words) or one_line(alert["rule"]),
        name=_named(alert, "subject", words) or one_line(alert["subject_code"]),
        subject=_named(alert, "subject", words, code=alert["subject_code"]),
        text=_named(alert, "text", words),
        value=figure_text(alert, "value", words),
        figures=tuple((name, text) for name, text in figures if text),
        again=words.again if kind == "fired" and _is_again(alert) else "",
        done=_done(step, words),
        said=tuple((step.get("text") or "").splitlines()),
        page=_link(alert.get("page")),
    )


def figure_text(alert: Mapping[str, Any], which: str, words: Wording) -> str:
    """The value or the limit of an alert; beside each other, they can be told apart."""
    figure, beside = alert.get(which), alert.get("limit" if which == "value" else "value")
    if figure is None:
        return ""
    if alert.get("in_percent"):
        return share_text(figure)
    return measure_text(figure, alert.get("unit") or "", words.units, beside=beside)


def _done(step: Mapping[str, Any], words: Wording) -> str:
    if not step:
        return ""
    who, at = words.actors[step["by"]], moment_text(_moment(step["at"]))
    return f"{words.done[step['action']]}{words.of.format(of=words.by.format(who=who, at=at))}"


def _due(due: Mapping[str, Any] | None, words: Wording) -> str:
    return "" if due is None else words.due_step.format(step=words.steps[due["step"]], due_on=due["due_on"])


def _late(late: Mapping[str, Any] | None, words: Wording) -> str:
    if late is None:
        return ""
    return words.late_step.format(
        step=words.steps[late["step"]],
        due_on=late["due_on"],
        days=late["days_late"],
        level=words.levels[late["level"]],
    )


def _named(alert: Mapping[str, Any], what: str, words: Wording, *, code: str | None = None) -> str:
    """In this language, else in the other; with the code behind it."""
    other = "en" if words.language == "zh" else "zh"
    name = one_line(alert.get(f"{what}_{words.language}") or alert.get(f"{what}_{other}") or "", most=None)
    if code is None:
        return name
    code = one_line(code)
    return f"{name}{words.of.format(of=code)}" if name and name != code else code


def _period(alert: Mapping[str, Any]) -> str:
    start, end = _moment(alert.get("period_start")), _moment(alert.get("period_end"))
    return period_text(start, end) if start or end else ""


def _moment(text: str | None) -> datetime | None:
    """Raises ValueError for a time without offset: it would be read as another one."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"the time {text} has no offset")
    return moment


def _link(link: str | None) -> str:
    """Only what a mail reader opens as a page."""
    return link if link and urlsplit(link).scheme in {"http", "https"} else ""
