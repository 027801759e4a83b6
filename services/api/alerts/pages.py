"""Pages that a person reads of alerts: what the links in messages lead to. Words and figures are those of the mails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.alerts.notify.case import next_step
from services.alerts.notify.content import entry_of
from services.alerts.notify.figures import moment_text
from services.alerts.notify.render import alert_view
from services.alerts.notify.telling import alerts_of
from services.api.alerts import listing
from services.api.alerts.detail import alert_of
from services.api.alerts.listing import AlertQuery
from services.api.alerts.page_words import PAGE_WORDS, PageWords
from services.api.database import Database
from services.api.web_folder import digest, web_folder

MOST_LISTED = 100

_templates = Environment(
    loader=FileSystemLoader(web_folder().path),
    autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals["digest"] = digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A line of the history, in words."""

    at: str
    by: str
    what: str
    text: str
    more: tuple[str, ...]


def words_for(language: str | None, accepted: str) -> PageWords:
    """Those of the language asked for, else of the first that the browser accepts, else Chinese."""
    if language is not None and language in PAGE_WORDS:
        return PAGE_WORDS[language]
    first = next((tag for part in accepted.split(",") if (tag := part.strip()[:2].lower()) in PAGE_WORDS), "zh")
    return PAGE_WORDS[first]


def alert_page(database: Database, alert_id: int, words: PageWords, *, now: datetime) -> str:
    """The page of one alert. Raises Refused where there is none."""
    alert = alert_of(database, alert_id, now=now)
    with database.read() as connection:
        row = alerts_of(connection, [alert_id])[alert_id]
    entry = entry_of(row, as_now=True, link="", due=next_step(row))
    language = words.messages.language
    return _templates.get_template("alert.html.j2").render(
        words=words,
        alert=alert,
        view=alert_view(entry, "", words.messages),
        history=[_happening(each, words) for each in alert["history"]],
        reasons=_reasons(alert, language),
        path=f"/alerts/{alert_id}",
    )


def list_page(database: Database, words: PageWords, *, now: datetime) -> str:
    """The page of the newest alerts that fire."""
    found = listing.alerts_of(database, AlertQuery(state=["firing"], limit=MOST_LISTED), now=now)
    language = words.messages.language
    return _templates.get_template("alerts.html.j2").render(
        words=words,
        count=found["counts"]["alerts"],
        alerts=[_line(each, language) for each in found["data"]],
        path="/alerts",
    )


def unknown_page(alert_id: int, words: PageWords) -> str:
    """The page where there is no such alert."""
    return _templates.get_template("no_alert.html.j2").render(words=words, number=alert_id, path=f"/alerts/{alert_id}")


def _reasons(alert: Mapping[str, Any], language: str) -> list[str]:
    cannot = alert["cannot_judge"]
    return [] if cannot is None else [each.text_zh if language == "zh" else each.text for each in cannot["reasons"]]


def _happening(entry: Mapping[str, Any], words: PageWords) -> Happening:
    by = words.messages.actors.get(entry["by"], words.by_service)
    who = entry["actor_name"] or entry["actor"]
    figures = ((words.messages.planned_for, entry["due_on"]), (words.messages.reference, entry["reference"]))
    return Happening(
        at=moment_text(entry["at"]),
        by=by if who is None else by + words.messages.of.format(of=who),
        what=words.happened[entry["kind"]],
        text=entry["text"] or "",
        more=tuple(f"{name}{words.messages.colon}{given}" for name, given in figures if given),
    )


def _line(alert: Mapping[str, Any], language: str) -> dict[str, Any]:
    """A row of the list, its names in the language, else in the other one."""
    other = "en" if language == "zh" else "zh"
    named = {
        name: alert[f"{name}_{language}"] or alert[f"{name}_{other}"] or fallback
        for name, fallback in (("title", alert["rule"]), ("subject_name", alert["subject"].partition(":")[2]))
    }
    return {**named, **{name: alert[name] for name in ("alert_id", "severity", "status")}} | {
        "fired_at": moment_text(alert["fired_at"])
    }
